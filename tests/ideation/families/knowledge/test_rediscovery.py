"""Screening on the MOOSE-Chem questions: a chat model is recorded once and replayed without it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from core.chat import ChatModel, ChatRequest
from core.models.replay import RecordingModel, ReplayModel
from core.models.scripted import ScriptedModel
from ideation.corpus.identity import PaperId
from ideation.evaluation.rediscovery import any_hit_at_k
from ideation.families.knowledge.nearness import telling_words
from ideation.families.knowledge.screening import Screening, screen
from ideation.muse import Source
from ideation.muses.llm import LlmMuse
from tests.ideation.corpus.moose import MooseQuestion, corpus_file, gold_places, read_questions
from tests.ideation.families.knowledge.papers import ShelfLibrary, desk

QUESTIONS, POOL = 5, 90
PLAN = Screening(rounds=2, enough=3, non_obvious=False)


def reader(request: ChatRequest) -> str:
    """A stand-in for a model: of the papers in the prompt it names the three that share most words."""
    prompt = request.messages[0].content
    question = prompt.split("A research question: ")[1].split("\n")[0]
    papers = re.findall(r"^\[(\w+)\] (.*(?:\n(?!\[|\n|</).*)*)", prompt, re.MULTILINE)
    own = telling_words(question)
    best = sorted(papers, key=lambda each: (-len(own & telling_words(each[1])), each[0]))
    return json.dumps({"texts": [f"[{name}]" for name, _ in best[:3]]})


def pool_of(
    question: MooseQuestion, corpus: list[tuple[str, str]]
) -> tuple[dict[PaperId, Source], set[PaperId]]:
    """Its inspirations and as many others as fit the pool, in the order of the corpus."""
    gold = set(gold_places(question, [title for title, _ in corpus]))
    others = [at for at in range(len(corpus)) if at not in gold][: POOL - len(gold)]
    sources = {
        PaperId(f"r{at:03}"): Source(paper=PaperId(f"r{at:03}"), title=corpus[at][0], abstract=corpus[at][1])
        for at in sorted([*gold, *others])
    }
    return sources, {PaperId(f"r{at:03}") for at in gold}


async def hits(model: ChatModel, folder: Path) -> list[bool]:
    corpus = [(title, abstract) for title, abstract in json.loads(corpus_file(folder).read_text("utf-8"))]
    found = []
    for question in read_questions(folder)[:QUESTIONS]:
        sources, gold = pool_of(question, corpus)
        at = desk(LlmMuse(model), library=ShelfLibrary(sources, {}, {}), topic=question.question)
        screened = await screen(at, "screening", question.question, tuple(sources.values()), PLAN)
        assert at.ledger.failures == 0
        assert screened.by_rule == 0
        hit = any_hit_at_k([each.paper for each in screened.kept], gold, len(screened.kept))
        assert hit is not None
        found.append(hit)
    return found


async def test_1_6_hit_at_k_runs_offline_with_a_recorded_model(shared_data: Path, tmp_path: Path) -> None:
    folder, recording = shared_data / "ideation" / "moose_chem", tmp_path / "screening.jsonl"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    scripted = ScriptedModel(reader)
    first = await hits(RecordingModel(scripted, recording), folder)
    again = await hits(ReplayModel(recording), folder)
    assert first == again
    assert len(first) == QUESTIONS
    # 6 windows keep 18 of the pool, then 2 windows keep 6: by chance a paper stays with 6 in 90.
    assert sum(first) >= 2
