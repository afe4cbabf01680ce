"""A memory of the schema before the audit chain: migrated, taken into the chain, and nothing of it lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import core.database.migrations
from core.database import Database, DatabaseState, check, open_database, upgrade
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.history import Op, Revision
from memory.identity import content_hash, item_id
from memory.items import Credit, ItemDraft, ItemId, Status, Trust
from memory.ledger.adoption import adopt
from memory.ledger.audit import audit
from memory.library import PamphletLibrary
from tests.memory.ledger import soundness
from tests.memory.ledger.drafts import Clock
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SIGN_IN, STOP, ask, task

BEFORE = "0002"
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """One item as the schema before held it; `texts` are its versions, the last one current."""

    draft: ItemDraft
    status: str = "active"
    texts: tuple[str, ...] = ()
    pinned: bool = False
    support: int = 2
    alpha: float = 1.0
    beta: float = 1.0

    @property
    def id(self) -> str:
        return item_id(content_hash(self.draft))


OLD = (
    Old(draft=SIGN_IN, alpha=3.25, beta=1.75),
    Old(draft=HOSTS, status="candidate", support=1),
    Old(draft=MAIL, texts=("Senders of old.", MAIL.content), pinned=True),
    Old(draft=STOP, status="retired"),
)


def migrate_to(url: str, revision: str) -> None:
    """Make a database of an older schema, by the migrations that made it then."""
    folder = Path(core.database.migrations.__path__[0])
    scripts = ScriptDirectory(str(folder))
    with Database(url) as database, database.engine.begin() as connection:
        context = EnvironmentContext(
            Config(), scripts, fn=lambda current, _: scripts._upgrade_revs(revision, current)
        )
        with context:
            context.configure(connection=connection, transactional_ddl=True)
            with context.begin_transaction():
                context.run_migrations()


def fill(url: str) -> None:
    with Database(url) as database, database.engine.begin() as connection:

        def put(table: str, **row: Any) -> None:
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)

        put("memory_state", id=1, library_id="the-old-one", change=40)
        at = THEN.replace(tzinfo=None)
        for change, old in enumerate(OLD, start=1):
            texts = old.texts or (old.draft.content,)
            draft = old.draft
            put(
                "items",
                id=old.id,
                kind=draft.kind.value,
                scope=draft.scope,
                status=old.status,
                version=len(texts),
                content_hash=content_hash(draft),
                pinned=old.pinned,
                support=old.support,
                alpha=old.alpha,
                beta=old.beta,
                origin_run="run",
                origin_task="task-1",
                created_at=at,
                updated_at=at,
                change=change,
            )
            action = draft.action
            for version, content in enumerate(texts, start=1):
                put(
                    "item_versions",
                    item_id=old.id,
                    version=version,
                    content=content,
                    cue=draft.cue,
                    action=None
                    if action is None
                    else json.dumps(
                        {
                            "tool": action.tool,
                            "template": action.template,
                            "bindings": dict(action.bindings),
                        }
                    ),
                    boundary=draft.boundary,
                    expected_effect=draft.expected_effect,
                    content_hash=content_hash(replace(draft, content=content)),
                    created_at=at,
                )
            for number in range(1, old.support + 1):
                key = {"item_id": old.id, "run_id": "run", "task_id": f"task-{number}", "created_at": at}
                put("evidence", **key, task_group="g", reward=1.0, note="seen")
        for name, reward in (("task-5", 1.0), ("task-6", 0.5), ("task-7", None)):
            key = {"item_id": OLD[0].id, "run_id": "run", "task_id": name, "created_at": at}
            put("exposures", **key, version=1, outcome="shown", propensity=1.0, score=0.5)
            if reward is not None:
                put("credits", **key, reward=reward)


@pytest.fixture(params=["file", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    on_disk = f"sqlite:///{tmp_path / 'atlas.db'}"
    url = on_disk if request.param == "file" else str(request.getfixturevalue("postgres_url"))
    migrate_to(url, BEFORE)
    fill(url)
    return url


@pytest.fixture
def old(old_url: str) -> Iterator[PamphletLibrary]:
    """The old memory, migrated and not yet written to."""
    assert check(old_url) is DatabaseState.OUTDATED
    upgrade(old_url)
    library = PamphletLibrary(open_database(old_url), LexicalEmbedder(), owns_database=True)
    yield library
    library.close()


def test_a_migrated_memory_holds_all_that_it_held(old: PamphletLibrary) -> None:
    items = {item.content: item for item in old.items()}
    assert items.keys() == {each.draft.content for each in OLD}
    for was in OLD:
        item = items[was.draft.content]
        assert (item.id, item.kind, item.scope) == (was.id, was.draft.kind, was.draft.scope)
        assert (item.cue, item.action, item.boundary) == (was.draft.cue, was.draft.action, "")
        assert (item.status.value, item.pinned, item.support) == (was.status, was.pinned, was.support)
        assert item.credit == Credit(alpha=was.alpha, beta=was.beta)
        assert item.trust is (Trust.PROVEN if was.status == "active" else Trust.CANDIDATE)
        assert item.created_at == item.updated_at == THEN
        assert [each.task_id for each in old.evidence(item.id)] == [
            f"task-{number}" for number in range(1, was.support + 1)
        ]
    versions = [each.item.content for each in old.archive.history(items[MAIL.content].id)]
    assert versions == ["Senders of old.", MAIL.content]
    assert old.archive.audit().intact
    assert old.archive.audit().older == 5


def test_recall_works_before_the_first_write_and_after(old: PamphletLibrary) -> None:
    queries = [ask("which host", "answer_type:host"), ask("Which sender mailed the link?")]
    found = [[hit.item.id for hit in old.recall(query).hits] for query in queries]
    assert found == [[OLD[1].id], [OLD[2].id]]
    old.editor("person:ann")  # whoever may write adopts
    assert [[hit.item.id for hit in old.recall(query).hits] for query in queries] == found
    assert old.recall(ask("accept an answer", "never")).abstained


def test_the_first_write_takes_every_item_into_the_chain(old: PamphletLibrary) -> None:
    before = soundness.standing_of(old.items())
    old.learn([replace(HOSTS, content="Count each host of DeviceInfo once.")], task(9))
    report = old.archive.audit()
    assert report.intact, report.faults
    assert (report.events, report.versions, report.older) == (5, 10, 5)
    adopted = old.archive.events()[:4]
    assert [(event.op, event.author.actor) for event in adopted] == [(Op.ADOPT, "rule:adopt")] * 4
    after = soundness.standing_of(old.items())
    assert {each: after[each] for each in before if each != OLD[3].id} == {
        each: before[each] for each in before if each != OLD[3].id
    }
    soundness.check(old._database)
    old.learn(DRAFTS, task(9))
    assert old.archive.events()[5].op is not Op.ADOPT


def test_adopting_twice_is_adopting_once(old: PamphletLibrary, old_url: str) -> None:
    with open_database(old_url) as one, open_database(old_url) as two:
        assert (adopt(one, Clock()), adopt(two, Clock())) == (4, 0)


def adopted_history(library: PamphletLibrary, item: ItemId) -> tuple[Revision, ...]:
    library.editor("person:ann")
    return library.archive.history(item)


def test_what_is_older_than_the_chain_can_be_compared_and_brought_back(old: PamphletLibrary) -> None:
    mail = item_id(content_hash(MAIL))
    first, second, adopted = (revision.actor for revision in adopted_history(old, mail))
    assert (first, second, adopted) == ("before the chain", "before the chain", "rule:adopt")
    back = old.archive.rollback_item(mail, 1, actor="person:ann")
    assert (back.content, back.pinned) == ("Senders of old.", True)
    soundness.check(old._database)


def test_credits_became_outcomes_and_are_not_counted_twice(old: PamphletLibrary) -> None:
    item = item_id(content_hash(SIGN_IN))
    told = {each.task_id: (each.reward, each.counted) for each in old.exposures(item)}
    assert told == {"task-5": (1.0, True), "task-6": (0.5, True), "task-7": (None, False)}
    for name in ("task-5", "task-6"):
        old.credit("run", name, TaskOutcome(reward=0.0))
    assert old.get(item).credit == Credit(alpha=3.25, beta=1.75)
    old.credit("run", "task-7", TaskOutcome(reward=1.0))
    assert old.get(item).credit == Credit(alpha=4.25, beta=1.75)


def test_what_was_learned_before_goes_on_from_there(old: PamphletLibrary) -> None:
    learned = old.learn([SIGN_IN, HOSTS, STOP], task(9))
    assert learned.supported == (OLD[0].id, OLD[1].id)
    assert learned.refused == (f"equal to a retired item ({OLD[3].id}, person)",)
    assert old.get(item_id(content_hash(HOSTS))).status is Status.ACTIVE
    assert old.learn([SIGN_IN], task(1)).added == (OLD[0].id,)


def test_a_copy_of_what_was_not_adopted_yet_is_sound_too(old: PamphletLibrary) -> None:
    with Database.in_memory() as target:
        copy = old.copy_to(target)
        assert copy.items() == old.items()
        query = ask("which host", "answer_type:host")
        assert copy.recall(query) == old.recall(query)
        copy.learn([MAIL], task(9))
        soundness.check(target)
        with target.reading() as session:
            assert audit(session.connection()).older == 5
