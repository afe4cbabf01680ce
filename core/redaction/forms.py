"""Secrets of known forms: keys with their maker's prefix, and values that a word before them gives away.

Each word is looked for as it stands, which is fast, and an expression reads on from there: most texts hold
none of the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Span = tuple[int, int]
"""Start and end of a secret in a text."""

_OPEN = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
"""Where a word begins, be it behind a line feed that was written out."""
_Q = r"""\\*["']"""
"""A quotation mark, escaped or not."""
_SLOT = (
    r"""(?!\\*["'`]*(?:(?:true|false|null|none)\b|\{+\s*[a-z_]|<[a-z_ -]+>|\$\{?[A-Z_]"""
    r"""|%(?:[sd(${]|["'`]|$)|\*{3}|\.{3}|\[secret\](?:["'`\s@&,;.)}\]\\]|$)))"""
)
"""Not a slot, a wildcard or a secret that was taken out already."""


def _after(words: str, tail: str) -> str:
    """The tail behind one of the words: `key` in `api_key`, `api-key` and `apikey`."""
    ends = "|".join(rf"(?<={word}{tail})|(?<={word}[_-]{tail})" for word in words.split("|"))
    return f"{tail}(?:{ends})"


_SAID = r"(?:passw(?:or)?d|pwd|passphrase|passcode)"
_NAME = (
    r"(?:passw(?:or)?d|passwort|kennwort|contrase[ñn]a|passe(?<=mot[_ ]de[_ ]passe)|senha|пароль|密码|密碼"
    r"|パスワード|passphrase|passcode|pwd|secret|credentials?|connection[_-]?string"
    rf"|{_after('api|access|account|private|secret|shared|signing|master|license|encryption', 'key')}"
    rf"|{_after('access|auth|refresh|session|bearer|api|id|security', 'token')})"
)
_WHOLE_NAME = rf"(?:(?:(?<!\w)|(?<=\\[nrt]))(?:passw(?:or)?d|pwd|secret|token)|{_after('api|access', 'key')})"
_NAMES = "pass|kennwort|contrase|senha|пароль|密码|密碼|パスワード|pwd|secret|credential|connect|key|token"

# A group marks the secret where the words before it may stay.
_FORMS: tuple[tuple[str, str], ...] = (
    (
        "-----begin ",
        r"-----BEGIN [A-Z ]{0,40}(?:KEY|CERTIFICATE)(?:(?!-----END )[\s\S])*(?:-----END [A-Z ]+-*)?",
    ),
    ("bearer|basic", rf"{_OPEN}(?:bearer|basic)\s+([A-Za-z0-9._~+/-]{{16,}}=*)"),
    ("://", rf"://(?<=[\w+.-]{{2}}://)[^\s:/@]{{0,64}}:{_SLOT}([^\s@/]{{1,128}})@"),
    (
        "key|sig",
        r"(?:key(?:(?<=accountkey)|(?<=sharedaccesskey))|signature(?<=sharedaccesssignature)|(?<!\w)sig)"
        rf"\s*=\s*{_SLOT}([\w%+/=-]{{16,}})",
    ),
    (
        "pass|pwd|secret|token|key",
        rf"""{_WHOLE_NAME}\s*[=:]\s*{_SLOT}(?:"([^"\n]{{1,200}})"|'([^'\n]{{1,200}})'|(\S{{4,}}))""",
    ),
    (
        _NAMES,
        rf"""(?:{_NAME}|token(?<=["']token)){_Q}\s*(?::|=>|=)\s*{_SLOT}{_Q}([^"'\n]{{1,200}}?){_Q}""",
    ),
    (
        _NAMES,
        rf"""{_NAME}\s*(?:=>|:=|=|:|：)\s*{_SLOT}(?=(?:{_Q})?\S{{0,200}}[\d!@#$^&*+/])(?:{_Q})?"""
        r"""([^\s"'`,;]{4,200})""",
    ),
    (
        "-u",
        r"-u(?:(?<!\S-u)|ser(?<=--user)(?<!\S--user))[\s=]+[^\s:]{1,64}:(?!\{|<|\[secret\])(\S{4,200})",
    ),
    (
        "mysql|sshpass|sqlcmd|mongo|net use|runas|plink",
        rf"{_OPEN}(?:mysql|mysqldump|sshpass|sqlcmd|mongo\w*|net use|runas|plink)\b[^\n]{{0,60}}?\s"
        r"(?:-p|--password|-P|/password)[\s=:]?[\"']?(?!\{|<|\[secret\])([^\s\"']{4,200})",
    ),
    ("pin", r"(?<!\w)(?-i:PIN)\b(?: code)?(?: is)?:? (\d{4,8})\b"),
    (
        "pass|pwd",
        rf"{_OPEN}{_SAID}\b[^.\n]{{0,30}}?[\s\"'`(]"
        r"((?=[^\s\"']{0,60}[A-Za-z])(?=[^\s\"']{0,60}\d)(?=[^\s\"']{0,60}[!@#$^*])[^\s\"'`]{6,200})",
    ),
    ("pass", rf"(?:passphrase|passcode)\s+(?:{_Q}|`)(?!\[secret\]|\{{|<)([^\"'`\n]{{4,200}})[\"'`]"),
    (
        "log|sign|credential|authenticate|connect",
        rf"{_OPEN}(?:log(?:ged)? ?in|sign ?in|credentials?|authenticate|connect)\b[^.\n]{{0,40}}?\s"
        r"[\w.@-]{2,40}\s?[/:]\s?"
        r"((?=\S{0,60}[A-Za-z])(?=\S{0,60}\d)(?=\S{0,60}[!@#$%^&*+])[^\s\"'`]{6,200})",
    ),
    (
        "pass|pwd|secret|token|key",
        rf"{_OPEN}(?:{_SAID}|secret(?: key)?|token|key(?<=api key)|key(?<=access key))\b[^.\n:=]{{0,40}}?"
        rf"\s(?:is|was|are|ist|est|es)\s(?:now\s)?{_SLOT}[\"'`]?"
        r"(?!(?:sha|md|base|utf|aes|rsa|hs|rs|es|v)[-_]?\d)"
        r"((?=\S{0,60}[\d])(?=\S{0,60}[A-Za-z])(?=\S{0,60}[!@#$%^&*+]|(?-i:\S{0,60}[A-Z])\S{7,}|\S{10,})"
        r"[^\s\"'`]{6,200})",
    ),
)


def _by_word() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    found: dict[str, list[re.Pattern[str]]] = {}
    for words, pattern in _FORMS:
        compiled = re.compile(pattern, re.IGNORECASE)
        for word in words.split("|"):
            found.setdefault(word, []).append(compiled)
    return {word: tuple(patterns) for word, patterns in found.items()}


_PATTERNS = _by_word()
_FIELD = re.compile(rf"[\w .-]{{0,60}}{_NAME}|token", re.IGNORECASE)
_FILLED = re.compile(_SLOT, re.IGNORECASE)

_MAKERS = (
    *(rf"{first}k[-_](?:[a-z]+[-_]){{0,4}}[A-Za-z0-9]{{16,}}[\w-]*" for first in "spr"),
    r"sk-(?:proj|svcacct|admin|ant|or|live|test)[-_][\w-]{16,}",
    r"A(?:KIA|SIA|IDA|ROA|GPA|NPA|NVA|IPA)[0-9A-Z]{12,}",
    *(r"gh[pousr]_\w{20,}", r"github_pat_\w{20,}", r"glpat-[\w-]{16,}"),
    *(r"xox[abeoprs]-[\w-]{10,}", r"xapp-[\w-]{10,}"),
    *(r"AIza[\w-]{30,}", r"ya29\.[\w-]{20,}", r"GOCSPX-[\w-]{20,}"),
    *(r"whsec_\w{16,}", r"npm_\w{30,}", r"pypi-AgE[\w-]{20,}", r"hf_[A-Za-z0-9]{20,}", r"hvs\.[\w-]{20,}"),
    *(r"do[opr]_v1_[0-9a-f]{30,}", r"dapi[0-9a-f]{30,}", r"shp(?:at|ca|pa|ss)_[0-9a-f]{20,}"),
    *(r"key-[0-9a-f]{32}", r"SG\.[\w-]{16,}\.[\w-]{16,}", r"AGE-SECRET-KEY-\w{20,}"),
    r"eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?",
)
_BOT = r":AA(?<=\d{8}:AA)[\w-]{30,}"
# `re` skips branches by their first letter: what stands before is therefore looked at behind it.
_MADE = re.compile(
    "|".join([rf"{m[0]}(?:(?<![A-Za-z0-9]{m[0]})|(?<=\\[nrt]{m[0]})){m[1:]}" for m in _MAKERS] + [_BOT])
)


def known_forms(text: str) -> Iterator[Span]:
    """Where secrets of known forms stand, without the word before them; unordered, and some may overlap."""
    yield from (match.span() for match in _MADE.finditer(text))
    small = _small(text)
    for word, patterns in _PATTERNS.items():
        at = small.find(word)
        while at >= 0:
            end = at + 1
            for pattern in patterns:
                if match := pattern.match(text, at):
                    yield match.span(match.lastindex or 0)
                    end = max(end, match.end())
            at = small.find(word, end)


def is_secret_field(name: str, value: str) -> bool:
    """Whether a value is a secret because of its name alone: `api_key`, `DB_PASSWORD`; slots are none."""
    return bool(value) and _FIELD.fullmatch(name) is not None and _FILLED.match(value) is not None


def _small(text: str) -> str:
    """In small letters, each where it stood."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(low if len(low) == 1 else each for each in text for low in (each.lower(),))
