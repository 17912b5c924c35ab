"""Proof of where a picture comes from: content credentials (C2PA) signed into what is published, shown and verified.

    signer = Signer.open(settings)
    data = signer.sign(publisher.prepare(picture), facts)  # last, so that nothing changes the bytes afterwards
    read_credentials(data, signer.identity.anchor).state  # "trusted"

Nothing is fetched and nobody is asked: no trust list, no time stamp authority, no revocation, no remote manifest.
"""

from bot.provenance.facts import PERSON, UNATTENDED, Drawing, Facts
from bot.provenance.identity import Identity
from bot.provenance.reading import Credentials, State, read_credentials
from bot.provenance.signing import Signer

__all__ = ["PERSON", "UNATTENDED", "Credentials", "Drawing", "Facts", "Identity", "Signer", "State", "read_credentials"]
