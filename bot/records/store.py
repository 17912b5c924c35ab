"""The records as one, each part from its own file. Every change of state is a compare-and-set with an audit row."""

from __future__ import annotations

from bot.records.accounts import AccountRecords
from bot.records.approvals import ApprovalRecords
from bot.records.candidates import CandidateRecords
from bot.records.consents import ConsentRecords
from bot.records.database import open_database
from bot.records.drawings import DrawingRecords
from bot.records.forgetting import ForgettingRecords
from bot.records.judgements import JudgementRecords
from bot.records.learning import LearningRecords
from bot.records.outcomes import OutcomeRecords
from bot.records.reminders import ReminderRecords
from bot.records.requests import RequestRecords
from bot.records.threads import ThreadRecords
from bot.records.visits import VisitRecords
from bot.records.workers import WorkerRecords
from bot.records.workspaces import WorkspaceRecords


class Records(
    ApprovalRecords,
    CandidateRecords,
    DrawingRecords,
    ThreadRecords,
    VisitRecords,
    AccountRecords,
    ConsentRecords,
    ForgettingRecords,
    JudgementRecords,
    LearningRecords,
    OutcomeRecords,
    ReminderRecords,
    RequestRecords,
    WorkerRecords,
    WorkspaceRecords,
):
    """The records of one workspace. Rows that are handed out are snapshots; change them through the methods."""

    @classmethod
    def open(cls, database: str, workspace: str) -> Records:
        """The records in a database, which is brought to the newest schema; raises what `open_database` does."""
        return cls(open_database(database), workspace)

    def in_workspace(self, workspace: str) -> Records:
        """The records of another workspace in the same database."""
        return Records(self.engine, workspace)
