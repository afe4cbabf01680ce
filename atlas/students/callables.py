"""Students that are somebody's own code: a Python callable or a LangGraph runnable.

Callable: `answer = f(prompt, sql, guidance)`, plain or async. `sql(text)` runs one statement and returns
the observation's text; for an async callable it is awaited. Returning None submits nothing.

Runnable: any object with `ainvoke`. Its input is `{"messages": [("user", TEXT)], "prompt", "guidance"}`, and
`config["configurable"]["sql"]` is the awaitable `sql`. The answer is the result itself if a string, else its
`answer`, else the content of its last message.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeGuard, cast, runtime_checkable

from atlas.students.hand import Hand
from core.episode import Environment, Episode, Task
from core.errors import Limit, LimitReached, ModelOutputError, UserError
from core.guidance import Guidance, render_guidance
from core.recorder import Recorder

Sql = Callable[[str], Awaitable[str]]
BlockingSql = Callable[[str], str]
AsyncFunction = Callable[[str, Sql, str], Awaitable[str | None]]
PlainFunction = Callable[[str, BlockingSql, str], str | None]


@runtime_checkable
class Runnable(Protocol):
    """What LangGraph compiles to, as far as a Student needs it."""

    async def ainvoke(self, input: object, config: object = None) -> object: ...


class CallableStudent:
    """A Python callable or a LangGraph runnable as a Student. Errors of its code are not caught here."""

    def __init__(self, name: str, target: AsyncFunction | PlainFunction | Runnable) -> None:
        self._name = name
        self._target = target

    @property
    def name(self) -> str:
        return self._name

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        await environment.reset(task)
        hand = Hand(environment=environment, recorder=recorder, number=number)
        try:
            answer = await self._answer(task.prompt, hand.sql, render_guidance(guidance))
        except LimitReached as reached:
            if reached.limit is not Limit.STEPS:
                raise
            answer = None
        return await hand.finish(task, answer)

    async def _answer(self, prompt: str, sql: Sql, guidance: str) -> str | None:
        target = self._target
        if isinstance(target, Runnable):
            return await _invoke(target, prompt, sql, guidance)
        if _is_async(target):
            return _text(await target(prompt, sql, guidance))
        plain = cast("PlainFunction", target)
        loop = asyncio.get_running_loop()

        def blocking(text: str) -> str:
            async def run() -> str:
                return await sql(text)

            return asyncio.run_coroutine_threadsafe(run(), loop).result()

        answer = await asyncio.to_thread(plain, prompt, blocking, guidance)
        return _text(answer)

    async def close(self) -> None:
        return None


def _is_async(target: object) -> TypeGuard[AsyncFunction]:
    """An async function, or an object whose call is one."""
    call = type(target).__dict__.get("__call__")
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(call)


async def _invoke(target: Runnable, prompt: str, sql: Sql, guidance: str) -> str | None:
    text = "\n\n".join(part for part in (prompt, guidance) if part)
    result = await target.ainvoke(
        {"messages": [("user", text)], "prompt": prompt, "guidance": guidance},
        {"configurable": {"sql": sql}},
    )
    if isinstance(result, Mapping):
        if "answer" in result:
            return _text(result["answer"])
        messages = result.get("messages") or [None]
        return _text(getattr(messages[-1], "content", messages[-1]))
    return _text(result)


def _text(answer: object) -> str | None:
    """Raises:
    ModelOutputError: an answer that is no text.
    """
    if answer is None or isinstance(answer, str):
        return answer
    raise ModelOutputError(f"a student's answer is a text or None, not {type(answer).__name__}")


def load_callable_student(path: str) -> CallableStudent:
    """The Student behind `module:name` (SPEC `python:module:name`).

    Raises:
        UserError: no such module or name, or it is nothing to call.
    """
    module_name, _, attribute = path.partition(":")
    if not module_name or not attribute:
        raise UserError(f"student python:{path}: write python:MODULE:NAME")
    try:
        target = getattr(importlib.import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        raise UserError(f"student python:{path}: {error}; is its folder on PYTHONPATH?") from error
    except AttributeError as error:
        raise UserError(f"student python:{path}: module {module_name} has no {attribute}") from error
    if not callable(target) and not isinstance(target, Runnable):
        raise UserError(f"student python:{path}: {attribute} can neither be called nor invoked")
    return CallableStudent(f"python:{path}", target)
