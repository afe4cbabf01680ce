"""Approved Student episodes of the run store as examples: what the Student read, and what it then did.

One example an action. Where the run kept the model's calls in a form of plain turns, the prompt is the very
one that the Student was sent; else it is written from the steps. Only what the system itself approved counts:
no score of a benchmark is read here, and no gold answer is in the run store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.adapters import SftExample, Turn, Value
from core.episode import SUBMIT, AttemptStatus, Step, Verdict
from core.errors import UserError
from core.store.history import AttemptRecord, CallTexts, TaskHistory
from core.store.records import RunRecord, TaskRecord, TaskStatus
from core.store.run_store import RunStore
from core.usage import Role

TEST_SPLIT = "test"
LONGEST_OBSERVATION = 4_000
"""Characters of an observation that is written from a step."""


class ActionForm(StrEnum):
    """How an action is written where only its step is known; the Student's modes of these names read it."""

    TEXT = "text"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A task that became no example, and why."""

    task: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """`about` of each example has run, task, scope, group, step and, where it was judged, reward."""

    examples: tuple[SftExample, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOptions:
    """`system` is the system prompt for examples that are written from steps; empty: none."""

    least_reward: float = 0.7
    form: ActionForm = ActionForm.SCHEMA
    system: str = ""


def trace_examples(store: RunStore, run_id: str, options: TraceOptions | None = None) -> Traces:
    """What may be learned from a run.

    Approved is an attempt whose verdict is `accepted`, or that a judge gave `least_reward` where there is no
    verdict; a reward below it, or a rejection, keeps it out in any case. Actions that ended in an error are
    read and not learned.

    Raises:
        UserError: there is no such run, or it worked a benchmark's test split.
    """
    options = options or TraceOptions()
    run = store.run(run_id)
    if run.spec.config.get("split") == TEST_SPLIT:
        raise UserError(f"run {run_id} worked a test split, which is measured on and not trained on")
    examples: list[SftExample] = []
    left_out: list[LeftOut] = []
    for task in store.tasks(run_id):
        history = store.history(run_id, task.key)
        attempt = history.attempts[-1] if history and history.attempts else None
        fault = task_fault(task, attempt, options.least_reward)
        if fault or history is None or attempt is None:
            left_out.append(LeftOut(task=task.task_id, reason=fault or "nothing of it is stored"))
            continue
        found = list(_examples(store, run, task, history, attempt, options))
        if found:
            examples += found
        else:
            left_out.append(LeftOut(task=task.task_id, reason="every action of it ended in an error"))
    return Traces(examples=tuple(examples), left_out=tuple(left_out))


def task_fault(task: TaskRecord, attempt: AttemptRecord | None, least_reward: float) -> str | None:
    """Why a task's last attempt is not approved; None where it is."""
    if task.status is not TaskStatus.DONE:
        return f"it is {task.status.value}"
    if attempt is None or attempt.status is not AttemptStatus.SUBMITTED:
        return "it submitted nothing"
    if task.verdict == Verdict.REJECTED.value:
        return "it was rejected"
    if task.reward is not None and task.reward < least_reward:
        return f"its reward is {task.reward:.2f}, less than {least_reward:.2f}"
    if task.verdict != Verdict.ACCEPTED.value and task.reward is None:
        return "nobody approved it"
    return None


def _examples(
    store: RunStore,
    run: RunRecord,
    task: TaskRecord,
    history: TaskHistory,
    attempt: AttemptRecord,
    options: TraceOptions,
) -> Iterator[SftExample]:
    calls = _last_conversation(_student_calls(store, run.id, task.key, history))
    said = _said(attempt.steps, calls) or _written(history.task.prompt, attempt.steps, options)
    for step, (prompt, answer) in zip(attempt.steps, said, strict=True):
        if step.observation.is_error:
            continue
        about: dict[str, Value] = {
            "run": run.id,
            "task": task.task_id,
            "scope": history.task.scope,
            "group": task.group,
            "step": step.index,
        }
        if task.reward is not None:
            about["reward"] = task.reward
        yield SftExample(messages=(*prompt, answer), about=about)


