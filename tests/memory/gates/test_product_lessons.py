"""What the product itself learns passes the gates, and is not taken for a copy of what was observed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from atlas.offline.distiller import distil_episodes
from atlas.offline.investigator import OfflineStudent
from benchmarks.synthetic.benchmark import SyntheticBenchmark
from benchmarks.task import Split
from core.episode import Episode
from core.guidance import Guidance
from memory.gates import inspect
from memory.gates.taint import is_copied
from memory.items import ItemDraft
from tests.atlas.offline.samples import make_episode, make_task
from tests.atlas.offline.test_distiller import ALL
from tests.atlas.parts import ListRecorder


def shown(episode: Episode) -> list[str]:
    """What the tools showed, without their own messages of errors."""
    return [step.observation.text for step in episode.steps if not step.observation.is_error]


def refused(drafts: tuple[ItemDraft, ...], observed: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    inspected = [inspect(draft, tools=("sql",), observed=observed) for draft in drafts]
    return [(each.draft.content, each.reasons) for each in inspected if each.reasons]


async def test_lessons_of_the_synthetic_benchmark_pass(tmp_path: Path) -> None:
    bench = SyntheticBenchmark(seed=5, incidents=3, questions_per_incident=12, cache_dir=tmp_path)
    kept = 0
    for question in bench.questions(bench.groups, Split.TRAIN):
        environment = bench.environment(question, max_steps=25)
        episode = await OfflineStudent().attempt(question.task, environment, Guidance(), ListRecorder(), 0)
        await environment.close()
        drafts = distil_episodes(question.task, [episode], 1.0)
        kept += len(drafts)
        assert refused(drafts, shown(episode)) == []
    assert kept >= 10


def test_lessons_of_the_invented_tables_pass() -> None:
    episode = make_episode(*ALL)
    drafts = distil_episodes(make_task(), [episode], 1.0)
    assert len(drafts) >= 4
    assert refused(drafts, shown(episode)) == []


def test_lessons_from_transcripts_of_real_models_pass(shared_data: Path) -> None:
    file = shared_data / "excytin" / "trajectory_samples.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"no transcripts at {file}")
    kept = 0
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            told = [
                (str(s["action"]), str(s["observation"]), "Error" in str(s["observation"])[:30])
                for s in record["trajectory"]
            ]
            asked = record["question"]
            task = make_task(f"{asked['context']} {asked['question']}")
            episode = make_episode(*told, answer=told[-1][0], task=task)
            drafts = distil_episodes(task, [episode], 1.0)
            kept += len(drafts)
            assert refused(drafts, shown(episode)) == []
            # A lesson that copies a cell of a row would be seen: the rows themselves are.
            assert not any(is_copied([draft.content], shown(episode)) for draft in drafts)
    assert kept > 0
