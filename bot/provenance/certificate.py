"""A certificate for a team that has none: made once, kept in Easel's home, vouched for by nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes,
        CertificatePublicKeyTypes,
    )

LIFE = timedelta(days=3650)
"""Without a time stamp authority a signature counts as long as its certificate; ten years outlive most posts."""

CLOCK_MARGIN = timedelta(days=1)
USES = ("1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.4")
"""Extended key usages: claim signing, which C2PA 2 asks for, and e-mail protection, which readers of C2PA 1 know."""

OTHER_USES = (
    *("content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "encipher_only", "decipher_only"),
)
ORGANISATION = "Easel (self-made certificate)"
SIGNER, ISSUER = "Pictures of an Easel that has no certificate of its own", "Issuer of a self-made certificate"


def make_pem() -> bytes:
    """A new key with certificates for it, as PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec

    chain, private = issue(ec.generate_private_key(ec.SECP256R1()))
    return private + chain


def issue(key: CertificateIssuerPrivateKeyTypes) -> tuple[bytes, bytes]:
    """A certificate for `key` with the one that vouches for it, and the key, as PEM.

    C2PA refuses a certificate that vouches for itself, so there are two. The key of the second is forgotten here: it
    never vouches for anything else.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    issuer = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = [_certificate(key.public_key(), SIGNER, issuer), _certificate(issuer.public_key(), ISSUER, issuer)]
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain), private


def _certificate(public: CertificatePublicKeyTypes, name: str, issuer: EllipticCurvePrivateKey) -> x509.Certificate:
    """A certificate by the profile of C2PA (specification 2.2, section 14.5)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID, ObjectIdentifier

    def named(common_name: str) -> x509.Name:
        parts = ((NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.COMMON_NAME, common_name))
        return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])

    vouches = public == issuer.public_key()
    others = dict.fromkeys(OTHER_USES, False)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(ISSUER))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_MARGIN)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=vouches, path_length=0 if vouches else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not vouches,
                key_cert_sign=vouches,
                crl_sign=vouches,
                **others,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
    )
    if not vouches:
        builder = builder.add_extension(x509.ExtendedKeyUsage(map(ObjectIdentifier, USES)), critical=False)
    return builder.sign(issuer, hashes.SHA256())
