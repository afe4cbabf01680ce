"""The Student over any chat model: one action a turn, in the mode that the model is able to speak."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from atlas.prompts import StudentPrompt
from atlas.students.actions import (
    SUBMIT_TOOL,
    ActionMode,
    Unreadable,
    action_schema,
    read_action,
)
from atlas.students.dialogue import Dialogue, turn_messages
from atlas.students.probe import probe_mode
from core.chat import ChatModel, ChatReply, ChatRequest, Message, ToolSpec
from core.episode import Action, AttemptStatus, Environment, Episode, Observation, Step, Task
from core.errors import Limit
from core.guidance import Guidance, render_guidance
from core.recorder import MeteredModel, Recorder
from core.usage import Role

UNREADABLE = "unreadable"
"""Tool name of a recorded step for which no action could be read, even after the repair."""

_LAST_STEP = "[This is your last action: submit your best answer now. Nothing else is accepted.]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmStudentConfig:
    """`mode` None probes the model once; other None is the server's default. Budgets count `core.tokens`.

    `thought_characters` bounds the thought of an action in mode `schema`: small models do not stop thinking
    before they act.
    """

    mode: ActionMode | None = None
    observation_tokens: int = 2_000
    context_tokens: int = 32_000
    temperature: float | None = None
    max_output_tokens: int | None = None
    thought_characters: int | None = None
    seed: int | None = None


class LlmStudent:
    """Works a task with a chat model. Several attempts may run at once: their state stands in `_Attempt`."""

    def __init__(self, model: ChatModel, config: LlmStudentConfig | None = None) -> None:
        self._model = model
        self._config = config or LlmStudentConfig()
        self._mode = self._config.mode
        self._probing = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._model.name

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        """Raises:
        ProviderError: the endpoint failed after its retries; the steps so far are recorded.
        LimitReached: money, tokens or time are spent.
        """
        await environment.reset(task)
        mode = await self._probed(recorder)
        model = MeteredModel(self._model, Role.STUDENT, recorder)
        going = _Attempt(model, mode, self._config, environment, task, guidance)
        steps: list[Step] = []
        answer: str | None = None
        while answer is None and len(steps) < environment.max_steps:
            last = len(steps) == environment.max_steps - 1
            action, observation = await going.step(last)
            step = Step(index=len(steps), action=action, observation=observation)
            recorder.step(number, step)
            steps.append(step)
            if action.is_submit and not observation.is_error:
                answer = action.text
        submitted = answer is not None
        return Episode(
            task=task,
            number=number,
            steps=tuple(steps),
            answer=answer,
            status=AttemptStatus.SUBMITTED if submitted else AttemptStatus.LIMIT,
            limit=None if submitted else Limit.STEPS,
        )

    async def _probed(self, recorder: Recorder) -> ActionMode:
        async with self._probing:
            if self._mode is None:
                self._mode = await probe_mode(MeteredModel(self._model, Role.PROBE, recorder))
            return self._mode

    async def close(self) -> None:
        await self._model.close()


class _Attempt:
    """The conversation of one attempt."""

    def __init__(
        self,
        model: MeteredModel,
        mode: ActionMode,
        config: LlmStudentConfig,
        environment: Environment,
        task: Task,
        guidance: Guidance,
    ) -> None:
        self._model, self._mode, self._config, self._environment = model, mode, config, environment
        self._tools = (*environment.tools, SUBMIT_TOOL)
        system = StudentPrompt(mode=mode.value, tools=self._tools, max_steps=environment.max_steps).render()
        user = "\n\n".join(part for part in (task.prompt, render_guidance(guidance)) if part)
        self._dialogue = Dialogue(
            system,
            user,
            context_tokens=config.context_tokens,
            observation_tokens=config.observation_tokens,
        )

    async def step(self, last: bool) -> tuple[Action, Observation]:
        """One action and its observation; what stays unreadable is an error that the model sees."""
        tools = (SUBMIT_TOOL,) if last else self._tools
        reply, found = await self._ask(tools, last)
        if isinstance(found, Unreadable):
            action = Action(tool=UNREADABLE, text=found.text)
            observation = Observation(text=f"No action was carried out. {found.reason}", is_error=True)
        else:
            action, observation = found, await self._environment.step(found)
        self._dialogue.add(reply, self._mode, observation.text)
        return action, observation

    async def _ask(self, tools: Sequence[ToolSpec], last: bool) -> tuple[ChatReply, Action | Unreadable]:
        messages = self._dialogue.messages()
        if last:
            messages = (*messages, Message(role="user", content=_LAST_STEP))
        reply = await self._model.complete(self._request(messages, tools))
        found = read_action(reply, self._mode, tools)
        if not isinstance(found, Unreadable):
            return reply, found
        repair = f"That could not be carried out. {found.reason} Reply again, in the form that was asked for."
        messages = (*messages, *turn_messages(reply, self._mode, repair))
        reply = await self._model.complete(self._request(messages, tools))
        return reply, read_action(reply, self._mode, tools)

    def _request(self, messages: tuple[Message, ...], tools: Sequence[ToolSpec]) -> ChatRequest:
        config = self._config
        schema = action_schema(tools, thought_characters=config.thought_characters)
        return ChatRequest(
            messages=messages,
            tools=tuple(tools) if self._mode is ActionMode.TOOLS else (),
            json_schema=schema if self._mode is ActionMode.SCHEMA else None,
            schema_name="action",
            temperature=config.temperature,
            max_output_tokens=config.max_output_tokens,
            seed=config.seed,
        )
