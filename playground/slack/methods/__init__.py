"""The methods of the Web API, a file for each family; `METHODS` has all of them by name."""

from __future__ import annotations

from playground.slack.methods import access, chat, conversations, files, users, views
from playground.slack.methods.method import Arguments, Method

METHODS: dict[str, Method] = {
    **access.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **users.METHODS,
    **views.METHODS,
}

__all__ = ["METHODS", "Arguments", "Method"]
