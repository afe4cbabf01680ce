"""Traces of investigations for tests: the offline Student works invented incidents, a row for each action."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from atlas.offline.investigator import OfflineStudent
from benchmarks.synthetic.benchmark import SyntheticBenchmark
from benchmarks.task import Split
from core.episode import Episode
from core.guidance import Guidance
from tests.atlas.parts import ListRecorder

LEARNED, HELD_OUT = (1, 2, 3), (4,)
"""Incidents, each whole on one side."""
IGNORED = -100


def episodes(incidents: Sequence[int], questions: int = 8) -> list[Episode]:
    """What the Student did on so many questions of each incident."""
    bench = SyntheticBenchmark(incidents=max(incidents), rows=1000, questions_per_incident=questions)
    return asyncio.run(_worked(bench, incidents))


async def _worked(bench: SyntheticBenchmark, incidents: Sequence[int]) -> list[Episode]:
    found, student = [], OfflineStudent()
    for question in bench.questions(incidents, Split.TRAIN):
        environment = bench.environment(question, 12)
        recorder = ListRecorder()
        found.append(await student.attempt(question.task, environment, Guidance(), recorder, 0))
        await environment.close()
    return found


def turns(done: Iterable[Episode]) -> list[tuple[str, str]]:
    """(what the Student is told, the action that it took): what is asked, and the action before this one."""
    found: dict[tuple[str, str], None] = {}
    for episode in done:
        asked, before = episode.task.prompt.rstrip(" .?").rpartition(". ")[2], "none"
        for step in episode.steps:
            action = f"{step.action.tool}: {step.action.text}"
            found.setdefault((f"{asked}?\nLast action: {before}", action))
            before = action
    return list(found)


def encoded(tokenizer: Any, pairs: Iterable[tuple[str, str]], length: int) -> dict[str, Tensor]:
    """Rows [n, length] of those turns that fit, filled up behind; only the action is learned."""
    ids, labels, mask = [], [], []
    for told, action in pairs:
        messages = [{"role": "system", "content": "Investigate."}, {"role": "user", "content": told}]
        prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        start = tokenizer(prompt).input_ids
        row = [*start, *tokenizer(action).input_ids, tokenizer.eos_token_id]
        missing = length - len(row)
        if missing < 0:
            continue
        ids.append([*row, *[tokenizer.eos_token_id] * missing])
        labels.append([*[IGNORED] * len(start), *row[len(start) :], *[IGNORED] * missing])
        mask.append([*[1] * len(row), *[0] * missing])
    return {
        "input_ids": torch.tensor(ids),
        "labels": torch.tensor(labels),
        "attention_mask": torch.tensor(mask),
    }
