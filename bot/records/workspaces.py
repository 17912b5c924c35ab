"""What a Slack workspace decided about itself: who may do what, how its pictures look, that it installed the app."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from bot.records.base import RecordsBase
from bot.records.tables import BrandRow, InstallationRow, RulesRow
from bot.records.values import short_id

EVERYWHERE = ""
"""The "channel" of rules that hold in every channel without its own."""


class WorkspaceRecords(RecordsBase):
    """Rules and a brand over those in config/, and installations over OAuth."""

    def rules(self, channel: str) -> dict[str, dict[str, Any]]:
        """What an admin set, by where: in every channel (`EVERYWHERE`), and in this one; only what somebody set."""
        query = select(RulesRow).where(
            RulesRow.workspace == self.workspace, RulesRow.channel.in_((EVERYWHERE, channel))
        )
        with self.reading() as session:
            return {row.channel: row.body for row in session.scalars(query)}

    def set_rules(self, channel: str, body: Mapping[str, Any], person: str, why: str) -> None:
        """Set the rules of a channel, or of all (""), and say in the audit who did."""
        with self.transaction() as session:
            row = session.get(RulesRow, (self.workspace, channel))
            before = "set" if row else None
            if row is None:
                row = RulesRow(workspace=self.workspace, channel=channel)
                session.add(row)
            row.body = dict(body)
            session.add(self.audit_row(short_id("rules", channel), person, before, "set", why))

    def brand(self) -> dict[str, Any]:
        """What an admin set of the brand; empty where nobody set anything."""
        with self.reading() as session:
            row = session.get(BrandRow, self.workspace)
            return dict(row.body) if row else {}

    def set_brand(self, body: Mapping[str, Any], person: str, why: str) -> None:
        """Set the brand, or with an empty `body` leave it to the file, and say in the audit who did."""
        with self.transaction() as session:
            row = session.get(BrandRow, self.workspace)
            before, after = ("set" if row else None), ("set" if body else "as in the file")
            if row is not None and not body:
                session.delete(row)
            elif row is not None:
                row.body = dict(body)
            elif body:
                session.add(BrandRow(workspace=self.workspace, body=dict(body)))
            session.add(self.audit_row(short_id("brand", ""), person, before, after, why))

    def save_installation(
        self, team: str, enterprise: str | None, token: str, bot_id: str, bot_user: str, scopes: list[str], person: str
    ) -> None:
        """A workspace installed the app, or installed it anew. `token` comes encrypted."""
        with self.transaction() as session:
            row = session.get(InstallationRow, team) or InstallationRow(team=team)
            row.enterprise, row.token, row.bot_id, row.bot_user = enterprise, token, bot_id, bot_user
            row.scopes, row.person, row.installed_at = list(scopes), person, datetime.now(UTC)
            session.add(row)

    def installation(self, team: str) -> InstallationRow | None:
        """The installation of a workspace."""
        with self.reading() as session:
            return session.get(InstallationRow, team)

    def installations(self) -> list[InstallationRow]:
        """All installations, the oldest first."""
        with self.reading() as session:
            return list(session.scalars(select(InstallationRow).order_by(InstallationRow.installed_at)))

    def forget_installation(self, team: str) -> None:
        """The workspace uninstalled the app or revoked its token."""
        with self.transaction() as session:
            row = session.get(InstallationRow, team)
            if row is not None:
                session.delete(row)
