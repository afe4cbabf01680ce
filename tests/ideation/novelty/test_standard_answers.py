from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.budget import Budget, BudgetLimits
from core.errors import Limit, LimitReached, ProviderError
from ideation.costs import CostLedger
from ideation.idea import IdeaText
from ideation.muses.offline import OfflineMuse
from ideation.novelty.standard_answers import STAGE, Answer, ask_plainly, group_answers
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.novelty.papers import FAR, KNOWN, TOPIC, CannedMuse

LEXICAL = LexicalEmbedder()
TWIN = replace(KNOWN, title="Membranes that mend themselves again")


def answers(*texts: IdeaText, models: tuple[str, ...] = ("a", "b")) -> list[Answer]:
    return [Answer(text=text, model=models[number % len(models)]) for number, text in enumerate(texts)]


async def test_e2_10_every_model_is_asked_plainly_and_failures_are_counted() -> None:
    ledger = CostLedger(Budget(BudgetLimits()))
    good, bad = (
        CannedMuse(proposals=[KNOWN, TWIN]),
        CannedMuse(failure=ProviderError("no answer"), name="bad"),
    )
    empty = CannedMuse(name="empty")
    asked = await ask_plainly([good, bad, empty], TOPIC, 3, ledger=ledger)
    assert [answer.text for answer in asked.answers] == [KNOWN, TWIN, KNOWN]
    assert (asked.wanted, len(asked.failures)) == (9, 6)
    assert ledger.stage(STAGE).failures.total() == 6
    for request in good.asked:
        assert (request.sources, request.persona, request.operator, request.parents) == ((), "", None, ())
    assert len({request.seed for request in good.asked}) == 3


async def test_e2_10_a_spent_budget_ends_the_asking() -> None:
    spent = CannedMuse(failure=LimitReached(Limit.MONEY, "spent"))
    asked = await ask_plainly([spent], TOPIC, 50)
    assert (asked.answers, asked.stopped, len(spent.asked)) == ((), "spent", 1)


async def test_e2_10_an_idea_among_the_common_answers_is_what_everyone_gets() -> None:
    found = await group_answers(answers(KNOWN, TWIN, KNOWN, FAR), LEXICAL, topic=TOPIC)
    (common,) = found.common
    assert (common.members, common.share, common.models) == ((0, 1, 2), 0.75, ("a", "b"))
    same, other = found.compare([replace(KNOWN, title=TWIN.title), FAR], LEXICAL)
    assert same.is_what_everyone_gets
    assert same.distance == pytest.approx(0.0, abs=1e-5)
    assert not other.is_what_everyone_gets
    assert other.answer == 3


async def test_e2_9_distance_is_to_the_nearest_plain_answer() -> None:
    found = await group_answers(answers(KNOWN, FAR), LEXICAL, topic=TOPIC)
    assert found.common == ()
    odd = replace(FAR, mechanism="Owls count ships at night and sell what they saw to the insurers.")
    (measured,) = found.compare([odd], LEXICAL)
    rows = LEXICAL.embed([odd.whole, KNOWN.whole, FAR.whole]).astype(np.float64)
    assert measured.distance == pytest.approx(1.0 - float((rows[1:] @ rows[0]).max()), abs=1e-6)
    assert not measured.is_what_everyone_gets


async def test_e2_9_without_answers_nothing_is_common_and_nothing_known() -> None:
    found = await group_answers([], LEXICAL, topic=TOPIC)
    (measured,) = found.compare([KNOWN], LEXICAL)
    assert (measured.similarity, measured.distance, measured.is_what_everyone_gets) == (None, None, False)
    assert (await group_answers(answers(KNOWN), LEXICAL, topic=TOPIC)).compare([], LEXICAL) == ()


async def test_e2_10_the_offline_muse_answers_too() -> None:
    asked = await ask_plainly([OfflineMuse()], TOPIC, 5)
    found = await group_answers(asked.answers, LEXICAL, topic=TOPIC)
    assert sum(len(group.members) for group in found.groups) == len(asked.answers) > 0
    sizes = [len(group.members) for group in found.groups]
    assert sizes == sorted(sizes, reverse=True)
