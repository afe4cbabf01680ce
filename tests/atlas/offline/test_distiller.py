"""From episodes to drafts: which facts are kept, and that no value of an incident stands in one."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.offline.distiller import distil_episodes
from atlas.offline.routes import Place, read_routes
from atlas.offline.vocabulary import AnswerType
from core.episode import Episode
from core.guidance import GuidanceItem
from memory.gates import refusal
from memory.items import ItemDraft, Kind
from tests.atlas.offline.samples import ADDRESS, DECOY, PASTED, Told, cell, make_episode, make_task, rows

IDENTIFIER = "11111111-2222-3333-4444-555555555555"
DESCRIBE: Told = ("DESCRIBE Jam", rows(("Title", "text"), ("SourceIp", "text")))
PLAIN: Told = ("SELECT Title, SourceIp FROM Jam", rows((PASTED, ADDRESS)))
WHOLE: Told = (f"SELECT * FROM Jam WHERE Title = '{PASTED}'", rows((PASTED, ADDRESS)))
KEYED: Told = ("SELECT Title, Things FROM Pot", rows((PASTED, cell({"Address": ADDRESS, "Town": "Upp"}))))
MANY_KEYS: Told = (
    "SELECT Title, Things FROM Pan",
    rows(
        (
            PASTED,
            cell(dict.fromkeys(("Address", "SourceIp", "RemoteIp", "Ip", "IPv4", "LocalIp"), ADDRESS)),
        )
    ),
)
NO_COLUMN: Told = (
    "SELECT RemoteIps FROM Jam",
    "ProgrammingError: Unknown column 'RemoteIps' in 'field list'",
    True,
)
WORKED: Told = ("SELECT RemoteAddress, SourceIp FROM Jam", rows(("192.0.2.8", DECOY)))
NO_TABLE: Told = ("SELECT * FROM JamAlerts", "ProgrammingError: Table 'store.JamAlerts' doesn't exist", True)
RIGHT_TABLE: Told = ("SELECT Town FROM JamNotices", rows(("Upp",)))
EQUAL: Told = ("SELECT Town FROM Jam WHERE Device = 'mill-lap7'", "[]")
LIKE: Told = ("SELECT Town FROM Jam WHERE Device LIKE '%mill-lap7%'", rows(("Upp",)))
READ_ID: Told = ("SELECT NoticeId FROM Jam", rows((IDENTIFIER,)))
USED_ID: Told = (f"SELECT Town FROM Pot WHERE SystemNoticeId = '{IDENTIFIER}'", rows(("Upp",)))
LLM_LIKE: tuple[Told, ...] = (
    (
        "SELECT a.Title AS t, b.SourceIp ip FROM Jam a JOIN Pot b ON a.NoticeId = b.NoticeId",
        rows((PASTED, ADDRESS)),
    ),
    ("WITH c AS (SELECT * FROM Jam) SELECT * FROM c WHERE Device = 'mill-lap7'", "[]"),
    ("WITH c AS (SELECT * FROM Jam) SELECT * FROM c WHERE Device LIKE '%mill-lap7%'", rows(("Upp",))),
    ("SELECT j.Title, j.SourceIp AS `203.0.113.77` FROM Jam j ORDER BY 2 LIMIT 3;", rows((PASTED, ADDRESS))),
    ("SELECT COUNT(*), MIN(SourceIp) FROM Jam GROUP BY Title HAVING COUNT(*) > 1", rows((2, ADDRESS))),
    ("SELECT Title FROM Jam UNION SELECT Town FROM Pot", rows((PASTED,))),
    (
        "SELECT JSON_EXTRACT(Things, '$[0].Address') FROM Pot",
        "DataError: Invalid JSON text in argument 1",
        True,
    ),
    ("SELECT x FROM Jam; DROP TABLE Jam", "ProgrammingError: You have an error in your SQL syntax", True),
    ("I think we should look at the tables first.", "ProgrammingError: You have an error", True),
    ("SELECT b.Nope FROM Jam a, Pot b", "ProgrammingError: Unknown column 'b.Nope' in 'field list'", True),
    ("```sql\nSELECT * FROM Jam\n```", "[]"),
)
ALL = (
    DESCRIBE,
    PLAIN,
    WHOLE,
    KEYED,
    MANY_KEYS,
    NO_COLUMN,
    WORKED,
    NO_TABLE,
    RIGHT_TABLE,
    EQUAL,
    LIKE,
    READ_ID,
    USED_ID,
    *LLM_LIKE,
)


def _distil(*told: Told, reward: float = 1.0, answer: str | None = ADDRESS) -> tuple[ItemDraft, ...]:
    return distil_episodes(make_task(), [make_episode(*told, answer=answer)], reward)


def _bound(draft: ItemDraft) -> dict[str, str]:
    assert draft.action is not None
    return dict(draft.action.bindings)


@pytest.mark.parametrize(
    ("told", "table", "event", "place"),
    [
        ((PLAIN,), "Jam", "Title", Place(column="SourceIp")),
        ((DESCRIBE, WHOLE), "Jam", "Title", Place(column="SourceIp")),
        ((KEYED,), "Pot", "Title", Place(column="Things", key="Address")),
    ],
)
def test_the_place_of_a_good_answer_becomes_a_route_that_reads_back(
    told: tuple[Told, ...], table: str, event: str, place: Place
) -> None:
    (draft,) = _distil(*told)
    assert (draft.kind, draft.cue, draft.scope) == (Kind.ACTION_SCHEMA, "answer_type:ip", "mock/bakery")
    item = GuidanceItem(id="i", version=1, kind=draft.kind.value, content=draft.content, action=draft.action)
    (route,) = read_routes([item], AnswerType.IP)
    assert (route.table, route.event_column, route.place) == (table, event, place)
    assert read_routes([item], AnswerType.HOST) == []


@pytest.mark.parametrize(
    ("told", "reward", "answer"),
    [
        ((PLAIN,), 0.0, ADDRESS),
        ((PLAIN,), 0.49, ADDRESS),
        ((PLAIN,), 1.0, None),
        ((PLAIN,), 1.0, DECOY),
        ((WHOLE,), 1.0, ADDRESS),
        ((("SELECT SourceIp FROM Jam", rows((ADDRESS,))),), 1.0, ADDRESS),
        (
            (("SELECT Title, SourceIp FROM Jam", rows((PASTED, ADDRESS), (PASTED, DECOY), (PASTED, DECOY))),),
            1.0,
            ADDRESS,
        ),
    ],
)
def test_no_route_is_kept(told: tuple[Told, ...], reward: float, answer: str | None) -> None:
    assert _distil(*told, reward=reward, answer=answer) == ()


def test_half_a_reward_is_enough_for_a_route() -> None:
    assert len(_distil(PLAIN, reward=0.5)) == 1


def test_an_alias_is_not_taken_for_a_column() -> None:
    (draft,) = _distil(("SELECT j.Title AS t, j.SourceIp AS ip FROM Jam j", rows((PASTED, ADDRESS))))
    assert (_bound(draft)["event_column"], _bound(draft)["column"]) == ("Title", "SourceIp")


@pytest.mark.parametrize(
    ("told", "kind", "content", "bound"),
    [
        (
            (NO_COLUMN, WORKED),
            Kind.GUARD,
            "Jam has no column RemoteIps; RemoteAddress works.",
            {"column": "RemoteAddress"},
        ),
        (
            (NO_TABLE, RIGHT_TABLE),
            Kind.GUARD,
            "There is no table JamAlerts; JamNotices is",
            {"table": "JamNotices"},
        ),
        (
            (EQUAL, LIKE),
            Kind.GUARD,
            "In Jam, test Device with LIKE",
            {"table": "Jam", "column": "Device", "test": "like"},
        ),
        (
            (READ_ID, USED_ID),
            Kind.TOOL_PLAN,
            "Jam.NoticeId leads to Pot.SystemNoticeId",
            {"from_table": "Jam", "table": "Pot"},
        ),
    ],
)
@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_guards_and_bridges_are_kept_whatever_the_reward(
    told: tuple[Told, ...], kind: Kind, content: str, bound: dict[str, str], reward: float
) -> None:
    (draft,) = _distil(*told, reward=reward, answer=None)
    assert draft.kind is kind
    assert draft.content.startswith(content)
    assert bound.items() <= _bound(draft).items()


@pytest.mark.parametrize(
    "told",
    [
        (WORKED, NO_COLUMN),
        (NO_COLUMN, ("SELECT Town FROM Jam", rows(("Upp",)))),
        (NO_COLUMN, ("SELECT RemoteAddress FROM Pot", rows(("192.0.2.8",)))),
        (NO_COLUMN, ("SELECT RemoteAddress FROM Jam JOIN Pot ON Jam.Id = Pot.Id", rows(("192.0.2.8",)))),
        (NO_TABLE, ("SELECT Town FROM JamNotices", "[]")),
        (NO_TABLE, ("SELECT Town FROM Pot", rows(("Upp",)))),
        (LIKE, EQUAL),
        (EQUAL, ("SELECT Town FROM Jam WHERE Device LIKE '%other%'", rows(("Upp",)))),
        (EQUAL, ("SELECT Town FROM Jam WHERE Device NOT LIKE '%mill-lap7%'", rows(("Upp",)))),
        (EQUAL, ("SELECT Town FROM Pot WHERE Device LIKE '%mill-lap7%'", rows(("Upp",)))),
        (READ_ID, ("SELECT Town FROM Jam WHERE NoticeId = '" + IDENTIFIER + "'", rows(("Upp",)))),
        (READ_ID, ("SELECT Town FROM Pot WHERE Name = '" + IDENTIFIER + "'", rows(("Upp",)))),
        (READ_ID, (USED_ID[0], "[]")),
    ],
)
def test_what_proves_nothing_gives_no_draft(told: tuple[Told, ...]) -> None:
    assert _distil(*told, answer=None) == ()


def test_no_draft_carries_a_value_of_the_incident() -> None:
    drafts = _distil(*ALL)
    assert {d.kind for d in drafts} == {Kind.ACTION_SCHEMA, Kind.GUARD, Kind.TOOL_PLAN}
    assert [refusal(draft) for draft in drafts] == [None] * len(drafts)
    written = "\n".join(str(draft) for draft in drafts).lower()
    assert [
        v for v in (ADDRESS, DECOY, PASTED, IDENTIFIER, "mill-lap7", "Upp'") if v.lower() in written
    ] == []


def test_each_fact_is_told_once_and_all_attempts_are_read() -> None:
    first, second = (
        make_episode(EQUAL, LIKE, EQUAL, LIKE, answer=None),
        make_episode(EQUAL, LIKE, PLAIN, PLAIN),
    )
    drafts = distil_episodes(make_task(), [first, second], 1.0)
    assert sorted(d.kind for d in drafts) == [Kind.ACTION_SCHEMA, Kind.GUARD]


def test_statements_as_models_write_them_name_real_columns_and_tables_only() -> None:
    drafts = _distil(*LLM_LIKE)
    named = {
        name for d in drafts for key, name in _bound(d).items() if key in ("table", "column", "event_column")
    }
    assert named <= {"Jam", "Pot", "Title", "SourceIp", "Town", "Device", "NoticeId"}


_PRINT_DRAFTS = """
from atlas.offline.distiller import distil_episodes
from tests.atlas.offline.samples import make_episode, make_task
from tests.atlas.offline.test_distiller import ALL
for draft in distil_episodes(make_task(), [make_episode(*ALL)], 1.0):
    print(draft)
