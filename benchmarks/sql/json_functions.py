"""MySQL's JSON functions over text columns, with MySQL's errors for documents that are none.

Messages and positions follow the server's JSON reader as far as the logged answers show them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from benchmarks.sql.errors import MySqlError, invalid_json
from benchmarks.sql.values import Value, text_of

_REASONS = (
    ("Invalid \\escape", "Invalid escape character in string."),
    ("Invalid \\uXXXX", "Incorrect hex digit after \\u escape in string."),
    ("Expecting ',' delimiter", "Missing a comma or '}' after an object member."),
    ("Expecting property name", "Missing a name for object member."),
    ("Expecting ':' delimiter", "Missing a colon after a name of object member."),
    ("Unterminated string", "Missing a closing quotation mark in string."),
    ("Invalid control character", "Invalid encoding in string."),
    ("Extra data", "The document root must not be followed by other values."),
)


def _parse(function: str, argument: int, text: str) -> object:
    """The document that a text holds.

    Raises:
        MySqlError: it holds none.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _invalid(function, argument, text, error) from error
    except RecursionError as error:
        raise MySqlError("DataError", "The JSON document exceeds the maximum depth.") from error
    except ValueError as error:
        raise invalid_json(function, argument, "Invalid value.", 0) from error


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON value")


def _invalid(function: str, argument: int, text: str, error: json.JSONDecodeError) -> MySqlError:
    if not text.strip():
        return invalid_json(function, argument, "The document is empty.", 0)
    reason = next((ours for theirs, ours in _REASONS if error.msg.startswith(theirs)), "Invalid value.")
    position = error.pos
    if reason.startswith("Missing a comma") and _inside_array(text, position):
        reason = "Missing a comma or ']' after an array element."
    return invalid_json(function, argument, reason, len(text[:position].encode()))


def _inside_array(text: str, position: int) -> bool:
    depth: list[str] = []
    for mark in re.sub(r'"(?:\\.|[^"\\])*"', '""', text[:position]):
        if mark in "[{":
            depth.append(mark)
        elif mark in "]}" and depth:
            depth.pop()
    return bool(depth) and depth[-1] == "["


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[str | int, ...]:
    if not path.startswith("$"):
        raise MySqlError(
            "ProgrammingError", "Invalid JSON path expression. The error is around character position 1."
        )
    steps: list[str | int] = []
    position = 1
    token = re.compile(
        r'\s*(?:\.\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_$][\w$]*|\*))|\[\s*(\d+|\*|last)\s*\]|(\*\*))'
    )
    while position < len(path.rstrip()):
        match = token.match(path, position)
        if not match:
            raise MySqlError(
                "ProgrammingError",
                f"Invalid JSON path expression. The error is around character position {position + 1}.",
            )
        quoted, name, index, deep = match.groups()
        steps.append(
            int(index) if index and index.isdigit() else next(p for p in (quoted, name, index, deep) if p)
        )
        position = match.end()
    return tuple(steps)


def _walk(node: object, steps: tuple[str | int, ...]) -> list[object]:
    if not steps:
        return [node]
    head, rest = steps[0], steps[1:]
    if head == "**":
        found = _walk(node, rest)
        for child in _children(node):
            found += _walk(child, steps)
        return found
    if head == "*":
        return [hit for child in _children(node) for hit in _walk(child, rest)]
    if isinstance(head, int):
        if isinstance(node, list):
            return _walk(node[head], rest) if head < len(node) else []
        return _walk(node, rest) if head == 0 else []
    return _walk(node[head], rest) if isinstance(node, dict) and head in node else []


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, list) else []


def _dump(node: object) -> str:
    return json.dumps(_ordered(node), ensure_ascii=False)


def _ordered(node: object) -> object:
    """Keys as MySQL keeps them: shorter first, then by their bytes."""
    if isinstance(node, dict):
        keys = sorted(node, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _ordered(node[key]) for key in keys}
    return [_ordered(part) for part in node] if isinstance(node, list) else node


def _is_wild(path: str) -> bool:
    return any(step in ("*", "**") for step in _steps(path))


def _one_place(path: Value) -> tuple[str | int, ...]:
    """Steps of a path that must name one place.

    Raises:
        MySqlError: the path has a wildcard.
    """
    if _is_wild(text_of(path)):
        raise MySqlError(
            "ProgrammingError",
            "In this situation, path expressions may not contain the * and ** tokens or an array range.",
        )
    return _steps(text_of(path))


