"""What language models were taught by people and what they took: examples, and spending by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select

from bot.errors import Misuse
from bot.records.base import RecordsBase
from bot.records.tables import ExampleRow, SpendingRow
from bot.records.values import new_id

MOST_EXAMPLES = 500
"""Examples of a workspace that are compared with a draft: the newest."""


class LearningRecords(RecordsBase):
    """The examples and the spending of one workspace."""

    def keep_example(self, post_id: str, person: str, body: Mapping[str, Any]) -> None:
        """Keep what a person made of a post's brief, in the place of an earlier edit of it."""
        with self.transaction() as session:
            mine = ExampleRow.workspace == self.workspace, ExampleRow.post_id == post_id
            session.execute(delete(ExampleRow).where(*mine))
            session.add(
                ExampleRow(
                    id=new_id("example"),
                    workspace=self.workspace,
                    post_id=post_id,
                    person=person,
                    body=dict(body),
                    created_at=datetime.now(UTC),
                )
            )

    def examples(self) -> list[ExampleRow]:
        """The newest examples of this workspace, oldest first."""
        query = select(ExampleRow).where(ExampleRow.workspace == self.workspace)
        with self.reading() as session:
            rows = list(session.scalars(query.order_by(ExampleRow.created_at.desc()).limit(MOST_EXAMPLES)))
        return rows[::-1]

    def forget_example(self, example_id: str) -> None:
        """Take an example away.

        Raises:
            Misuse: there is none of this id.
        """
        query = delete(ExampleRow).where(ExampleRow.workspace == self.workspace, ExampleRow.id == example_id)
        with self.transaction() as session:
            if session.execute(query).rowcount != 1:  # type: ignore[attr-defined]
                raise Misuse(f"There is no example {example_id!r}. `easel examples` lists them.")

    def note(self, model: str, prompt_tokens: int, answer_tokens: int, cost: float) -> None:
        """Remember what a call of a language model took."""
        with self.transaction() as session:
            session.add(
                SpendingRow(
                    workspace=self.workspace,
                    model=model,
                    prompt_tokens=prompt_tokens,
                    answer_tokens=answer_tokens,
                    cost=cost,
                    at=datetime.now(UTC),
                )
            )

    def spent_today(self) -> tuple[int, float]:
        """Tokens and money that language models took since midnight UTC."""
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        tokens = func.sum(SpendingRow.prompt_tokens + SpendingRow.answer_tokens)
        query = select(func.coalesce(tokens, 0), func.coalesce(func.sum(SpendingRow.cost), 0.0)).where(
            SpendingRow.workspace == self.workspace, SpendingRow.at >= midnight
        )
        with self.reading() as session:
            spent, cost = session.execute(query).one()
        return int(spent), float(cost)
