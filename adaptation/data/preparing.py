"""From a recipe's data to rows: read, split whole, guarded, encoded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from adaptation.base import Base
from adaptation.data.batches import in_order, pad_id
from adaptation.data.encoding import AnyExample, AnyRow, Encoded, InformedExample, encode
from adaptation.data.guard import check_leaks
from adaptation.data.reading import read_file
from adaptation.data.splitting import Split, group_of, set_apart, split
from adaptation.manifest import DataRecord
from adaptation.method import Batch, Capabilities
from adaptation.recipe import DataRecipe
from core.adapters import PreferenceExample
from core.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a method plans from, in batches of one row, and what it is trained on."""

    planning: tuple[Batch, ...]
    learned: tuple[AnyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is trained and measured on. `digest` is over the examples in their order; `pad` fills batches.

    `groups` has the group of each row that is trained on.
    """

    split: Split
    groups: tuple[str, ...]
    digest: str
    train: Encoded
    held_out: Encoded
    max_tokens: int
    tasks: tuple[str, ...]
    pad: int

    @property
    def levers(self) -> set[str]:
        """What the examples say that their makers used."""
        every = (*self.split.train, *self.split.held_out)
        return {str(each.about["lever"]) for each in every if each.about.get("lever")}

    def batches(self, rows: Sequence[AnyRow], size: int) -> list[Batch]:
        return in_order(rows, size, self.pad)

    def rows_for(self, capabilities: Capabilities, count: int) -> Rows:
        """What a method gets that plans from `count` rows, if it plans. One that validates trains on others.

        Raises:
            UserError: nothing would be left to train on.
        """
        rows = self.train.rows
        if not capabilities.needs_calibration:
            return Rows(planning=(), learned=rows)
        if not capabilities.validates:
            return Rows(planning=tuple(self.batches(rows[:count], 1)), learned=rows)
        apart, others = set_apart(self.groups, count)
        if not others:
            raise UserError(
                f"this method keeps {len(apart)} rows to validate on and none is left to train on:"
                " give it more examples, or set calibration_batches lower"
            )
        planning = self.batches([rows[place] for place in apart], 1)
        return Rows(planning=tuple(planning), learned=tuple(rows[place] for place in others))

    def probe(self, size: int) -> Batch:
        """The batch that errors are measured on."""
        return self.batches((self.held_out.rows or self.train.rows)[:size], size)[0]

    def record(self, learned: int) -> DataRecord:
        """`learned` rows were trained on."""
        return DataRecord(
            kind=_kind(self.split.train[0]),
            sha256=self.digest,
            examples=len(self.split.train) + len(self.split.held_out),
            train_groups=self.split.train_groups,
            held_out_groups=self.split.held_out_groups,
            train_rows=len(self.train.rows),
            validation_rows=len(self.train.rows) - learned,
            held_out_rows=len(self.held_out.rows),
            cut=self.train.cut + self.held_out.cut,
            left_out=self.train.left_out + self.held_out.left_out,
            max_tokens=self.max_tokens,
            tasks=self.tasks,
        )


def examples_of(data: DataRecipe) -> tuple[AnyExample, ...]:
    """Those of the recipe's files.

    Raises:
        UserError: it names none, or one cannot be read.
    """
    if data.runs:
        raise UserError("runs are read by `atlas tune train`; give examples here")
    if not data.files:
        raise UserError("the recipe names no data: set data.files or data.runs")
    return tuple(example for path in data.files for example in read_file(path))


def guarded_split(data: DataRecipe, examples: Sequence[AnyExample], seed: int) -> Split:
    """Whole groups held out, and nothing of them or of the listed test sets trained on.

    Raises:
        UserError: there is nothing to train on, nothing can be held out whole, or the data leak.
    """
    if not examples:
        raise UserError("there is no example to train on")
    parts = _split(data, examples, seed)
    for name, kept_out in (
        ("the held-out data", parts.held_out),
        *((str(path), read_file(path)) for path in data.keep_out),
    ):
        check_leaks(parts.train, kept_out, overlap=data.overlap, name=name, keys=data.group_by)
    return parts


def _split(data: DataRecipe, examples: Sequence[AnyExample], seed: int) -> Split:
    given = tuple(example for path in data.held_out_files for example in read_file(path))
    if not given:
        return split(examples, data.held_out, seed=seed, keys=data.group_by)
    own, others = (split(part, 0.0, keys=data.group_by) for part in (examples, given))
    return Split(
        train=own.train,
        held_out=others.train,
        train_groups=own.train_groups,
        held_out_groups=others.train_groups,
    )


def prepared(data: DataRecipe, parts: Split, base: Base) -> Prepared:
    """Raises:
    UserError: every answer is too long, or an example cannot be encoded.
    """
    every = (*parts.train, *parts.held_out)
    names = sorted({_task(each, data) for each in every})

    def encoded(part: Sequence[AnyExample]) -> Encoded:
        tasks = [names.index(_task(each, data)) for each in part] if data.task_by else None
        return encode(base.tokenizer, part, data.max_tokens, tasks=tasks)

    train, held_out = encoded(parts.train), encoded(parts.held_out)
    if not train.rows or (parts.held_out and not held_out.rows):
        raise UserError(f"no answer has less than {data.max_tokens} tokens: raise data.max_tokens")
    return Prepared(
        split=parts,
        groups=tuple(group_of(parts.train[place], data.group_by) for place in train.places),
        digest=_digest(every),
        train=train,
        held_out=held_out,
        max_tokens=data.max_tokens,
        tasks=tuple(names) if data.task_by else (),
        pad=pad_id(base.tokenizer),
    )


def _task(example: AnyExample, data: DataRecipe) -> str:
    return str(example.about.get(data.task_by, ""))


def _kind(example: AnyExample) -> str:
    if isinstance(example, InformedExample):
        return "distil"
    return "preference" if isinstance(example, PreferenceExample) else "sft"


def _digest(examples: Sequence[AnyExample]) -> str:
    lines = "".join(f"{each.model_dump_json()}\n" for each in examples)
    return hashlib.sha256(lines.encode()).hexdigest()