def _json_extract(text: Value, *paths: Value) -> str | None:
    if text is None or any(path is None for path in paths):
        return None
    document = _parse("json_extract", 1, text_of(text))
    found = [hit for path in paths for hit in _walk(document, _steps(text_of(path)))]
    if not found:
        return None
    several = len(paths) > 1 or any(_is_wild(text_of(path)) for path in paths)
    return _dump(found if several else found[0])


def _json_unquote(text: Value) -> str | None:
    if text is None:
        return None
    plain = text_of(text)
    if plain.startswith('"') and plain.endswith('"') and len(plain) > 1:
        return str(_parse("json_unquote", 1, plain))
    return plain


def _json_scalar(text: Value, path: Value) -> str | None:
    return _json_unquote(_json_extract(text, path))


def _json_contains(text: Value, wanted: Value, path: Value = "$") -> int | None:
    if text is None or wanted is None or path is None:
        return None
    document = _parse("json_contains", 1, text_of(text))
    candidate = _parse("json_contains", 2, text_of(wanted))
    hits = _walk(document, _one_place(path))
    return int(_contains(hits[0], candidate)) if hits else None


def _contains(target: object, candidate: object) -> bool:
    if isinstance(target, list):
        items = candidate if isinstance(candidate, list) else [candidate]
        return all(any(_contains(part, item) for part in target) for item in items)
    if isinstance(target, dict) and isinstance(candidate, dict):
        return all(key in target and _contains(target[key], value) for key, value in candidate.items())
    return type(target) is type(candidate) and target == candidate


def _json_search(text: Value, amount: Value, pattern: Value, *_: Value) -> str | None:
    if text is None or amount is None or pattern is None:
        return None
    like = re.compile(
        "".join(
            ".*" if mark == "%" else "." if mark == "_" else re.escape(mark) for mark in text_of(pattern)
        ),
        re.DOTALL | re.IGNORECASE,
    )
    document = _parse("json_search", 1, text_of(text))
    found = [path for path, value in _texts(document, "$") if like.fullmatch(value)]
    if not found:
        return None
    return _dump(found[0] if text_of(amount).lower() == "one" or len(found) == 1 else found)


def _texts(node: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from _texts(part, f"{path}[{index}]")
    elif isinstance(node, dict):
        for key, part in node.items():
            yield from _texts(
                part, f"{path}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f'{path}."{key}"'
            )


def _json_valid(text: Value) -> int | None:
    if text is None:
        return None
    try:
        _parse("json_valid", 1, text_of(text))
    except MySqlError:
        return 0
    return 1


def _json_length(text: Value, path: Value = "$") -> int | None:
    if text is None:
        return None
    hits = _walk(_parse("json_length", 1, text_of(text)), _one_place(path))
    return None if not hits else len(_children(hits[0])) if isinstance(hits[0], list | dict) else 1


def _json_keys(text: Value, path: Value = "$") -> str | None:
    if text is None:
        return None
    hits = _walk(_parse("json_keys", 1, text_of(text)), _one_place(path))
    return _dump(list(hits[0])) if hits and isinstance(hits[0], dict) else None


_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOLEAN"), (int, "INTEGER"), (float, "DOUBLE"), (str, "STRING"), (list, "ARRAY"),
    (dict, "OBJECT"),
)  # fmt: skip


def _json_type(text: Value) -> str | None:
    if text is None:
        return None
    document = _parse("json_type", 1, text_of(text))
    return next((name for kind, name in _TYPES if isinstance(document, kind)), "NULL")


def _json_quote(text: Value) -> str | None:
    return None if text is None else json.dumps(text_of(text), ensure_ascii=False)


JSON_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Value]]] = {
    "my_json_extract": (-1, _json_extract),
    "my_json_scalar": (2, _json_scalar),
    "my_json_unquote": (1, _json_unquote),
    "my_json_contains": (-1, _json_contains),
    "my_json_search": (-1, _json_search),
    "my_json_valid": (1, _json_valid),
    "my_json_length": (-1, _json_length),
    "my_json_keys": (-1, _json_keys),
    "my_json_type": (1, _json_type),
    "my_json_quote": (1, _json_quote),
}
