"""`atlas ideas outcomes|homogeneity|rating-kit|ratings`: what is learned of ideas after their run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Json, Seed
from core.errors import UserError

if TYPE_CHECKING:
    from ideation.evaluation.outcomes import BeforeAfter
    from ideation.evaluation.rating_returns import Rating
    from ideation.evaluation.resampling import Estimate
    from ideation.report.record import RunRecord

OUTCOMES_FILE, KEY_FILE = "outcomes.json", "key.csv"
Run = Annotated[str, typer.Argument(help="Folder of a run, or its name in this home.")]


def outcomes(
    run: Run,
    file: Annotated[
        Path | None,
        typer.Argument(help="What became of ideas: JSON, JSON lines or CSV, `id` and numbers by name."),
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Attach what became of a run's ideas, and correlate it with what was thought of them before.

    Values that were attached before stay, those of the same name and idea are replaced.
    """
    from app.ideas.reporting import read_folder
    from app.output import print_json, print_text, say
    from ideation.evaluation.outcomes import before_after, read_outcomes

    folder, record = read_folder(run)
    held = _held(folder / OUTCOMES_FILE)
    if file is not None:
        found = read_outcomes(_text(file), [idea.id for idea in record.ideas])
        for problem in found.problems:
            say(f"{file.name}, {problem}")
        for field, values in found.values.items():
            held.setdefault(field, {}).update(values)
        _replace(folder / OUTCOMES_FILE, json.dumps(held, indent=2, sort_keys=True) + "\n")
    if not held:
        raise UserError(f"the run {run} has no outcomes yet: give a file of them")
    compared = before_after(_before(record), held, seed=seed)
    if as_json:
        print_json({"outcomes": held, "correlations": [asdict(each) for each in compared]})
    else:
        print_text(
            "\n".join(["before        after            ideas  rank correlation", *map(_line, compared)])
        )


def _before(record: RunRecord) -> dict[str, dict[str, float]]:
    if not record.judges:
        raise UserError("this run ranked nothing, so there is nothing to compare outcomes with")
    found = {"strength": {idea.id: idea.strength for idea in record.ideas}}
    for axis in (judge.axis for judge in record.judges):
        found[axis] = {idea.id: idea.axes[axis] for idea in record.ideas if axis in idea.axes}
    return found


def _line(each: BeforeAfter) -> str:
    return f"{each.before:<13} {each.after:<16} {each.rho.n:>5}  {told(each.rho, '+.2f')}"


def told(estimate: Estimate, form: str = ".2f") -> str:
    """The value with its interval, in words where there is none."""
    if estimate.value is None:
        return "cannot be told"
    if estimate.interval is None:
        return f"{estimate.value:{form}}"
    return f"{estimate.value:{form}} ({estimate.interval.low:{form}} to {estimate.interval.high:{form}})"


