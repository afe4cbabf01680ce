from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.synthetic.entities import Identifier, NodeKind, identifiers
from benchmarks.synthetic.incident import Incident, build_incident
from benchmarks.synthetic.products import Source, source_of
from benchmarks.synthetic.questions import incident_questions
from benchmarks.synthetic.schema import positions
from benchmarks.task import GoldAnswer, Question, Score, Scorer, Split


class Opener(Scorer):
    """Opens golds for the tests."""

    async def score(self, question: Question, answer: str | None) -> Score:
        return Score.unscored("not asked")

    def open(self, question: Question) -> GoldAnswer:
        return question.gold.reveal_to(self)


OPENER = Opener()


def all_questions(incident: Incident, count: int = 48) -> Iterator[Question]:
    halves = incident_questions(incident, count)
    yield from (*halves[Split.TRAIN], *halves[Split.TEST])


def ends(question: Question) -> tuple[int, int]:
    start, end = question.task.id.rsplit("/", 1)[1].split("-")
    return int(start), int(end)


def answer_node(incident: Incident, question: Question) -> Identifier:
    """The graph node that a question asks for: its value and the kind in its flags."""
    gold = OPENER.open(question).answer
    (flag,) = [flag for flag in question.flags if flag.startswith("asks_")]
    nodes = [incident.graph.entities[near] for near in incident.graph.neighbours(ends(question)[1])]
    if flag == "asks_command":
        (node,) = [node for node in nodes if node.value.split("__", 2)[2:] == [gold]]
        return node
    node = Identifier(kind=NodeKind[flag.removeprefix("asks_").upper()], value=gold)
    assert node in nodes
    return node


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), number=st.integers(1, 12))
def test_every_answer_can_be_read_from_a_row_and_from_no_prompt(seed: int, number: int) -> None:
    incident = build_incident(seed, number)
    text = ["\0".join(row).lower() for rows in incident.tables.values() for row in rows]
    for question in all_questions(incident):
        parts = OPENER.open(question).answer.lower().split("__", 2)
        assert any(all(part in row for part in parts) for row in text), question.task.id
        hidden = parts[1:] if len(parts) == 3 else parts
        shown = (question.task.prompt + question.task.id + repr(question)).lower()
        assert not any(part in shown for part in hidden)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), number=st.integers(1, 12))
def test_the_answer_is_alone_of_its_kind_at_the_end_alert(seed: int, number: int) -> None:
    incident = build_incident(seed, number)
    for question in all_questions(incident):
        node = answer_node(incident, question)
        _, end = ends(question)
        name = incident.graph.alerts[end].type.name
        around = {
            other
            for alert in incident.alerts
            if alert.type.name == name
            for entity in alert.entities
            for other in identifiers(entity)
            if other.kind is node.kind
        }
        assert around == {node}


def test_answers_kept_out_of_the_alert_are_where_the_flag_says() -> None:
    hidden, total = Counter[str](), 0
    for number in range(1, 9):
        incident = build_incident(4, number)
        places = positions("SecurityAlert")
        rows = {
            row[places["SystemAlertId"]]: row[places["Entities"]] for row in incident.tables["SecurityAlert"]
        }
        for question in all_questions(incident):
            total += 1
            node, alert = answer_node(incident, question), incident.graph.alerts[ends(question)[1]]
            source = source_of(alert.product, node.kind)
            shown = all(part in rows[alert.system_id].lower() for part in node.value.lower().split("__", 2))
            assert shown == (source is Source.ALERT), (question.task.id, node)
            assert (f"in_{source.value}" in question.flags) == (source is not Source.ALERT)
            if source is not Source.ALERT:
                hidden[source.value] += 1
                table = incident.tables[source.value]
                assert any(node.value.lower() in (cell.lower() for cell in row) for row in table)
    assert 0.25 <= hidden.total() / total <= 0.35
    assert len(hidden) >= 3


def test_large_incidents_have_many_different_questions_of_many_kinds() -> None:
    for number in range(1, 5):
        incident = build_incident(2, number)
        questions = list(all_questions(incident, 80))
        assert len(questions) >= 40
        assert len({question.task.prompt for question in questions}) == len(questions)
        assert len({question.task.id for question in questions}) == len(questions)
        assert len({answer_node(incident, question).kind for question in questions}) >= 7
        assert any("named" in question.flags for question in questions)
        assert any("named" not in question.flags for question in questions)


def test_both_halves_are_filled_and_count_is_kept() -> None:
    halves = incident_questions(build_incident(6, 1), 30)
    assert {split: len(questions) for split, questions in halves.items()} == {Split.TRAIN: 15, Split.TEST: 15}


def test_solutions_lead_over_the_path_to_the_answer() -> None:
    incident = build_incident(8, 3)
    for question in all_questions(incident):
        gold = OPENER.open(question)
        hops = int(next(flag for flag in question.flags if flag.startswith("hops_")).removeprefix("hops_"))
        assert len(gold.solution) == hops + 1
        assert gold.answer.split("__", 2)[-1] in gold.solution[-1]


def test_mail_links_are_joined_by_the_message_id_alone() -> None:
    """T18: the link of a removed message stands in no alert table, and one row of EmailUrlInfo has it."""
    incident = next(i for i in (build_incident(1, n) for n in range(1, 5)) if i.archetype == "phish_to_cloud")
    alert = next(alert for alert in incident.alerts if alert.type.key == "url_click")
    assert alert.mail is not None
    assert alert.mail.url is not None
    with sqlite3.connect(":memory:") as connection:
        columns = ", ".join(positions("EmailUrlInfo"))
        connection.execute(f"CREATE TABLE EmailUrlInfo ({columns})")
        marks = ", ".join("?" for _ in positions("EmailUrlInfo"))
        connection.executemany(f"INSERT INTO EmailUrlInfo VALUES ({marks})", incident.tables["EmailUrlInfo"])
        found = connection.execute(
            "SELECT Url FROM EmailUrlInfo WHERE NetworkMessageId = ?", (alert.mail.message_id,)
        ).fetchall()
    connection.close()
    assert found == [(alert.mail.url.url,)]
    office = [row for row in incident.tables["AlertEvidence"] if alert.evidence_id in row]
    assert office
    assert not any(alert.mail.url.url in cell for row in office for cell in row)
