"""Gates at the door of memory: what may not become an item, and why.

An item must hold in incidents that nobody has seen yet, so it carries no value of an entity; it is read by
models, so it carries no secret, no hidden character and no instruction (OWASP ASI06, memory poisoning).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator

from memory.items import ItemDraft

MAX_CONTENT = 600
"""Characters of content: about 150 tokens, so that a dozen items fit beside a task."""
MAX_FIELD = 300
MAX_TEMPLATE = 1500
MAX_CUE_PATTERN = 120

CUE_PATTERN = "re:"
"""A cue that starts so is a regular expression, searched in the task's text."""

_SCOPE = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*", re.IGNORECASE)
_NESTED_REPEAT = re.compile(r"[+*}]\)?[^()|]?\)\s*[+*{]")

_TLD_NAMES = (
    "com net org edu gov mil info biz io co ai app dev cloud online site top club shop xyz live tech store"
    " local internal lan corp intra arpa onion example test invalid ru cn de uk fr nl eu us ca au jp br"
)
# In one case only: `SigninLogs.App` is a column, `portal.app` and `PORTAL.APP` are names of hosts.
_TLDS = f"{_TLD_NAMES} {_TLD_NAMES.upper()}".replace(" ", "|")
_MONTHS = (
    "Jan|January|Feb|February|Mar|March|Apr|April|Jun|June|Jul|July|Aug|August|Sep|Sept|September|Oct|October"
    "|Nov|November|Dec|December|May(?= \\d{1,2}(?:st|nd|rd|th|,))"
)
_HOST_WORDS = "desktop|laptop|workstation|server|srv|host|dc|pc|vm|win|mac|lnx|node|client|ws"

_ENTITIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a URL", re.compile(r"\b(?:[a-z][a-z0-9+.-]{1,15}|hxxps?)://[^\s{}]+|\bwww\.\w", re.I)),
    ("an e-mail address", re.compile(r"[^\s%]@[a-z0-9][\w-]*(?:\.[\w-]+)+", re.I)),
    ("a GUID", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I)),
    ("a SID", re.compile(r"\bS-\d++(?:-\d++){2,}+(?!-?%)", re.I)),
    ("an IP address", re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")),
    ("an IP address", re.compile(r"\b\d{1,3}(?:\[\.\]\d{1,3}){3}\b")),
    (
        "a date or time",
        re.compile(
            r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b"
            rf"|\b(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?\b"
            rf"|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS})\b"
        ),
    ),
    (
        "a hash or long hex number",
        re.compile(r"\b(?:0x)?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.I),
    ),
    ("a long number", re.compile(r"(?<!\d)\d{6,}(?!\d)")),
    ("a domain or host name", re.compile(rf"(?<![\w-])(?:[\w-]+\.)*[\w-]{{3,}}\.(?:{_TLDS})(?![\w.(-]*\w)")),
    ("a domain or host name", re.compile(r"(?<![\w.-])(?:[a-z0-9-]+\.){3,}[a-z]{2,}(?![\w.-]*\w)")),
    ("a domain or host name", re.compile(rf"\b(?:{_HOST_WORDS})[-_]?\d{{1,4}}[a-z]?\b", re.I)),
    (
        "a path of a person",
        re.compile(r"\\users\\+(?!(?:\{|<|%|\*|public\b))[\w.]+|/home/(?!\{|<|%)\w+", re.I),
    ),
    ("a network path", re.compile(r"(?<![\\\w])\\\\[a-z0-9][\w.-]*\\", re.I)),
    (
        "a long coded text",
        re.compile(r"(?<![\w/+])(?=[\w/+]*\d)(?=[\w/+]*[A-Z])(?=[\w/+]*[a-z])[A-Za-z0-9/+]{40,}={0,2}"),
    ),
)
_HYPHENATED = re.compile(r"\b[a-z0-9]+(?:-[a-z0-9]+)+\b", re.I)
_COLONED = re.compile(r"(?<![\w:.])[0-9a-f:]{3,}(?![\w:])", re.I)

_SECRETS: tuple[re.Pattern[str], ...] = (
    re.compile(r"\b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[A-Za-z0-9]{16,}|\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_\w{20,}"),
    re.compile(r"\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\beyJ[\w-]{8,}\.[\w-]{4,}"),
    re.compile(r"-----BEGIN [A-Z ]*(?:KEY|CERTIFICATE)", re.I),
    re.compile(r"\b(?:bearer|basic)\s+[A-Za-z0-9._~+/-]{16,}", re.I),
    re.compile(
        r"\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|token)\s*[=:]\s*(?![{<%'\"]*[{<%])\S{4,}",
        re.I,
    ),
)
_INSTRUCTIONS: tuple[re.Pattern[str], ...] = (
    re.compile(r"(?:^|\n)\s*(?:system|assistant|user|developer|human|tool)\s*:", re.I),
    re.compile(r"<\|\w+\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|user|advice|instructions?|s)>", re.I),
    re.compile(r"(?:^|\n)\s*#+\s*(?:system|instructions?)\b", re.I),
    re.compile(
        r"\b(?:ignore|disregard|forget|override|bypass|skip)\s[^.\n]{0,30}?"
        r"\b(?:all|any|everything|previous|prior|above|earlier|preceding|your|system|safety)\b"
        r"[^.\n]{0,30}?\b(?:instructions?|rules?|prompts?|guidelines|said|told|before)\b",
        re.I,
    ),
    re.compile(
        r"\byou are now\b|\bact as (?:an?|the)\b|\bsystem prompt\b"
        r"|\bpretend (?:to be|that you)\b|\bjailbreak",
        re.I,
    ),
    re.compile(r"\bdo not (?:tell|reveal|mention)\b|\b(?:new|updated) instructions\b", re.I),
)


def refusal(draft: ItemDraft) -> str | None:
    """Why the draft may not become an item, in one short phrase; None when it may."""
    return _shape(draft) or next((reason for text in _texts(draft) if (reason := text_refusal(text))), None)


def text_refusal(text: str) -> str | None:
    """Why a text may not stand in memory: hidden characters, instructions, secrets, values of entities."""
    if (hidden := _hidden(text)) is not None:
        return hidden
    if any(pattern.search(text) for pattern in _INSTRUCTIONS):
        return "an instruction or a role marker"
    if any(pattern.search(text) for pattern in _SECRETS):
        return "a secret"
    if (entity := contains_entity_value(text)) is not None:
        return entity
    return None


def contains_entity_value(text: str) -> str | None:
    """What kind of entity value the text carries (`an IP address`), None when none is seen.

    Sees addresses, identifiers, hashes, dates, times, hosts with digits, domains and people's paths. It
    cannot see a plain name of a person or an account: a distiller must leave those out.
    """
    for name, pattern in _ENTITIES:
        if pattern.search(text):
            return name
    if any(_is_ipv6(match.group()) for match in _COLONED.finditer(text)):
        return "an IP address"
    if any(_is_host(match.group()) for match in _HYPHENATED.finditer(text)):
        return "a domain or host name"
    return None


def _shape(draft: ItemDraft) -> str | None:
    template = draft.action.template if draft.action else ""
    checks = (
        (not draft.content.strip(), "no content"),
        (len(draft.content) > MAX_CONTENT, f"content longer than {MAX_CONTENT} characters"),
        (
            any(len(text) > MAX_FIELD for text in (draft.cue, draft.boundary, draft.expected_effect)),
            f"cue, boundary or effect longer than {MAX_FIELD} characters",
        ),
        (len(template) > MAX_TEMPLATE, f"action longer than {MAX_TEMPLATE} characters"),
        (_SCOPE.fullmatch(draft.scope) is None, "a scope that is not a path like excytin/soc"),
    )
    return next((reason for failed, reason in checks if failed), None) or _cue_refusal(draft.cue)


def _cue_refusal(cue: str) -> str | None:
    if not cue.startswith(CUE_PATTERN):
        return None
    pattern = cue.removeprefix(CUE_PATTERN)
    if len(pattern) > MAX_CUE_PATTERN or _NESTED_REPEAT.search(pattern):
        return "a cue pattern that could run too long"
    try:
        re.compile(pattern)
    except re.error:
        return "a cue pattern that does not compile"
    return None


def _texts(draft: ItemDraft) -> Iterator[str]:
    yield from (draft.content, draft.cue.removeprefix(CUE_PATTERN), draft.boundary, draft.expected_effect)
    if draft.action is not None:
        yield draft.action.tool
        yield draft.action.template
        yield from draft.action.bindings.values()


def _hidden(text: str) -> str | None:
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cf", "Co", "Cs", "Cn") or (category == "Cc" and character not in "\n\t"):
            return "an invisible character"
    return None


def _is_ipv6(token: str) -> bool:
    if token.count(":") < 2 or not any(character.isalnum() for character in token):
        return False
    try:
        ipaddress.IPv6Address(token)
    except ValueError:
        return False
    return True


def _is_host(token: str) -> bool:
    """`lab-win11a` and `mb-win10-01` are hosts, `sha-256` and `top-5` are not."""
    parts = token.casefold().split("-")
    mixed = [part for part in parts if any(c.isdigit() for c in part) and any(c.isalpha() for c in part)]
    if parts[-1] in ("dc", "srv"):
        return True
    numbered = any(part.isdigit() for part in parts) and any(
        re.fullmatch(_HOST_WORDS, part) is not None for part in parts
    )
    return numbered or any(len(part) >= 4 for part in mixed)
