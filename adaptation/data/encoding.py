"""Examples as token ids: what is read, and which of it is learned. No torch.

The form is the tokenizer's own chat template, so that an adapter sees in training what it sees when it is
served. A tokenizer without one gets ChatML, as llama.cpp does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from core.adapters import Example, PreferenceExample, SftExample, Turn, Value
from core.errors import UserError

IGNORED = -100
"""The label of a token that is read and not learned."""
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class Tokenizer(Protocol):
    """What of a tokenizer of transformers is used here."""

    chat_template: Any
    eos_token: Any
    eos_token_id: Any

    def __call__(self, text: str, *, add_special_tokens: bool) -> Any: ...

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One sequence. `labels` is `ids` where a token is learned and -100 elsewhere; `task` is for methods with
    one delta a task.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    task: int | None = None

    @property
    def learned(self) -> int:
        """Tokens that are learned."""
        return sum(label != IGNORED for label in self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """Two answers to one prompt; labels stand on the answers alone."""

    chosen: Row
    rejected: Row
    weight: float = 1.0


class InformedExample(BaseModel):
    """For context distillation: answer `prompt` as if `informed` had been read, which holds the pamphlet.

    One JSON line in a file; `about` as in an `SftExample`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: tuple[Turn, ...] = Field(min_length=1)
    informed: tuple[Turn, ...] = Field(min_length=1)
    answer: Turn
    about: dict[str, Value] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InformedRow:
    """The same answer behind both prompts: as many labels in each, in the same order."""

    row: Row
    informed: Row


AnyExample = Example | InformedExample
AnyRow = Row | PairRow | InformedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """`cut` counts rows that lost the oldest part of their prompt, `left_out` answers that were too long.

    `places` has for each row the place of its example among those that were given.
    """

    rows: tuple[AnyRow, ...]
    places: tuple[int, ...]
    cut: int = 0
    left_out: int = 0


def encode(
    tokenizer: Tokenizer,
    examples: Iterable[AnyExample],
    max_tokens: int,
    *,
    tasks: Sequence[int] | None = None,
) -> Encoded:
    """One row an example; of too long a prompt the end is kept, too long an answer leaves the example out.

    Of an `SftExample` the last turn is learned, to its end mark; of a `PreferenceExample` the answers are.
    `tasks` has the number of each example's task, where the method wants one.

    Raises:
        UserError: the last turn is not the assistant's, or the chat template writes prompts that are no
            beginning of the whole.
    """
    rows: dict[int, AnyRow] = {}
    cut = left_out = 0
    for number, example in enumerate(examples):
        pieces = _pieces(tokenizer, example)
        if any(len(answer) >= max_tokens for _, answer in pieces):
            left_out += 1
            continue
        cut += any(len(prompt) + len(answer) > max_tokens for prompt, answer in pieces)
        task = None if tasks is None else tasks[number]
        made = [_row(prompt, answer, max_tokens, task) for prompt, answer in pieces]
        rows[number] = _joined(example, made)
    return Encoded(rows=tuple(rows.values()), places=tuple(rows), cut=cut, left_out=left_out)


def prompt_ids(tokenizer: Tokenizer, turns: Sequence[Turn]) -> list[int]:
    """A conversation up to where the assistant is to speak."""
    return _ids(tokenizer, _rendered(tokenizer, turns, opened=True))


def _pieces(tokenizer: Tokenizer, example: AnyExample) -> list[tuple[list[int], list[int]]]:
    """(prompt, answer) in tokens: one, or chosen and rejected, or uninformed and informed."""
    if isinstance(example, SftExample):
        return [_split(tokenizer, example.messages[:-1], example.messages[-1:])]
    if isinstance(example, PreferenceExample):
        return [_split(tokenizer, example.prompt, each) for each in (example.chosen, example.rejected)]
    return [_split(tokenizer, each, (example.answer,)) for each in (example.prompt, example.informed)]


def _split(
    tokenizer: Tokenizer, prompt: Sequence[Turn], answer: Sequence[Turn]
) -> tuple[list[int], list[int]]:
    """Tokenised apart, as they are when the model answers: first the prompt is there, then the answer."""
    if len(answer) != 1 or answer[0].role != "assistant" or not prompt:
        raise UserError("an example must end with one turn of the assistant, and have turns before it")
    asked = _rendered(tokenizer, prompt, opened=True)
    whole = _rendered(tokenizer, (*prompt, *answer), opened=False)
    if not whole.startswith(asked):
        raise UserError("the model's chat template writes a prompt that is no beginning of the whole text")
    said = whole.removeprefix(asked).rstrip()
    if said == answer[0].content.rstrip():  # the template ends a turn with nothing: the model would not stop
        said += str(tokenizer.eos_token or "")
    return _ids(tokenizer, asked), _ids(tokenizer, said)


def _rendered(tokenizer: Tokenizer, turns: Sequence[Turn], *, opened: bool) -> str:
    own = {} if tokenizer.chat_template is not None else {"chat_template": CHATML}
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=opened, **own))


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """The template writes special tokens itself; adding them once more is a common mistake."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _row(prompt: list[int], answer: list[int], max_tokens: int, task: int | None) -> Row:
    kept = prompt[-(max_tokens - len(answer)) :]
    return Row(ids=(*kept, *answer), labels=(*[IGNORED] * len(kept), *answer), task=task)


def _joined(example: AnyExample, rows: list[Row]) -> AnyRow:
    if isinstance(example, PreferenceExample):
        return PairRow(chosen=rows[0], rejected=rows[1], weight=example.weight)
    if isinstance(example, InformedExample):
        return InformedRow(row=rows[0], informed=rows[1])
    return rows[0]
