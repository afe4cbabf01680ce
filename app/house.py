"""The composition root: builds the parts of one process from settings, and closes them."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.output import log_from, say
from core.errors import UserError
from core.settings import Settings, load_settings
from core.spec import Spec, SpecKind

if TYPE_CHECKING:
    from atlas.agent import AtlasAgent
    from atlas.config import AtlasConfig, MemoryMode
    from atlas.judge import Judge
    from atlas.judges.llm import LlmJudgeConfig
    from atlas.students.llm import LlmStudentConfig
    from atlas.teacher import Teacher
    from atlas.teachers.llm import LlmTeacherConfig
    from core.chat import ChatModel
    from core.database import Database
    from core.embedder import Embedder
    from core.episode import Student
    from core.store import RunStore
    from memory.index.keeper import IndexKeeper
    from memory.library import PamphletLibrary

CHROMA_FOLDER = "chroma"
CHECKPOINT_FILE = "checkpoints.sqlite3"
LOCAL_THOUGHT_CHARACTERS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlan:
    """Which Student under which Teacher, and how."""

    student: Spec
    teacher: Spec
    config: AtlasConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryProbe:
    """What a run tells of its memory; see `benchmarks.config.MemoryProbe`."""

    mode: str
    library: PamphletLibrary | None
    snapshot: str | None = None

    def items(self) -> int:
        return 0 if self.library is None else len(self.library.items())


class House:
    """Database, run store, memory and agents under one home folder.

    With `reading` a home that is not there is not made: it reads as an empty one.

    Raises:
        UserError: the home folder cannot be written, or the database is from a newer version.
    """

    def __init__(self, settings: Settings | None = None, *, reading: bool = False) -> None:
        from core.store import RunStore

        self.settings = settings or load_settings()
        log_from(self.settings.log_level.value)
        self.database = _open_database(self.settings.database_url, reading=reading)
        self.store: RunStore = RunStore(self.database)
        self._embedder: Embedder | None = None
        self._libraries: list[PamphletLibrary] = []

    @property
    def embedder(self) -> Embedder:
        if self._embedder is None:
            from app.models import choose_embedder

            chosen = choose_embedder(self.settings)
            self._embedder = chosen.embedder
            if chosen.degraded:
                say(f"note: {chosen.degraded}")
        return self._embedder

    def shelf(self, *, searched: bool = False) -> PamphletLibrary:
        """The pamphlets of this home to be read, without the index: what SQL holds is searched exactly.

        Unless it is `searched` no embedding model is loaded.
        """
        from memory.embedding.lexical import LexicalEmbedder
        from memory.library import PamphletLibrary

        embedder = self.embedder if searched else LexicalEmbedder()
        library = PamphletLibrary(self.database, embedder, frozen=True)
        self._libraries.append(library)
        return library

    def library(self, *, frozen: bool = False) -> PamphletLibrary:
        """The pamphlets of this home, with their Chroma index, which a thread keeps up with SQL."""
        from memory.library import PamphletLibrary

        keeper = self._keeper
        keeper.start()
        library = PamphletLibrary(self.database, self.embedder, keeper, frozen=frozen)
        self._libraries.append(library)
        return library

    def pen(self) -> PamphletLibrary:
        """The pamphlets of this home to be changed by a person: no embedding model is loaded, and the index
        follows when it is next used.
        """
        from memory.embedding.lexical import LexicalEmbedder
        from memory.library import PamphletLibrary

        library = PamphletLibrary(self.database, LexicalEmbedder())
        self._libraries.append(library)
        return library

    def workshop(self) -> PamphletLibrary:
        """The pamphlets with an index at rest, to be verified and rebuilt."""
        from memory.library import PamphletLibrary

        library = PamphletLibrary(self.database, self.embedder, self._keeper)
        self._libraries.append(library)
        return library

    def snapshot(self, name: str) -> PamphletLibrary:
        """A snapshot of this home's memory, frozen.

        Raises:
            UserError: no such snapshot.
        """
        from memory.library import PamphletLibrary

        library = PamphletLibrary(self.database, self.embedder, frozen=True).at_snapshot(name)
        self._libraries.append(library)
        return library

    @cached_property
    def _keeper(self) -> IndexKeeper:
        """One for all libraries of the house: an embedded index has one owner."""
        from memory.index.keeper import IndexKeeper
        from memory.opening import index_at

        place = self.settings.chroma_url or self.settings.home / CHROMA_FOLDER
        return IndexKeeper(self.database, self.embedder, index_at(place, self.database))

    def blank_library(self) -> PamphletLibrary:
        """An empty memory that lives as long as the house."""
        from memory.library import PamphletLibrary

        library = PamphletLibrary.in_memory(self.embedder)
        self._libraries.append(library)
        return library

    def library_for(self, mode: MemoryMode, snapshot: str | None = None) -> PamphletLibrary | None:
        """The pamphlets as a run with this memory mode may use them, as they are or as a snapshot holds them;
        None when memory is off.
        """
        from atlas.config import MemoryMode

        if snapshot is not None:
            return self.snapshot(snapshot)
        return None if mode is MemoryMode.OFF else self.library(frozen=mode is MemoryMode.FROZEN)

    def probe(
        self, mode: MemoryMode, pamphlets: PamphletLibrary | None, snapshot: str | None = None
    ) -> LibraryProbe:
        return LibraryProbe(mode=mode.value, library=pamphlets, snapshot=snapshot)

    def agent(
        self, plan: AgentPlan, pamphlets: PamphletLibrary | None, *, resumable: bool = True, seed: int = 0
    ) -> AtlasAgent:
        """A whole system; with `resumable` its graph state outlives the process.

        `seed` is that of what is withheld and of a local student's sampling; endpoints choose their own.
        """
        from atlas.agent import AtlasAgent
        from atlas.checkpoints import MemoryCheckpoints, SqliteCheckpoints
        from atlas.offline.teacher import OfflineTriager

        # What was loaded so far stays: the collector, walking it all, would hold up every worker for up to a
        # second at a time.
        gc.freeze()
        models: dict[Spec, ChatModel] = {}
        teacher, judge = self._teacher_and_judge(plan.teacher, models)
        checkpoints = (
            SqliteCheckpoints(self.settings.home / CHECKPOINT_FILE) if resumable else MemoryCheckpoints()
        )
        return AtlasAgent(
            self._student(plan.student, models, seed),
            teacher,
            judge,
            pamphlets,
            replace(plan.config, seed=seed),
            checkpoints,
            triager=OfflineTriager(),
            store=self.store,
        )

    def _student(self, spec: Spec, models: dict[Spec, ChatModel], seed: int) -> Student:
        if spec.kind is SpecKind.OFFLINE:
            from atlas.offline.investigator import OfflineStudent

            return OfflineStudent()
        if spec.kind is SpecKind.PYTHON:
            from atlas.students.callables import load_callable_student

            return load_callable_student(spec.target)
        if spec.kind is SpecKind.HTTP:
            from atlas.students.http import HttpStudent

            return HttpStudent(spec.target, timeout_seconds=self.settings.request_timeout_seconds)
        from atlas.students.llm import LlmStudent

        window = self.settings.local_context_tokens
        config = _local_student(window, seed) if spec.in_process else None
        return LlmStudent(self._model(spec, models), config)

    def _teacher_and_judge(self, spec: Spec, models: dict[Spec, ChatModel]) -> tuple[Teacher, Judge]:
        if spec.kind is SpecKind.OFFLINE:
            from atlas.offline.judge import OfflineJudge
            from atlas.offline.teacher import OfflineTeacher

            return OfflineTeacher(), OfflineJudge()
        if spec.kind in (SpecKind.PYTHON, SpecKind.HTTP):
            raise UserError(
                f"a teacher is offline or a model, not {spec}: write --teacher offline or provider/model"
            )
        from atlas.judges.llm import LlmJudge
        from atlas.teachers.llm import LlmTeacher

        model, window = self._model(spec, models), self.settings.local_context_tokens
        if spec.in_process:
            return LlmTeacher(model, _local_teacher(window)), LlmJudge(model, _local_judge(window))
        return LlmTeacher(model), LlmJudge(model)

    def _model(self, spec: Spec, models: dict[Spec, ChatModel]) -> ChatModel:
        """One model a SPEC, whatever roles it has: the weights of a local one are loaded once."""
        from core.models.build import build_chat_model

        if spec not in models:
            models[spec] = build_chat_model(spec, self.settings)
        return models[spec]

    def close(self) -> None:
        for library in self._libraries:
            library.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _local_student(window: int, seed: int) -> LlmStudentConfig:
    """Half the window for the conversation, as the vocabularies of small models split the digits and ids of
    logs far more than the one that we count with; and a bound on replies, which small models forget to end.
    """
    from atlas.students.actions import ActionMode
    from atlas.students.llm import LlmStudentConfig

    return LlmStudentConfig(
        mode=ActionMode.SCHEMA,
        context_tokens=window // 2,
        max_output_tokens=max(64, window // 16),
        thought_characters=LOCAL_THOUGHT_CHARACTERS,
        seed=seed,
    )


def _local_teacher(window: int) -> LlmTeacherConfig:
    """A third of the window for the transcripts: instructions, items and the reply need the rest."""
    from atlas.teachers.llm import LlmTeacherConfig

    return LlmTeacherConfig(transcript_tokens=window // 3, max_output_tokens=window // 8)


def _local_judge(window: int) -> LlmJudgeConfig:
    from atlas.judges.llm import LlmJudgeConfig

    return LlmJudgeConfig(transcript_tokens=window // 3, max_output_tokens=window // 8)


def _open_database(url: str, *, reading: bool) -> Database:
    from core.database import Database, DatabaseState, check, upgrade

    if reading and check(url) is DatabaseState.MISSING:
        import memory.sql.tables  # noqa: F401 (tables in memory are those that are known)

        return Database.in_memory()
    upgrade(url)
    return Database(url)


def demo_settings(settings: Settings, folder: Path) -> Settings:
    """The same settings with a home and a database of their own."""
    return settings.model_copy(update={"home": folder, "database": None})
