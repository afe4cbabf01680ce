"""All gates at once: what a draft is refused for, and the form of it that may be stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from core.guidance import ActionTemplate
from core.redaction import has_secret
from memory.gates.abstraction import contains_entity_value
from memory.gates.injection import injections
from memory.gates.masking import masked
from memory.gates.shape import (
    CUE_PATTERN,
    MAX_BINDINGS,
    MAX_CONTENT,
    MAX_FIELD,
    MAX_TEMPLATE,
    cue_refusal,
    is_model_name,
    scope_is_path,
    shape_refusals,
)
from memory.gates.taint import is_copied
from memory.items import ItemDraft

COPIED = "copied from what was observed"
MAX_CHECKED = 3_000
"""Characters of one text that are read; a longer one is refused unread."""
_TOO_LONG = "a text too long to check"
_CUT = " …"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the gates say of a draft.

    `draft` may be stored: the given one when it passed, else one without secrets, entity values and hidden
    characters, cut to the lengths that are allowed. `reasons` has a short phrase from each gate that refused
    it; none means that it passed. `storable` is False when there is nothing sensible to store.
    """

    draft: ItemDraft
    reasons: tuple[str, ...]
    storable: bool

    @property
    def passed(self) -> bool:
        return not self.reasons


def inspect(
    draft: ItemDraft, *, tools: Collection[str] | None = None, observed: Sequence[str] = ()
) -> Inspection:
    """Ask every gate. `tools` are the names of the tools that there are, when they are known; `observed` the
    raw rows and log texts of the episode, from which nothing may be copied. Fails closed."""
    texts = [text for text in _texts(draft) if text]
    reasons = list(shape_refusals(draft, tools))
    reasons += [reason for text in texts for reason in _text_refusals(text)]
    if observed and is_copied((text[:MAX_CHECKED] for text in texts), observed):
        reasons.append(COPIED)
    return Inspection(
        draft=_cleaned(draft) if reasons else draft,
        reasons=tuple(dict.fromkeys(reasons)),
        storable=bool(draft.content.strip())
        and scope_is_path(draft.scope)
        and is_model_name(draft.student_model),
    )


def refusal(draft: ItemDraft) -> str | None:
    """Why the draft may not become an item, in one short phrase; None when it may."""
    texts = (text for text in _texts(draft) if text)
    return next(shape_refusals(draft), None) or next((r for t in texts if (r := text_refusal(t))), None)


def text_refusal(text: str) -> str | None:
    """Why a text may not stand in memory: hidden characters, instructions, secrets, values of entities."""
    return next(_text_refusals(text), None)


def _text_refusals(text: str) -> Iterator[str]:
    if len(text) > MAX_CHECKED:
        yield _TOO_LONG
        return
    yield from injections(text)
    if has_secret(text):
        yield "a secret"
    if (entity := contains_entity_value(text)) is not None:
        yield entity


def _texts(draft: ItemDraft) -> Iterator[str]:
    yield from (draft.content, draft.cue.removeprefix(CUE_PATTERN), draft.boundary, draft.expected_effect)
    if draft.action is not None:
        yield draft.action.tool
        yield draft.action.template
        for name, value in draft.action.bindings.items():
            yield name
            yield value


def _cleaned(draft: ItemDraft) -> ItemDraft:
    # A pattern that was refused is kept as words, so that nobody searches for it.
    bad_pattern = cue_refusal(draft.cue) is not None
    cue = draft.cue.removeprefix(CUE_PATTERN) if bad_pattern else draft.cue
    return replace(
        draft,
        content=_fitting(draft.content, MAX_CONTENT),
        cue=_fitting(cue, MAX_FIELD),
        boundary=_fitting(draft.boundary, MAX_FIELD),
        expected_effect=_fitting(draft.expected_effect, MAX_FIELD),
        action=None if draft.action is None else _cleaned_action(draft.action),
    )


def _cleaned_action(action: ActionTemplate) -> ActionTemplate:
    pairs = list(action.bindings.items())[:MAX_BINDINGS]
    return ActionTemplate(
        tool=_fitting(action.tool, MAX_FIELD),
        template=_fitting(action.template, MAX_TEMPLATE),
        bindings={_fitting(name, MAX_FIELD): _fitting(value, MAX_FIELD) for name, value in pairs},
    )


def _fitting(text: str, most: int) -> str:
    """The text masked and no longer than `most`; it is masked before it is cut, so that no half of a secret
    is left, and again after, for a cut can make a value of what was none."""
    shown = masked(text[:MAX_CHECKED])
    if len(shown) <= most:
        return shown
    return masked(shown[: most - len(_CUT)].rpartition(" ")[0] + _CUT)[:most]
