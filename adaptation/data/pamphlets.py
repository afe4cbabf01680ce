"""Pamphlets as training data: answers that were given with the pamphlet, learned without it.

Context distillation: the teacher is the base model with the pamphlet in its prompt, the student the same one
without. Soft targets match its whole distribution at every token of the answer (`objectives`), hard ones
learn the answer as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adaptation.data.encoding import InformedExample, prompt_ids
from core.adapters import SftExample, Turn, Value
from core.errors import UserError
from core.guidance import Guidance, GuidanceItem, render_guidance
from core.jsonl import numbered_lines
from memory.items import LIVE, Audience, Item

if TYPE_CHECKING:
    from adaptation.base import Base

_ADVICE = re.compile(r"\s*<advice>.*?</advice>", re.DOTALL)
"""As `core.guidance.render_guidance` writes it."""


class Question(BaseModel):
    """One line of a file of questions; `about` has the group, as in examples."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = Field(min_length=1)
    about: dict[str, Value] = Field(default_factory=dict)


def informed_traces(examples: Iterable[SftExample]) -> tuple[InformedExample, ...]:
    """Of examples whose prompt has advice: the same without it, beside it; the others are left out."""
    found = []
    for example in examples:
        prompt = example.messages[:-1]
        bare = tuple(_without_advice(turn) for turn in prompt)
        if bare != prompt and all(turn.content for turn in bare):
            answer = example.messages[-1]
            found.append(InformedExample(prompt=bare, informed=prompt, answer=answer, about=example.about))
    return tuple(found)


def _without_advice(turn: Turn) -> Turn:
    if turn.role == "assistant":
        return turn
    return Turn.model_construct(role=turn.role, content=_ADVICE.sub("", turn.content).strip())


def read_questions(path: Path) -> tuple[Question, ...]:
    """Raises:
    UserError: the file cannot be read, has a line that is no question, or holds none.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    found = []
    for number, line in numbered_lines(text):
        try:
            found.append(Question.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise UserError(f"{path}, line {number} is no question: {first['msg']}") from None
    if not found:
        raise UserError(f"{path} holds no question")
    return tuple(found)


def guidance_of(items: Iterable[Item]) -> Guidance:
    """The live items for the Student, as a Student reads them."""
    return Guidance(
        items=tuple(
            GuidanceItem(
                id=item.id,
                version=item.version,
                kind=item.kind.value,
                content=item.content,
                cue=item.cue,
                action=item.action,
                boundary=item.boundary,
                worth=item.credit.mean,
            )
            for item in items
            if item.status in LIVE and item.audience is Audience.STUDENT
        )
    )


def taught(
    base: Base, guidance: Guidance, questions: Sequence[Question], *, most_tokens: int = 128
) -> tuple[InformedExample, ...]:
    """What the base model answers with the pamphlet in its prompt (greedily); empty answers are left out.

    Raises:
        UserError: a question with the pamphlet is longer than what the model can read.
    """
    window = getattr(base.model.config, "max_position_embeddings", None)
    found = []
    for each in questions:
        informed = _asked(each.question, guidance)
        size = len(prompt_ids(base.tokenizer, informed)) + most_tokens
        if window is not None and size > window:
            raise UserError(
                f"the model reads {window} tokens, and a question with its pamphlet and answer has {size}:"
                " name fewer or narrower scopes"
            )
        answer = generated(base, informed, most_tokens=most_tokens)
        if answer:
            found.append(
                InformedExample(
                    prompt=(Turn(role="user", content=each.question),),
                    informed=informed,
                    answer=Turn(role="assistant", content=answer),
                    about=each.about,
                )
            )
    return tuple(found)


def hard_targets(examples: Iterable[InformedExample]) -> tuple[SftExample, ...]:
    """The answers alone, to be learned behind the prompt without the pamphlet."""
    return tuple(SftExample(messages=(*each.prompt, each.answer), about=each.about) for each in examples)


def _asked(question: str, guidance: Guidance) -> tuple[Turn, ...]:
    """As a Student is asked: the task, then the advice."""
    parts = (question, render_guidance(guidance))
    return (Turn(role="user", content="\n\n".join(part for part in parts if part)),)


@torch.no_grad()
def generated(base: Base, prompt: Sequence[Turn], *, most_tokens: int) -> str:
    """What the model answers greedily, without its end mark and what comes after."""
    model: Any = base.model
    device = next(model.parameters()).device
    ids = torch.tensor([prompt_ids(base.tokenizer, prompt)], device=device)
    made = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=most_tokens,
        do_sample=False,
        pad_token_id=base.tokenizer.pad_token_id or base.tokenizer.eos_token_id,
    )
    return str(base.tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)).strip()
