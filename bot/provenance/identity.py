"""Who signs: the team's certificate and key, or a pair made on the first run and kept in Easel's home."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Misuse
from bot.provenance.certificate import make_pem
from bot.secret_file import keep_secret, read_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from bot.settings import Settings

SELF_MADE = "credentials.pem"
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Identity:
    """A certificate chain with the key of its first certificate.

    Attributes:
        chain: the signer's certificate and those that vouch for it, PEM.
        anchor: the last of them, which this team trusts, PEM.
        key: the signer's private key, PKCS #8 in PEM.
        algorithm: C2PA's name for what the key signs with.
        file: where the certificate came from.
        self_made: whether Easel made it, so that nobody else vouches for it.
        is_new: whether it was made just now.
    """

    chain: bytes
    anchor: bytes
    key: bytes = field(repr=False)
    algorithm: str
    file: Path
    self_made: bool = False
    is_new: bool = False

    @classmethod
    def open(cls, settings: Settings) -> Identity:
        """The identity that the settings name, or Easel's own, made if need be.

        Raises:
            Misuse: the settings name only one of the two files, or files that do not fit.
            EaselError: others may read Easel's own key.
        """
        certificate, key = settings.credentials_certificate, settings.credentials_key
        if bool(certificate) != bool(key):
            raise Misuse("Set credentials_certificate and credentials_key both, or neither.")
        if certificate and key:
            return _fitting(_read(Path(certificate)), _read(Path(key)), Path(certificate))
        file = settings.home / SELF_MADE
        is_new = not file.exists()
        if is_new:
            keep_secret(file, make_pem())
        data = read_secret(file)
        return _fitting(data, data, file, self_made=True, is_new=is_new)

    @classmethod
    def known(cls, settings: Settings) -> bytes:
        """The certificates to trust when a file is verified, PEM: the team's, and the one made here, if there are."""
        made = settings.home / SELF_MADE
        files = [made] if made.exists() else []
        files += [Path(settings.credentials_certificate)] if settings.credentials_certificate else []
        return b"".join(_pems(file, _read(file))[-1] for file in files)


def _read(file: Path) -> bytes:
    try:
        return file.expanduser().read_bytes()
    except OSError as error:
        raise Misuse(f"{file}: the certificate or key cannot be read ({error.strerror}).") from None


def _fitting(certificates: bytes, key: bytes, file: Path, *, self_made: bool = False, is_new: bool = False) -> Identity:
    """The identity of these PEM texts, if the key is that of the first certificate and the certificate is in force."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    pems = _pems(file, certificates)
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Misuse(f"{file}: its key is no private key in PEM without a password.") from None
    signer = x509.load_pem_x509_certificate(pems[0])
    if signer.public_key() != private.public_key():
        raise Misuse(f"{file}: the key is not that of the first certificate. Begin the chain with the signer's own.")
    begins, ends = signer.not_valid_before_utc, signer.not_valid_after_utc
    if not begins <= datetime.now(UTC) <= ends:
        raise Misuse(f"{file}: the certificate holds from {begins:%d %B %Y} to {ends:%d %B %Y} only: renew it.")
    return Identity(
        chain=b"".join(pems),
        anchor=pems[-1],
        key=private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        algorithm=_algorithm(private, file),
        file=file,
        self_made=self_made,
        is_new=is_new,
    )


def _pems(file: Path, data: bytes) -> list[bytes]:
    """The certificates in `data`, each as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        return [certificate.public_bytes(Encoding.PEM) for certificate in x509.load_pem_x509_certificates(data)]
    except ValueError:
        raise Misuse(f"{file}: holds no certificate in PEM.") from None


def _algorithm(key: PrivateKeyTypes, file: Path) -> str:
    """C2PA's algorithm for a kind of key (specification 2.2, section 13.2)."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        return CURVES[key.curve.name]
    raise Misuse(f"{file}: the key must be ECDSA (P-256, P-384 or P-521), Ed25519 or RSA.")
