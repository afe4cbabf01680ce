"""Methods side by side: each at the same number of trainable parameters, and each for the same time.

FOLDER/comparison.json   what is compared; a folder goes on with the same comparison only
FOLDER/fits.jsonl        a line a method: its size, its learning rate
FOLDER/trials.jsonl      a line a trial; what is there is not done again
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adaptation.base import Base, load_base
from adaptation.comparison.fitting import FitRecord, fitted
from adaptation.comparison.sizes import sized
from adaptation.comparison.trial import Arena, Budget, Trial, run_trial
from adaptation.data.encoding import AnyExample, Row
from adaptation.data.preparing import examples_of, guarded_split, prepared
from adaptation.evaluating import neutral_batches, neutral_text
from adaptation.job import device_of
from adaptation.manifest import base_record
from adaptation.recipe import Recipe
from adaptation.registry import entries
from core.errors import AtlasError, UserError
from core.jsonl import numbered_lines

SETTINGS, FITS, TRIALS = "comparison.json", "fits.jsonl", "trials.jsonl"
LIKE_LORA = 8
"""Without a number of parameters it is that of LoRA at this rank."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Comparison(_Part):
    """`recipe` says base, data, batch size, device and training; its method, options and rate are not used.

    No `methods`: all. No `seconds`: those that LoRA needs for the steps of the recipe. Of `rates` each method
    has the one with the lowest loss on learned rows after a third of the steps.
    """

    recipe: Recipe
    methods: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = (Budget.PARAMETERS, Budget.TIME)
    parameters: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    seeds: int = Field(default=3, ge=1)
    rates: tuple[float, ...] = Field(default=(3e-4, 1e-3, 3e-3, 1e-2), min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything there is when a comparison is whole. `parameters` and `seconds` are the budgets."""

    parameters: int
    seconds: float
    device: str
    fits: tuple[FitRecord, ...]
    trials: tuple[Trial, ...]


Told = Callable[[str], None]


def compare(
    asked: Comparison,
    folder: Path,
    *,
    examples: Sequence[AnyExample] | None = None,
    base: Base | None = None,
    told: Told = lambda _: None,
) -> Results:
    """Run what is not yet in `folder`, and give everything.

    A method that cannot be attached, diverges or has no time left is told with its fault; the others go on.

    Raises:
        UserError: wrong settings, data or model; the folder holds another comparison.
    """
    given = examples_of(asked.recipe.data) if examples is None else examples
    work = _Work(asked, folder, given, base, told)
    for name in work.names:
        work.fit(name)
    for budget in asked.budgets:
        for name in work.names:
            for seed in range(asked.seeds):
                work.trial(name, budget, seed)
    return work.results()


class _Work:
    def __init__(
        self,
        asked: Comparison,
        folder: Path,
        examples: Sequence[AnyExample],
        base: Base | None,
        told: Told,
    ) -> None:
        self.asked, self._folder, self._told = asked, folder, told
        known = [entry.name for entry in entries() if entry.kind.tunes]
        unknown = [name for name in asked.methods if name not in known]
        if unknown:
            raise UserError(f"no adapter method {unknown[0]}: choose from {', '.join(known)}")
        self.names = asked.methods or tuple(known)
        data = asked.recipe.data.model_copy(update={"task_by": ""})
        parts = guarded_split(data, examples, asked.recipe.training.seed)
        base = base or load_base(asked.recipe.base)
        self._rows = prepared(data, parts, base)
        rows = (*self._rows.train.rows, *self._rows.held_out.rows)
        if not self._rows.held_out.rows or not all(isinstance(row, Row) for row in rows):
            raise UserError("a comparison needs answers, not pairs, and some held out: set data.held_out")
        self._neutral = neutral_batches(base.tokenizer, neutral_text())
        self._arena = self._met(base)
        self._claim()
        self._fits = {each.method: each for each in _read(folder / FITS, FitRecord)}
        self._trials = {(each.method, each.budget, each.seed): each for each in _read(folder / TRIALS, Trial)}
        self._parameters = asked.parameters or LIKE_LORA * sized("lora", self._arena.model, 1).parameters

    def _met(self, base: Base) -> Arena:
        recipe, rows = self.asked.recipe, self._rows
        arena = Arena(
            model=base.model.to(device_of(recipe.device)),
            learned=rows.train.rows,
            held_out=rows.held_out.rows,
            neutral=self._neutral,
            pad=rows.pad,
            batch_size=recipe.batch_size,
            rows_for=lambda capabilities: rows.rows_for(capabilities, recipe.calibration_batches),
        )
        arena.measure_base()
        return arena

    def _claim(self) -> None:
        mine = {
            "comparison": self.asked.model_dump(mode="json", exclude={"methods", "seeds", "budgets"}),
            "data": self._rows.digest,
            "base": base_record(self.asked.recipe.base).sha256,
        }
        text, file = json.dumps(mine, indent=1) + "\n", self._folder / SETTINGS
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.write_text(text, encoding="utf-8")
            elif file.read_text(encoding="utf-8") != text:
                raise UserError(f"{self._folder} holds another comparison: name another folder, or delete it")
        except OSError as error:
            raise UserError(f"cannot write {self._folder}: {error.strerror}") from error

    def fit(self, name: str) -> None:
        """Choose size and rate, unless that is done."""
        if name in self._fits:
            return
        try:
            record = fitted(name, self._arena, self._parameters, self.asked.rates, self.asked.recipe.training)
        except AtlasError as error:
            record = FitRecord(method=name, fault=str(error))
        self._fits[name] = record
        _append(self._folder / FITS, record)
        size = f"{record.parameters} parameters, rate {record.learning_rate:g}"
        self._told(f"{name}: {record.fault or size}")
        self._restored()

    def trial(self, name: str, budget: Budget, seed: int) -> None:
        """Run it, unless that is done."""
        if (name, budget, seed) in self._trials:
            return
        record = self._fits[name]
        config = self.asked.recipe.training.model_copy(
            update={"learning_rate": record.learning_rate or 1.0, "seed": seed, "seconds": None}
        )
        started = time.monotonic()
        try:
            if record.fault:
                raise UserError(record.fault)
            seconds = self._seconds() if budget is Budget.TIME else None
            found = run_trial(self._arena, record.fit(), budget, config, seconds)
        except AtlasError as error:
            found = Trial(method=name, budget=budget, seed=seed, fault=str(error))
        self._trials[name, budget, seed] = found
        _append(self._folder / TRIALS, found)
        told = found.fault or (f"held-out loss {found.after.loss:.4f}" if found.after else "")
        self._told(f"{name}, equal {budget}, seed {seed}: {told} ({time.monotonic() - started:.0f} s)")
        self._restored()

    def _restored(self) -> None:
        """The next method meets the base as it was: where one has left a trace, it is loaded anew."""
        if not self._arena.is_untouched():
            self._told("the base was changed and is loaded anew")
            self._arena = self._met(load_base(self.asked.recipe.base))

    def _seconds(self) -> float:
        """The budget of time."""
        if self.asked.seconds is not None:
            return self.asked.seconds
        self.fit("lora")
        return self._fits["lora"].step_seconds * self.asked.recipe.training.steps

    def results(self) -> Results:
        names = set(self.names)
        device = next(self._arena.model.parameters()).device
        shown = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
        return Results(
            parameters=self._parameters,
            seconds=self._seconds() if Budget.TIME in self.asked.budgets else 0.0,
            device=f"{shown}, {torch.get_num_threads()} threads",
            fits=tuple(each for each in self._fits.values() if each.method in names),
            trials=tuple(
                self._trials[name, budget, seed]
                for budget in self.asked.budgets
                for name in self.names
                for seed in range(self.asked.seeds)
            ),
        )


def _read(path: Path, kind: type[Any]) -> Iterator[Any]:
    """Whole lines; one that was cut off when the process was killed is done again."""
    if not path.exists():
        return
    for _, line in numbered_lines(path.read_text(encoding="utf-8")):
        try:
            yield kind.model_validate_json(line)
        except ValidationError:
            continue


def _append(path: Path, record: BaseModel) -> None:
    cut = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if cut else "") + record.model_dump_json() + "\n")
        file.flush()
