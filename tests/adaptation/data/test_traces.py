"""Runs and pamphlets become examples: only what was approved, only what the Student said, never gold."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from adaptation.data.pamphlets import hard_targets, informed_traces
from adaptation.data.traces import ActionForm, TraceOptions, trace_examples
from core.actions import parse_text_action
from core.chat import ChatReply, ChatRequest, Message, ToolCall, ToolSpec
from core.database import Database
from core.episode import (
    Action,
    AttemptStatus,
    Episode,
    Observation,
    Outcome,
    Step,
    Task,
    TaskId,
    Verdict,
)
from core.errors import UserError
from core.guidance import Guidance, GuidanceItem, render_guidance
from core.store import RunStore
from core.store.records import RunSpec, TaskScore
from core.usage import Role

SQL, ANSWER = "SELECT host FROM alerts WHERE id = '7'", "lab-host02"
ADVICE = render_guidance(
    Guidance(items=(GuidanceItem(id="i", version=1, kind="tool_plan", content="Read the alert first."),))
)


def step(index: int, tool: str, text: str, seen: str, *, error: bool = False) -> Step:
    return Step(
        index=index,
        action=Action(tool=tool, text=text, thought=f"thought {index}"),
        observation=Observation(text=seen, is_error=error),
    )


STEPS = (
    step(0, "sql", "SELECT nothing", "no such column", error=True),
    step(1, "sql", SQL, "[('lab-host02',)]"),
    step(2, "submit", ANSWER, "submitted"),
)


class Runs:
    """A store with one run, filled task by task."""

    def __init__(self, split: str = "train") -> None:
        self.store = RunStore(Database.in_memory())
        self.run = self.store.create(RunSpec(name="test", config={"split": split}))
        self._tasks = 0

    def add(
        self,
        verdict: Verdict,
        reward: float | None,
        *,
        steps: tuple[Step, ...] = STEPS,
        status: AttemptStatus = AttemptStatus.SUBMITTED,
        calls: tuple[tuple[ChatRequest, ChatReply], ...] = (),
        score: TaskScore | None = None,
    ) -> str:
        self._tasks += 1
        key, group = f"t{self._tasks}", f"incident_{self._tasks}"
        task = Task(id=TaskId(key), prompt=f"Which host? ({key})", scope="excytin/soc", group=group)
        self.store.add_tasks(self.run, [(key, task)])
        recorder = self.store.recorder(self.run, key)
        answer = ANSWER if status is AttemptStatus.SUBMITTED else None
        episode = Episode(task=task, number=1, steps=steps, answer=answer, status=status)
        for request, reply in calls:
            recorder.call(Role.STUDENT, "a/model", request, reply)
        recorder.attempt(episode)
        outcome = Outcome(episodes=(episode,), verdict=verdict, reward=reward)
        self.store.finish_task(self.run, key, outcome, wall_seconds=1.0, score=score)
        return key


def test_approved_episodes_become_one_example_an_action_that_worked() -> None:
    runs = Runs()
    runs.add(Verdict.ACCEPTED, 0.9)
    found = trace_examples(runs.store, runs.run, TraceOptions(system="Work.", form=ActionForm.TEXT))
    first, last = found.examples
    assert [turn.role for turn in first.messages] == ["system", "user", "assistant", "user", "assistant"]
    assert first.messages[1].content == "Which host? (t1)"
    assert first.messages[3].content == "Observation: no such column"
    for example, wanted in ((first, STEPS[1]), (last, STEPS[2])):
        read = parse_text_action(example.messages[-1].content)
        assert read == wanted.action
    assert dict(last.about) == {
        "run": runs.run,
        "task": "t1",
        "scope": "excytin/soc",
        "group": "incident_1",
        "step": 2,
        "reward": 0.9,
    }


def test_as_objects_the_actions_read_as_the_student_is_asked_for_them() -> None:
    runs = Runs()
    runs.add(Verdict.ACCEPTED, None)
    found = trace_examples(runs.store, runs.run, TraceOptions(form=ActionForm.SCHEMA))
    assert json.loads(found.examples[0].messages[-1].content) == {
        "thought": "thought 1",
        "tool": "sql",
        "text": SQL,
    }


@pytest.mark.parametrize(
    ("verdict", "reward", "told"),
    [
        (Verdict.ACCEPTED, 0.69, "its reward is 0.69, less than 0.70"),
        (Verdict.REJECTED, 0.95, "it was rejected"),
        (Verdict.UNVERIFIED, None, "nobody approved it"),
        (Verdict.UNVERIFIED, 0.2, "its reward is 0.20, less than 0.70"),
    ],
)
def test_what_was_not_approved_is_left_out_and_told(
    verdict: Verdict, reward: float | None, told: str
) -> None:
    runs = Runs()
    runs.add(verdict, reward)
    found = trace_examples(runs.store, runs.run)
    assert not found.examples
    assert [(each.task, each.reason) for each in found.left_out] == [("t1", told)]


def test_a_judge_alone_approves_too_and_an_attempt_without_an_answer_never_counts() -> None:
    runs = Runs()
    runs.add(Verdict.UNVERIFIED, 0.7)
    runs.add(Verdict.ACCEPTED, 1.0, status=AttemptStatus.LIMIT)
    found = trace_examples(runs.store, runs.run)
    assert {each.about["task"] for each in found.examples} == {"t1"}
    assert [(each.task, each.reason) for each in found.left_out] == [("t2", "it submitted nothing")]


def test_a_score_with_gold_approves_nothing() -> None:
    runs = Runs()
    runs.add(Verdict.UNVERIFIED, None, score=TaskScore(value=1.0, success=True))
    assert not trace_examples(runs.store, runs.run).examples


def test_a_run_over_a_test_split_is_not_trained_on() -> None:
    runs = Runs(split="test")
    runs.add(Verdict.ACCEPTED, 1.0)
    with pytest.raises(UserError, match="worked a test split, which is measured on"):
        trace_examples(runs.store, runs.run)


def said(messages: tuple[Message, ...], reply: str) -> tuple[ChatRequest, ChatReply]:
    return ChatRequest(messages=messages), ChatReply(text=reply)


def conversation(prompt: str, answers: tuple[str, ...], seen: tuple[str, ...]) -> tuple[Message, ...]:
    found = [Message(role="system", content="You work."), Message(role="user", content=prompt)]
    for answer, observation in zip(answers, seen, strict=False):
        found += [
            Message(role="assistant", content=answer),
            Message(role="user", content=f"Observation: {observation}"),
        ]
    return tuple(found)


def recorded(prompt: str = f"Which host? (t1)\n\n{ADVICE}") -> tuple[tuple[ChatRequest, ChatReply], ...]:
    """An attempt that was given up, then the one that counts, in which one reply had to be repaired."""
    answers = (
        "Action: execute[SELECT nothing]",
        f"Thought: look\nAction: execute[{SQL}]",
        f"Action: submit[{ANSWER}]",
    )
    seen = tuple(each.observation.text for each in STEPS)
    early = said(conversation(prompt, (), ()), "Action: submit[wrong]")
    own = [said(conversation(prompt, answers[:n], seen[:n]), answer) for n, answer in enumerate(answers)]
    unread = (own[1][0], ChatReply(text="I would look at the host."))
    repaired = (
        ChatRequest(
            messages=(
                *own[1][0].messages,
                Message(role="assistant", content="I would look at the host."),
                Message(role="user", content="Reply again."),
            )
        ),
        own[1][1],
    )
    return early, own[0], unread, repaired, own[2]


def test_a_recorded_prompt_is_taken_as_it_was_sent() -> None:
    runs = Runs()
    runs.add(Verdict.ACCEPTED, 1.0, calls=recorded())
    first, last = trace_examples(runs.store, runs.run).examples
    assert first.messages[0].content == "You work."
    assert ADVICE in first.messages[1].content
    assert first.messages[-1].content == f"Thought: look\nAction: execute[{SQL}]"
    assert last.messages[-1].content == f"Action: submit[{ANSWER}]"
    assert len(last.messages) == 7, "what was repaired is not said again"
    whole = "".join(turn.content for each in (first, last) for turn in each.messages)
    assert "submit[wrong]" not in whole, "the attempt that was given up is not learned from"


def test_calls_of_tools_are_written_from_the_steps() -> None:
    runs = Runs()
    tool = ToolSpec(name="sql", description="", parameters={})
    asked = ChatRequest(messages=(Message(role="user", content="Which?"),), tools=(tool,))
    call = ToolCall(id="c", name="sql", arguments=json.dumps({"sql": SQL}))
    runs.add(Verdict.ACCEPTED, 1.0, calls=((asked, ChatReply(text=SQL, tool_calls=(call,))),))
    assert json.loads(trace_examples(runs.store, runs.run).examples[0].messages[-1].content)["text"] == SQL


def test_advice_is_taken_out_for_context_distillation() -> None:
    runs = Runs()
    runs.add(Verdict.ACCEPTED, 1.0, calls=recorded())
    runs.add(Verdict.ACCEPTED, 1.0)
    found = trace_examples(runs.store, runs.run).examples
    informed = informed_traces(found)
    assert [each.about["task"] for each in informed] == ["t1", "t1"]
    for each, example in zip(informed, found, strict=False):
        assert each.informed == example.messages[:-1]
        assert each.prompt[1].content == "Which host? (t1)"
        assert "<advice>" not in "".join(turn.content for turn in each.prompt)
        assert each.prompt[2:] == each.informed[2:]
    hard = hard_targets(informed)
    assert hard[0].messages == (*informed[0].prompt, informed[0].answer)
