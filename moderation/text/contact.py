"""Whether an address or number is a firm's own, put into its post so that people write or call."""

from __future__ import annotations

import re

ROLES = re.compile(
    r"(?:info|hello|hi|hola|hallo|bonjour|contact\w*|kontakt|office|team|sales|shop|store|orders?|bookings?|book|tables?"
    r"|reserv\w+|appointments?|jobs?|careers?|press|media|support|help|service|enquir\w+|inquir\w+|events?|tickets?"
    r"|studio|mail|post|kitchen|clinic|reception|volunteers?|donat\w+|termine?|bestellung\w*|ventas|pedidos)@",
    re.IGNORECASE,
)
"""Mailboxes that are named after a task and not after a person."""

FIRM = re.compile(
    r"\b(?:we|us|our|ours|bookings?|appointments?|reservations?|reserve|orders?|enquiries|inquiries|patients|tickets"
    r"|deliver\w*|quotes?|wir|uns|unser\w*|termine?|bestell\w*|nous|notre|nos|réserv\w*|nosotros|nuestr\w+|reserv\w+"
    r"|citas|pedidos|nós|noss[oa]s?|conosco|encomendas|hamar[ie]|humein|हमारी|हमारे)\b",
    re.IGNORECASE,
)
SOMEBODY_ELSE = re.compile(
    r"\b(?:he|him|his|she|her|hers|them|their|theirs|private|home address|lives (?:at|in|on)|ex|wife|husband"
    r"|ihn|ihm|ihre?|sein\w*|lui|leurs?|sa|él|ella|su|sus|ele|ela|dele|dela)\b",
    re.IGNORECASE,
)
INVITATION = re.compile(
    r"\b(?:call|ring|phone|telephone|tel|text|whats ?app|sms|message|book|order|contact|reach|reservations|bookings"
    r"|appointments|enquiries|write|e-?mail|mail|send|apply|anruf\w*|ruf\w*|telefon\w*|schreib\w*|appel\w*|écri\w*"
    r"|téléphone\w*|ll[aá]m\w+|escr[ií]b\w+|teléfono|ligue|liga|escrev\w+|telefone)\b",
    re.IGNORECASE,
)
INVITED_WITHIN = 60
"""Characters before an address within which the invitation to use it stands."""

NEAR = 120
"""Characters before and after an address that must tell of nobody else."""


def is_own(text: str, start: int) -> bool:
    """Whether what stands at `text[start:]` reads as the poster's own: a firm asks to be reached."""
    if SOMEBODY_ELSE.search(text[max(0, start - NEAR) : start + NEAR]):
        return False
    if ROLES.match(text, start):
        return True
    return bool(FIRM.search(text) and INVITATION.search(text[max(0, start - INVITED_WITHIN) : start]))