def homogeneity(
    runs: Annotated[list[str], typer.Argument(help="Two runs or more on one topic: folders or names.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Tell how alike the sets of ideas of several runs are: of different models, users or methods."""
    import asyncio

    import numpy as np

    from app.ideas.reporting import read_folder
    from app.ideas.workshop import the_embedder
    from app.output import print_json, print_text, say
    from core.settings import load_settings
    from ideation.evaluation.homogeneity import homogeneity as compare
    from ideation.likeness.duplicates import find_duplicates

    if len(set(runs)) < len(runs) or len(runs) < 2:
        raise UserError("name two different runs or more")
    records = {run: read_folder(run)[1] for run in runs}
    topics = {record.topic for record in records.values()}
    if len(topics) > 1:
        say(f"note: these runs are on {len(topics)} topics; sets on different topics are unlike anyway")
    texts = {
        f"{run}\x1f{idea.id}": "\n".join((idea.title, idea.problem, idea.mechanism))
        for run, record in records.items()
        for idea in record.ideas
    }
    embedder = the_embedder(load_settings())
    twins = asyncio.run(find_duplicates(texts, embedder=embedder, context=" ".join(sorted(topics))))
    group = {name: number for number, names in enumerate(twins.groups) for name in names}
    names = {run: [f"{run}\x1f{idea.id}" for idea in record.ideas] for run, record in records.items()}
    found = compare(
        {
            run: np.asarray(embedder.embed([texts[each] for each in own]), dtype=np.float64)
            for run, own in names.items()
        },
        {run: [group[each] for each in own] for run, own in names.items()},
        seed=seed,
    )
    if as_json:
        print_json(asdict(found))
        return
    lines = [
        f"{each.name}: {each.ideas} ideas, {each.effective:.1f} different ones (Vendi)"
        + ("" if each.within is None else f", mean cosine {each.within:.2f}")
        for each in found.sets
    ]
    lines += [
        f"{each.one} and {each.other}: mean cosine {each.across:.2f}, to the nearest {told(each.nearest)},"
        f" share with a twin {told(each.shared)}"
        for each in found.overlaps
    ]
    print_text("\n".join([*lines, f"different together, of the sum of each: {found.distinct:.2f}"]))


def rating_kit(
    run: Run,
    rater: Annotated[list[str], typer.Option("--rater", help="Name of a rater; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder to write the sheets into.")],
    seed: Seed = 0,
) -> None:
    """Write a blind rating sheet for each rater (CSV and one HTML page), and a key that stays with you."""
    from app.ideas.reporting import read_folder
    from app.output import print_text
    from ideation.evaluation.rating_kit import Shown, key_csv, make_kit, sheet_csv
    from ideation.evaluation.rating_page import sheet_page

    record = read_folder(run)[1]
    shown = [
        Shown(
            id=idea.id,
            title=idea.title,
            text="\n\n".join(
                each for each in (idea.problem, idea.mechanism, idea.prediction, idea.evaluation) if each
            ),
        )
        for idea in record.ideas
    ]
    kit = make_kit(shown, rater, seed=seed)
    if len({_file_name(name) for name in rater}) < len(rater):
        raise UserError("two raters' names make one file name: name them by letters and digits")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for sheet in kit.sheets:
            name = _file_name(sheet.rater)
            (out / f"sheet-{name}.csv").write_text(sheet_csv(sheet), encoding="utf-8", newline="")
            (out / f"sheet-{name}.html").write_text(sheet_page(sheet), encoding="utf-8")
        (out / KEY_FILE).write_text(key_csv(kit.key), encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}") from None
    print_text(
        f"{len(kit.sheets)} sheets in {out}; keep {KEY_FILE} from the raters. Put what they send back beside"
        " it as ratings-NAME.csv, then: atlas ideas ratings " + str(out)
    )


def ratings(
    kit: Annotated[Path, typer.Argument(help="Folder with key.csv and the ratings-NAME.csv that came back.")],
    wanted: Annotated[float, typer.Option(help="Reliability of the mean rating that is wanted.")] = 0.7,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Read sheets that came back: agreement of the raters by axis, and how many raters are needed.

    With --json, `ideas` has the mean ratings in the form that `atlas ideas outcomes RUN FILE` reads.
    """
    from app.output import print_json, print_text, say
    from ideation.evaluation.rating_kit import AXES
    from ideation.evaluation.rating_returns import axis_reliability, read_key, read_return

    key = read_key(_text(kit / KEY_FILE))
    every: list[Rating] = []
    back = 0
    for name in dict.fromkeys(rater for rater, _, _ in key.rows):
        file = kit / f"ratings-{_file_name(name)}.csv"
        if not file.exists():
            say(f"note: {name} sent nothing back yet ({file.name})")
            continue
        found = read_return(_text(file), rater=name, key=key, axes=AXES)
        for problem in found.problems:
            say(problem)
        say(f"{name}: {len(found.ratings)} answers, {found.empty} questions left empty")
        every += found.ratings
        back += 1
    if not every:
        raise UserError(f"{kit} holds no rating yet: put the sheets that came back into it")
    reliable = axis_reliability(every, wanted=wanted, seed=seed)
    if as_json:
        print_json(
            {
                "raters": back,
                "ideas": _means(every),
                "axes": {axis: asdict(each) for axis, each in reliable.items()},
            }
        )
        return
    lines = [
        f"{axis:<14} ICC(1) {told(each.icc)}; alpha {told(each.alpha)}; raters for a mean of reliability"
        f" {wanted:g}: {each.needed.raters or 'cannot be told'}"
        for axis, each in reliable.items()
    ]
    print_text("\n".join([f"{back} raters", *lines]))


def _means(every: list[Rating]) -> list[dict[str, object]]:
    by_idea: dict[str, dict[str, list[int]]] = {}
    for each in every:
        if each.value is not None:
            by_idea.setdefault(each.idea, {}).setdefault(f"rated {each.axis}", []).append(each.value)
    return [
        {"id": idea, **{axis: sum(values) / len(values) for axis, values in sorted(axes.items())}}
        for idea, axes in sorted(by_idea.items())
    ]


def _file_name(rater: str) -> str:
    """As the page names what it saves."""
    return "".join(c if c.isalnum() else "-" for c in rater)


def _held(file: Path) -> dict[str, dict[str, float]]:
    if not file.exists():
        return {}
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        return {str(field): {str(i): float(v) for i, v in values.items()} for field, values in raw.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UserError(f"{file} holds no outcomes ({error}): delete it") from None


def _replace(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
