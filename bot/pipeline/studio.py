"""The rooms as the settings furnish them, each opened when it is first needed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from bot.pictures import PictureStore
from bot.settings import CONFIG, Settings

if TYPE_CHECKING:
    from bot.pipeline.asking import Ask
    from bot.pipeline.writing import Writer
    from bot.provenance import Signer
    from bot.records import Records
    from generation.generators import Generator
    from generation.prompting import Brand, RulesWriter
    from generation.upscale import Upscaler
    from moderation import Moderators


@dataclass(frozen=True)
class Painter:
    """Who draws and the upscaler behind it, ready."""

    model: Generator
    upscaler: Upscaler


class Studio:
    """One process's rooms: who writes briefs, draws, moderates, remembers and signs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pictures = PictureStore(settings.pictures)
        self.ask: Ask | None = None  # in a worker, the queue of language models
        self._opening: dict[str, Future[Painter]] = {}
        self._one_at_a_time = Lock()

    @cached_property
    def records(self) -> Records:
        """The records of this workspace, in a database of the newest schema."""
        from bot.records import Records

        return Records.open(self.settings.database, self.settings.workspace)

    def in_workspace(self, workspace: str) -> Studio:
        """The same rooms with the records of another workspace."""
        if workspace == self.records.workspace:
            return self
        _ = self.shipped_rules, self.moderators  # loaded once, and shared by all workspaces
        other = copy(self)
        other.__dict__["records"] = self.records.in_workspace(workspace)
        return other

    def of_post(self, post_id: str) -> Studio:
        """The same rooms with the records of the workspace that the post belongs to."""
        return self.in_workspace(self.records.workspace_of(post_id))

    @cached_property
    def shipped_rules(self) -> RulesWriter:
        """The rules writer with the tables and the brand in config/."""
        from generation.prompting import RulesWriter

        return RulesWriter.load(CONFIG)

    @property
    def brand(self) -> Brand:
        """The workspace's brand as it is now; where no database was made yet, nobody can have set another."""
        from bot.pipeline.brand import brand_of, shipped_brand

        if "records" not in self.__dict__ and not self.settings.has_database:
            return shipped_brand()
        return brand_of(self.records)

    @property
    def rules(self) -> RulesWriter:
        """The rules writer with the workspace's brand."""
        return replace(self.shipped_rules, brand=self.brand)

    @property
    def writer(self) -> Writer:
        """Who turns drafts into briefs, by the brand, the examples and the spending of the workspace.

        Raises:
            Misuse: the settings name a language model that cannot be asked.
        """
        from bot.pipeline.writing import RULES

        if self.ask is not None and self.settings.writer != RULES:
            from bot.pipeline.asking import QueuedWriter

            return QueuedWriter(self.records.workspace, self.ask)
        return self.open_writer()

    def open_writer(self) -> Writer:
        """Who writes briefs in this very process, as `writer` does where no queue is asked."""
        from bot.pipeline.writing import open_writer

        return open_writer(self.settings, self.rules, lambda: self.records)

    def generator_for(self, chosen: str | None) -> str:
        """Who draws a post: who was chosen for it, else the brand's own; empty is the model in use."""
        return chosen or self.brand.generator

    @cached_property
    def moderators(self) -> Moderators:
        """Who judges texts and pictures, by the policy in Easel's home or the shipped one."""
        from moderation import Moderators, Policy

        return Moderators.load(Policy.load(self.settings.moderation_policy))

    @cached_property
    def signer(self) -> Signer:
        """Who signs the credentials of what is published."""
        from bot.provenance import Signer

        return Signer.open(self.settings)

    def open_painter(self, name: str = "") -> Future[Painter]:
        """Begin to load who draws, the model in use or another by name, so that it is there when the brief is."""
        name = name or self.settings.model
        with self._one_at_a_time:
            opening = self._opening.get(name)
            if opening is None or (opening.done() and opening.exception()):
                for other in self._opening.keys() - {self.settings.model}:
                    del self._opening[other]  # models are large: one beside the one in use is kept
                pool = ThreadPoolExecutor(1, thread_name_prefix="painter")
                opening = self._opening[name] = pool.submit(self._load_painter, name)
            return opening

    @property
    def painter(self) -> Painter:
        """The model in use; waits until it is loaded."""
        return self.painter_of("")

    def painter_of(self, name: str) -> Painter:
        """The model in use, or another who draws, by name; waits until it is loaded.

        Raises:
            GenerationError: if there is none of this name, or it is damaged.
        """
        return self.open_painter(name).result()

    def _load_painter(self, name: str) -> Painter:
        from bot.pipeline.generators import open_generator
        from generation.upscale import Upscaler

        return Painter(open_generator(self.settings, name), Upscaler.load())
