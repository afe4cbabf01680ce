"""Text in Markdown and back without loss: an item's words as prose, its fields as values on one line.

Prose is Markdown as everybody knows it: a backslash before a punctuation mark keeps the mark plain. A value
on one line knows no such signs: it stands as it is, in a code span where Markdown would read it as markup, or
as a JSON string where one line cannot hold it.
"""

from __future__ import annotations

import json
import re

WIDTH = 96
"""Characters of a line of prose before it is wrapped; a longer word stands alone."""

_PUNCTUATION = re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ESCAPED = re.compile(rf"\\([{_PUNCTUATION}])")
_MARKS = re.compile(
    rf"\\(?=[{_PUNCTUATION}\s]|$)"  # else it would be dropped, or break the line
    r"|[<*$]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word it is plain anyway
    r"|\](?=[(\[:])"
    r"|&(?=#?\w+;)"
    r"|~(?=~)|(?<=~)~"
)
_OPENS_BLOCK = re.compile(r"[#+\->=|:]|~|```|\"")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")

_CODE = re.compile(r"[\\`*<>\[\]&$|~]|(?<![^\W_])_|_(?![^\W_])|https?:|www\.")
_RUN = re.compile(r"`+")


def write_prose(text: str) -> str:
    """Words on one line with single spaces, as wrapped Markdown; any other text as a JSON string."""
    if not text.isprintable() or " ".join(text.split()) != text:
        return quoted(text)
    return "\n".join(_at_line_start(line) for line in _wrapped(_MARKS.sub(r"\\\g<0>", text)))


def read_prose(markdown: str) -> str:
    """The words that the lines say; a paragraph that is one JSON string stands for that string."""
    line = " ".join(markdown.split())
    for text in (markdown.strip(), line):  # a string that was wrapped since has lost nothing but its spaces
        if (whole := unquoted(text)) is not None:
            return whole
    return _ESCAPED.sub(r"\1", line)


def write_value(text: str) -> str:
    """Any text on one line, for `read_value`."""
    if not text.isprintable() or text.strip() != text or text.startswith('"'):
        return quoted(text)
    return _code_span(text) if _CODE.search(text) else text


def read_value(line: str) -> str:
    """What the rest of a line says.

    Raises:
        ValueError: a quoted text or a code span that does not end; the message says what to do.
    """
    text = line.strip()
    if text.startswith('"'):
        return _read_quoted(text)
    return _read_code(text) if text.startswith("`") else text


def quoted(text: str) -> str:
    """A JSON string in which every character can be seen, on one line whatever counts as a line's end."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in written)


def unquoted(text: str) -> str | None:
    """The text that a JSON string stands for; None when it is no such string."""
    if not (len(text) > 1 and text[0] == text[-1] == '"'):
        return None
    try:
        return str(json.loads(text))
    except ValueError:
        return None


def _read_quoted(text: str) -> str:
    if (whole := unquoted(text)) is not None:
        return whole
    if text[-1] == '"' and len(text) > 1:
        raise ValueError('a text in double quotes takes \\" for a quote and \\\\ for a backslash inside')
    return text


def _read_code(text: str) -> str:
    opening = _RUN.match(text)
    assert opening is not None
    fence = opening.group()
    closing = next((run for run in _RUN.finditer(text, opening.end()) if run.group() == fence), None)
    if closing is None:
        raise ValueError(f"it begins with {fence} and does not end with it")
    if closing.end() != len(text):
        return text  # several spans, or a span and words: taken as it stands
    inner = text[opening.end() : closing.start()]
    padded = inner[:1] == inner[-1:] == " " and inner.strip(" ")
    return inner[1:-1] if padded else inner


def _code_span(text: str) -> str:
    runs = {len(run) for run in _RUN.findall(text)}
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _at_line_start(line: str) -> str:
    """The line such that it does not begin a heading, a list, a quotation, a rule or a fence."""
    if _OPENS_BLOCK.match(line):
        return f"\\{line}"
    return _NUMBERED.sub(r"\1\\\2", line, count=1) if _NUMBERED.match(line) else line
