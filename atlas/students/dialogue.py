"""The Student's conversation: it grows by a turn a step and is trimmed when it outgrows the window."""

from __future__ import annotations

from dataclasses import dataclass, replace

from atlas.students.actions import ActionMode
from atlas.window import cut_text
from core.chat import ChatReply, Message
from core.tokens import count_tokens

_LEAST_OBSERVATION = 50
_FRAME_TOKENS = 8
"""What a chat format spends on the frames of two messages."""
_KEPT_TURNS = 2
"""Latest turns that are never trimmed."""
_AFTER_TRIM = 0.7
"""Share of the budget that is left after a trim. Trimming deep and seldom keeps the prefix, and with it
the server's prompt cache, the same for several turns."""
_DROPPED = "[this observation was dropped to save room]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    said: Message
    observed: Message
    tokens: int


class Dialogue:
    """Opening messages, then pairs of what the model said and what it observed."""

    def __init__(self, system: str, user: str, *, context_tokens: int, observation_tokens: int) -> None:
        self._opening = (Message(role="system", content=system), Message(role="user", content=user))
        self._fixed_tokens = count_tokens(system) + count_tokens(user)
        self._turns: list[_Turn] = []
        self._removed = 0
        self._context_tokens = context_tokens
        # In a small window the latest turns, which are never trimmed, must fit beside the opening.
        share = (context_tokens - self._fixed_tokens) // (2 * _KEPT_TURNS)
        self._observation_tokens = max(_LEAST_OBSERVATION, min(observation_tokens, share))

    def messages(self) -> tuple[Message, ...]:
        system, user = self._opening
        if self._removed:
            note = f"\n\n[{self._removed} earlier turns were left out to save room]"
            user = replace(user, content=user.content + note)
        return (system, user, *(m for turn in self._turns for m in (turn.said, turn.observed)))

    def add(self, reply: ChatReply, mode: ActionMode, observation: str) -> None:
        """Add one turn; the observation is cut to its budget, and old turns are trimmed if need be."""
        said, observed = turn_messages(reply, mode, cut_text(observation, self._observation_tokens))
        arguments = "".join(call.arguments for call in said.tool_calls)
        tokens = count_tokens(said.content + arguments) + count_tokens(observed.content) + _FRAME_TOKENS
        self._turns.append(_Turn(said=said, observed=observed, tokens=tokens))
        if self._tokens() > self._context_tokens:
            self._trim(int(self._context_tokens * _AFTER_TRIM))

    def _tokens(self) -> int:
        return self._fixed_tokens + sum(turn.tokens for turn in self._turns)

    def _trim(self, target: int) -> None:
        for index, turn in enumerate(self._turns[:-_KEPT_TURNS]):
            if self._tokens() <= target:
                return
            shorter = count_tokens(turn.observed.content) - count_tokens(_DROPPED)
            if shorter > 0:
                observed = replace(turn.observed, content=_DROPPED)
                self._turns[index] = replace(turn, observed=observed, tokens=turn.tokens - shorter)
        while len(self._turns) > _KEPT_TURNS and self._tokens() > target:
            self._turns.pop(0)
            self._removed += 1


def turn_messages(reply: ChatReply, mode: ActionMode, observation: str) -> tuple[Message, Message]:
    """What the model said, with at most one tool call, and what it is told in answer."""
    call = reply.tool_calls[0] if reply.tool_calls and mode is ActionMode.TOOLS else None
    if call is not None:
        said = Message(role="assistant", content=reply.text, tool_calls=(call,))
        return said, Message(role="tool", content=observation, tool_call_id=call.id)
    text = reply.text or "(nothing)"
    return Message(role="assistant", content=text), Message(
        role="user", content=f"Observation: {observation}"
    )
