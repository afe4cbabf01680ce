"""Files of examples: the two forms of `core.adapters`, and that of context distillation. No torch."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from adaptation.data.encoding import AnyExample, InformedExample
from core.adapters import FAULTS_SHOWN, PreferenceExample, SftExample
from core.errors import UserError

_FORMS: tuple[tuple[str, type[SftExample] | type[PreferenceExample] | type[InformedExample]], ...] = (
    ("informed", InformedExample),
    ("chosen", PreferenceExample),
    ("messages", SftExample),
)


def read_file(path: Path) -> tuple[AnyExample, ...]:
    """The examples of a file of JSON lines, each known by its keys, all of one form.

    Raises:
        UserError: it cannot be read, holds nothing, holds lines that are no examples (the first of them are
            named), or examples of several forms.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    found: list[AnyExample] = []
    faults: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            example = _read(line)
            if isinstance(example, str):
                faults.append(f"line {number}: {example}")
            else:
                found.append(example)
    if faults:
        shown = "; ".join(faults[:FAULTS_SHOWN])
        raise UserError(f"{path} has {len(faults)} lines that are no example: {shown}")
    if not found:
        raise UserError(f"{path} holds no example")
    if len({type(each) for each in found}) > 1:
        raise UserError(f"{path} has examples of several forms: keep them in files of their own")
    return tuple(found)


def _read(line: str) -> AnyExample | str:
    """The example, or what is wrong with it."""
    try:
        raw = json.loads(line)
    except ValueError as error:
        return f"no JSON: {error}"
    keys = raw.keys() if isinstance(raw, dict) else ()
    form = next((form for key, form in _FORMS if key in keys), None)
    if form is None:
        return "it has neither `messages` nor `chosen` nor `informed`"
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}"