"""


def test_drafts_do_not_depend_on_the_seed_of_hashes() -> None:
    root = Path(__file__).parents[3]

    def printed(seed: str) -> str:
        found = subprocess.run(
            [sys.executable, "-c", _PRINT_DRAFTS],
            cwd=root,
            env={"PATH": os.defpath, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout

    first, second = printed("1"), printed("2")
    assert "ItemDraft" in first
    assert first == second


def test_transcripts_of_real_models_are_read_without_a_word_of_theirs(shared_data: Path) -> None:
    file = shared_data / "excytin" / "trajectory_samples.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"no transcripts at {file}")
    kept = 0
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            episode = _told_by(json.loads(line))
            drafts = distil_episodes(episode.task, [episode], 1.0)
            kept += len(drafts)
            assert [refusal(draft) for draft in drafts] == [None] * len(drafts)
            assert all("" not in _bound(draft).values() for draft in drafts)
    assert kept > 0


def _told_by(record: dict[str, object]) -> Episode:
    question, trajectory = record["question"], record["trajectory"]
    assert isinstance(question, dict)
    assert isinstance(trajectory, list)
    told = [
        (str(s["action"]), str(s["observation"]), "Error" in str(s["observation"])[:30]) for s in trajectory
    ]
    task = make_task(f"{question['context']} {question['question']}")
    return make_episode(*told, answer=told[-1][0], task=task)
