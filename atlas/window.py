"""What fits into a model's window: texts cut to a token budget, and an episode as a transcript."""

from __future__ import annotations

from core.episode import Episode, Step
from core.tokens import count_tokens

_CHARACTERS_PER_TOKEN = 8
"""More than any text of ours has; it spares counting the tokens of what will be cut anyway."""

_LEAST_OBSERVATION = 60
_STEP_OVERHEAD = 20
"""Tokens of a label and of the note that something was cut."""
_ANSWER_TOKENS = 500


def cut_text(text: str, tokens: int) -> str:
    """The head of a text within a token budget, with a note of how much was cut."""
    head = text[: tokens * _CHARACTERS_PER_TOKEN]
    count = count_tokens(head)
    while count > tokens:
        head = head[: max(0, min(len(head) - 1, len(head) * tokens // count))]
        count = count_tokens(head)
    return head if len(head) == len(text) else f"{head}\n[cut: {len(text) - len(head)} more characters]"


def render_transcript(episode: Episode, tokens: int) -> str:
    """All actions in full and observations cut evenly, so that the whole keeps near the budget.

    With so many steps that even short observations overflow it, the middle steps are left out.
    """
    steps = list(episode.steps)
    head = [_action_text(step) for step in steps]
    spent = sum(count_tokens(text) for text in head)
    each = max(_LEAST_OBSERVATION, (tokens - spent) // max(1, len(steps)) - _STEP_OVERHEAD)
    parts = [
        f"{text}\nObservation: {cut_text(step.observation.text, each)}"
        for text, step in zip(head, steps, strict=True)
    ]
    return "\n".join(_without_middle(parts, tokens))


def _action_text(step: Step) -> str:
    thought = f"Thought: {cut_text(step.action.thought, 150)}\n" if step.action.thought else ""
    return f"Step {step.index + 1}.\n{thought}Action: {step.action.tool}[{cut_text(step.action.text, 400)}]"


def _without_middle(parts: list[str], tokens: int) -> list[str]:
    costs = [count_tokens(part) for part in parts]
    kept = list(range(len(parts)))
    while len(kept) > 2 and sum(costs[i] for i in kept) > tokens:
        kept.pop(len(kept) // 2)
    left_out = len(parts) - len(kept)
    if not left_out:
        return parts
    middle = (len(kept) + 1) // 2
    note = f"[{left_out} steps left out to save room]"
    return [*(parts[i] for i in kept[:middle]), note, *(parts[i] for i in kept[middle:])]


def shown_answer(episode: Episode) -> str:
    """The submission as a prompt shows it."""
    if episode.answer is None:
        return "(nothing was submitted)"
    return cut_text(episode.answer, _ANSWER_TOKENS)
