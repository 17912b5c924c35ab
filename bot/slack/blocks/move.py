"""The question for another time."""

from __future__ import annotations

import json

from bot.records.tables import PublicationRow
from bot.slack.blocks.compose import at_input
from bot.slack.blocks.words import Json, choose, field, modal, network_name, option, plain, section
from bot.slack.forms import AT, SLOT

MOVE = "move_publication"


def move_view(row: PublicationRow) -> Json:
    """The form."""
    whens = [option("At a time of my own", AT), option("In the next free slot", SLOT)]
    blocks = [
        section(plain(f"{network_name(row.network, row.account)}: {row.text}", 300)),
        field("when", "When", choose("when", whens, AT)),
        field("at", "At", at_input(int(row.due_at.timestamp())), optional=True),
    ]
    return modal(MOVE, "Move a post", "Move", blocks, json.dumps({"publication": f"{row.id}:{row.attempt}"}))
