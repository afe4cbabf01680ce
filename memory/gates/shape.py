"""The gate of shape: lengths, the scope's path, the cue's pattern, and an action that can be carried out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from core.guidance import ActionTemplate
from memory.gates.hidden import has_hidden
from memory.items import ItemDraft

MAX_CONTENT = 600
"""Characters of content: about 150 tokens, so that a dozen items fit beside a task."""
MAX_FIELD = 300
MAX_TEMPLATE = 1500
MAX_CUE_PATTERN = 120
MAX_BINDINGS = 16

CUE_PATTERN = "re:"
"""A cue that starts so is a regular expression, searched in the task's text."""
PLAY = "play"
"""A binding of this name says that a program wrote the action: its other bindings are notes to itself."""

_SCOPE = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*", re.IGNORECASE)
_LATER_PATTERN = re.compile(r"[,;|\n]\s*re:")
_NESTED_REPEAT = re.compile(r"[+*}]\)?[^()|]?\)\s*[+*{]")
_REPEATED_CHOICE = re.compile(r"\([^()]*\|[^()]*\)(?:[+*]|\{\d*,)")
_UNBOUNDED = re.compile(r"(?<!\\)[+*]|\{\d*,\}")
_MAX_UNBOUNDED = 4
_SET_IN_SET = re.compile(r"\[[^\]]*(?:\[|--|&&|~~|\|\|)")
"""Python may read these in another way one day, and warns of them."""
_UNLIKE = ("Bring four jars.", "zygote 73", "WHY hum?", "If x < 2, go on", "Köln (am Rhein)")
"""Texts with nothing in common: a pattern found in each is found in any task."""

_SLOT = re.compile(r"\{[A-Za-z_]\w*\}")
_SOUND_BRACES = re.compile(r"\{[A-Za-z_]\w*\}|\\[{}]|\{\d*,?\d+\}|\{\d+,\}")
_OTHER_BRACE = re.compile(r"\{(\s*[\"'])?|\}")
_TOOL = re.compile(r"[\w][\w.:/ -]{0,63}")
_DESTROYS = re.compile(
    r"(?:^|;)\s*(?:drop|truncate|delete\s+from|alter|grant|revoke|attach"
    r"|shutdown)\b|;\s*(?:update|insert|replace|exec)\b"
    r"|\brm\s+-\w*[rf]|\|\s*(?:sudo\s+)?(?:ba|z|k)?sh\b|\bmkfs\b|\binto\s+(?:out"
    r"|dump)file\b|\bload_(?:file|extension)\s*\("
    r"|\bxp_cmdshell\b|\bpg_read_file\b",
    re.I,
)


MAX_SCOPE = 200


def scope_is_path(scope: str) -> bool:
    return len(scope) <= MAX_SCOPE and _SCOPE.fullmatch(scope) is not None


def is_model_name(name: str) -> bool:
    """Whether it may name a model: it is compared letter by letter, so that nothing in it may be unseen."""
    return len(name) <= MAX_SCOPE and name.isprintable() and not has_hidden(name)


def shape_refusals(draft: ItemDraft, tools: Collection[str] | None = None) -> Iterator[str]:
    """Why the draft has no good shape, each fault once; `tools` are the names of those that there are."""
    template = draft.action.template if draft.action else ""
    checks = (
        (
            not is_model_name(draft.student_model),
            f"a model's name beyond {MAX_SCOPE} visible characters",
        ),
        (not draft.content.strip(), "no content"),
        (len(draft.content) > MAX_CONTENT, f"content longer than {MAX_CONTENT} characters"),
        (
            any(len(text) > MAX_FIELD for text in (draft.cue, draft.boundary, draft.expected_effect)),
            f"cue, boundary or effect longer than {MAX_FIELD} characters",
        ),
        (len(template) > MAX_TEMPLATE, f"action longer than {MAX_TEMPLATE} characters"),
        (not scope_is_path(draft.scope), "a scope that is not a path like excytin/soc"),
    )
    yield from (reason for failed, reason in checks if failed)
    if (reason := cue_refusal(draft.cue)) is not None:
        yield reason
    if draft.action is not None:
        yield from _action_refusals(draft.action, tools)


def cue_refusal(cue: str) -> str | None:
    """Why the cue's pattern may not be searched for; None for words and for good patterns."""
    if not cue.startswith(CUE_PATTERN):
        # Behind a comma it would be words that no task has, and whoever wrote it would never know.
        return "a cue pattern beside other words" if _LATER_PATTERN.search(cue) else None
    pattern = cue.removeprefix(CUE_PATTERN)
    if len(pattern) > MAX_CUE_PATTERN or _could_run_long(pattern):
        return "a cue pattern that could run too long"
    if _SET_IN_SET.search(pattern):
        return "a cue pattern that does not compile"
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError):
        return "a cue pattern that does not compile"
    if compiled.search("") or all(compiled.search(text) for text in _UNLIKE):
        return "a cue pattern that matches any task"
    return None


def _could_run_long(pattern: str) -> bool:
    if _NESTED_REPEAT.search(pattern) or _REPEATED_CHOICE.search(pattern):
        return True
    return len(_UNBOUNDED.findall(pattern)) > _MAX_UNBOUNDED


def _action_refusals(action: ActionTemplate, tools: Collection[str] | None) -> Iterator[str]:
    if _TOOL.fullmatch(action.tool) is None:
        yield "a tool without a proper name"
    elif tools is not None and action.tool not in tools:
        yield "a tool that is not there"
    if not action.template.strip():
        yield "an action without a template"
    if not _slots_are_sound(action.template):
        yield "a slot that is not like {name}"
    yield from _binding_refusals(action)
    if _DESTROYS.search(action.text):
        yield "an action that destroys or escapes"


def _slots_are_sound(template: str) -> bool:
    """Every brace is of a `{name}`, a count of a regular expression, an escape, or of JSON that closes."""
    depth = 0
    for brace in _OTHER_BRACE.finditer(_SOUND_BRACES.sub("", template)):
        if brace.group()[0] == "{" and brace.group(1) is None:
            return False
        depth += 1 if brace.group()[0] == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def _binding_refusals(action: ActionTemplate) -> Iterator[str]:
    bindings = action.bindings
    slots = {slot[1:-1] for slot in _SLOT.findall(action.template)}
    texts = [text for pair in bindings.items() for text in pair]
    if len(bindings) > MAX_BINDINGS or any(len(text) > MAX_FIELD for text in texts):
        yield "too many bindings or too long ones"
    if any("{" in text or "}" in text for text in texts):
        yield "a binding with a slot of its own"
    if slots and PLAY not in bindings and not slots >= set(bindings):
        yield "a binding that fills no slot"