Said = tuple[tuple[Turn, ...], Turn]
"""What was read, and what was said to it."""


def _student_calls(store: RunStore, run_id: str, key: str, history: TaskHistory) -> list[CallTexts]:
    wanted = [call.seq for call in history.calls if call.role is Role.STUDENT and call.error is None]
    found = (store.call(run_id, key, seq) for seq in wanted)
    return [each for each in found if each is not None]


def _last_conversation(calls: Sequence[CallTexts]) -> list[CallTexts]:
    """Calls from the last one on that began anew: a conversation has no word of the model at its start."""
    starts = [place for place, call in enumerate(calls) if not _has_answer(call)]
    return list(calls[starts[-1] :]) if starts else []


def _has_answer(call: CallTexts) -> bool:
    return any(each.get("role") == "assistant" for each in _messages(call))


def _messages(call: CallTexts) -> Sequence[Mapping[str, Any]]:
    request = call.request
    found = request.get("messages") if isinstance(request, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, Sequence) else []


def _said(steps: Sequence[Step], calls: Sequence[CallTexts]) -> list[Said] | None:
    """The call behind each step, in order; None where one cannot be found or is no plain text.

    A reply that had to be repaired stands before the one that holds the step's text, and is passed over.
    """
    found: list[Said] = []
    left = iter(calls)
    for step in steps:
        call = next((each for each in left if _holds(each, step)), None)
        turns = None if call is None else _turns(call)
        if call is None or turns is None:
            return None
        found.append((turns, Turn(role="assistant", content=_reply(call))))
    return found


def _reply(call: CallTexts) -> str:
    text = call.reply.get("text") if isinstance(call.reply, Mapping) else None
    return text if isinstance(text, str) else ""


def _holds(call: CallTexts, step: Step) -> bool:
    reply, text = _reply(call), step.action.text
    return bool(reply.strip()) and (text in reply or json.dumps(text, ensure_ascii=False)[1:-1] in reply)


def _turns(call: CallTexts) -> tuple[Turn, ...] | None:
    """The request as plain turns; None where tools were called, which a chat of texts cannot say."""
    found = []
    for each in _messages(call):
        if each.get("tool_calls") or each.get("role") == "tool" or not each.get("content"):
            return None
        found.append(Turn(role=each["role"], content=each["content"]))
    if isinstance(call.request, Mapping) and call.request.get("tools"):
        return None
    return tuple(found) or None


def _written(prompt: str, steps: Sequence[Step], options: TraceOptions) -> list[Said]:
    """The conversation as it would have been in the wanted form."""
    turns = [Turn(role="system", content=options.system)] if options.system else []
    turns.append(Turn(role="user", content=prompt))
    found: list[Said] = []
    for step in steps:
        answer = Turn(role="assistant", content=WRITERS[options.form](step))
        found.append((tuple(turns), answer))
        seen = step.observation.text
        cut = seen if len(seen) <= LONGEST_OBSERVATION else f"{seen[:LONGEST_OBSERVATION]} [cut]"
        turns += [answer, Turn(role="user", content=f"Observation: {cut}")]
    return found


def _as_text(step: Step) -> str:
    action = step.action
    verb = SUBMIT if action.is_submit else "execute"
    thought = f"Thought: {action.thought}\n" if action.thought.strip() else ""
    return f"{thought}Action: {verb}[{action.text}]"


def _as_object(step: Step) -> str:
    action = step.action
    return json.dumps(
        {"thought": action.thought, "tool": action.tool, "text": action.text}, ensure_ascii=False
    )


WRITERS: Mapping[ActionForm, Callable[[Step], str]] = {
    ActionForm.TEXT: _as_text,
    ActionForm.SCHEMA: _as_object,
}
