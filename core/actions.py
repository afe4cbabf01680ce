"""The official text form of actions: `execute[SQL]` and `submit[answer]`, as models write them."""

from __future__ import annotations

import re
from typing import Literal

from core.episode import SUBMIT, Action

TextForm = Literal["strict", "fixed"]
SQL_TOOL = "sql"

_MARKER = re.compile(r"\b(execute|submit)\s*\[", re.IGNORECASE)
_FENCE = re.compile(r"```(?:\w+\s)?(.*?)```|`([^`]*)`", re.DOTALL)
_ACTION_LINE = re.compile(r"\n\s*\**\s*Action\s*:?\s*\**\s*:?", re.IGNORECASE)


def parse_text_action(text: str, form: TextForm = "fixed") -> Action | None:
    """The action in a model's reply; None when there is none.

    `strict` has the official parser's ways: backticks are deleted, the bracket is greedy to the last `]`,
    everything after the first `;` is cut (in answers too), and a reply without either form is taken as SQL.
    `fixed` takes the first action, ends it at its own bracket and keeps semicolons within it.
    """
    return _strict(text) if form == "strict" else _fixed(text)


def _strict(text: str) -> Action | None:
    bare = text.replace("`", "")
    tool = SUBMIT if "submit[" in bare else SQL_TOOL
    match = re.search(r"submit\[(.*)\]" if tool == SUBMIT else r"execute\[(.*)\]", bare, re.DOTALL)
    body = match.group(1) if match else bare
    body = body.split(";", 1)[0].strip()
    return Action(tool=tool, text=body) if body else None


def _fixed(text: str) -> Action | None:
    match = _MARKER.search(text)
    if match is None:
        return None
    body = _unfenced(_to_own_bracket(text, match.end()).strip())
    if not body:
        return None
    tool = SUBMIT if match.group(1).lower() == "submit" else SQL_TOOL
    if tool == SQL_TOOL:
        body = body.rstrip(";").strip()
    thought = _ACTION_LINE.sub("", text[: match.start()]).strip()
    return Action(tool=tool, text=body, thought=thought.removeprefix("Thought:").strip())


def _unfenced(body: str) -> str:
    """Without a code fence about the whole; backticks about names stay."""
    match = _FENCE.fullmatch(body)
    return (match.group(1) or match.group(2) or "").strip() if match else body


def _to_own_bracket(text: str, start: int) -> str:
    """Text up to the bracket that closes the action, or the rest; brackets in quotes do not count."""
    depth, quote = 1, ""
    for position in range(start, len(text)):
        mark = text[position]
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"" and _opens_quote(text, position, start):
            quote = mark
        elif mark == "[":
            depth += 1
        elif mark == "]":
            depth -= 1
            if depth == 0:
                return text[start:position]
    if quote:
        # An apostrophe that never closes is no quote: take the last bracket instead.
        end = text.rfind("]")
        return text[start:end] if end > start else text[start:]
    return text[start:]


def _opens_quote(text: str, position: int, start: int) -> bool:
    return position == start or not text[position - 1].isalnum()
