"""Views: each person's stack of modals, at most three deep, and their Home tab."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from playground.slack.errors import SlackError
from playground.slack.inputs import Values, initial
from playground.slack.workspace import APP_ID, BOT_ID, TEAM, Workspace

Json = dict[str, Any]
DEEPEST_STACK = 3


@dataclass(eq=False)
class ModalOrHome:
    """A view as it is on somebody's screen. `errors` stand below its fields, `problem` above its buttons."""

    id: str
    person: str
    body: Json
    values: Values
    hash: str
    root: str = ""
    previous: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def shown(self) -> Json:
        """A view object."""
        return {
            "id": self.id,
            "team_id": TEAM["id"],
            "type": self.body["type"],
            "blocks": self.body["blocks"],
            "private_metadata": self.body.get("private_metadata") or "",
            "callback_id": self.body.get("callback_id") or "",
            "external_id": self.body.get("external_id") or "",
            "title": self.body.get("title"),
            "submit": self.body.get("submit"),
            "close": self.body.get("close"),
            "clear_on_close": bool(self.body.get("clear_on_close")),
            "notify_on_close": bool(self.body.get("notify_on_close")),
            "state": {"values": self.values},
            "hash": self.hash,
            "root_view_id": self.root or self.id,
            "previous_view_id": self.previous or None,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM["id"],
            "bot_id": BOT_ID,
        }

    def change(self, body: Json) -> None:
        """Show something else; what was entered stays in inputs that are still there."""
        self.body, self.values = body, initial(body["blocks"], self.values)
        self.hash, self.errors, self.problem = new_hash(), {}, ""


class Views:
    """All views that are open, and everybody's Home."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stacks: dict[str, list[ModalOrHome]] = defaultdict(list)
        self.homes: dict[str, ModalOrHome] = {}

    def stack(self, person: str) -> list[ModalOrHome]:
        """A person's modals, the one in front last."""
        return list(self._stacks[person])

    def open(self, person: str, body: Json, channel: str = "") -> ModalOrHome:
        """Open a modal over everything."""
        self._check_external(body)
        view = self._new(person, body, channel)
        self._stacks[person] = [view]
        return view

    def push(self, person: str, body: Json) -> ModalOrHome:
        """Lay a modal over the one in front."""
        stack = self._stacks[person]
        if not stack:
            raise SlackError("not_found", "there is no open view to push onto")
        if len(stack) >= DEEPEST_STACK:
            raise SlackError("push_limit_reached")
        self._check_external(body)
        view = self._new(person, body)
        view.root, view.previous = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    def publish(self, person: str, body: Json, expected_hash: str) -> ModalOrHome:
        """Set a person's Home."""
        home = self.homes.get(person)
        if home is None:
            home = self.homes[person] = self._new(person, body)
        else:
            check_hash(home, expected_hash)
            home.change(body)
        return home

    def find(self, view_id: str = "", external_id: str = "") -> ModalOrHome:
        """An open view or a Home."""
        stacked = [view for stack in self._stacks.values() for view in stack]
        for view in [*stacked, *self.homes.values()]:
            if (view_id and view.id == view_id) or (external_id and view.body.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def close(self, view: ModalOrHome, *, everything: bool = False) -> list[ModalOrHome]:
        """Close a modal and those over it, or all of them: those that were closed, the front one first."""
        stack = self._stacks[view.person]
        if view not in stack:  # the person closed it, or opened another, while the app was thinking
            return []
        place = 0 if everything or view.body.get("clear_on_close") else stack.index(view)
        closed = stack[place:][::-1]
        del stack[place:]
        return closed

    def _new(self, person: str, body: Json, channel: str = "") -> ModalOrHome:
        values = initial(body["blocks"], current=channel)
        return ModalOrHome(self._workspace.id("V"), person, body, values, new_hash())

    def _check_external(self, body: Json) -> None:
        external_id = body.get("external_id")
        open_ids = {view.body.get("external_id") for stack in self._stacks.values() for view in stack}
        if external_id and external_id in open_ids:
            raise SlackError("duplicate_external_id")


def check_hash(view: ModalOrHome, expected: str) -> None:
    """Refuse a change that was meant for an older state of the view."""
    if expected and expected != view.hash:
        raise SlackError("hash_conflict")


def new_hash() -> str:
    """A name of a view's present state."""
    return f"1.{secrets.token_hex(4)}"
