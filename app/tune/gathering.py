"""Examples for a training from this home: traces of its runs, answers given with its pamphlets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.base import Base
    from adaptation.data.encoding import AnyExample, InformedExample
    from adaptation.data.traces import ActionForm, Traces
    from adaptation.recipe import DataRecipe, Recipe
    from core.adapters import SftExample
    from core.store import RunStore


def gathered(recipe: Recipe) -> tuple[tuple[AnyExample, ...] | None, Base | None]:
    """The examples of a recipe, and the base model where it was needed to make them; None for the examples
    leaves the recipe's files to the job.

    What was left out is told on standard error.

    Raises:
        UserError: a run or scope that is not there, or nothing in it that may be trained on.
    """
    data = recipe.data
    if data.scopes:
        from adaptation.base import load_base

        base = load_base(recipe.base)
        return (*_files(data), *_distilled(_from_pamphlets(data, base), data)), base
    if data.runs:
        return (*_files(data), *_from_runs(data)), None
    return None, None


def _files(data: DataRecipe) -> tuple[AnyExample, ...]:
    from adaptation.data.reading import read_file

    return tuple(example for path in data.files for example in read_file(path))


def _from_runs(data: DataRecipe) -> tuple[AnyExample, ...]:
    from adaptation.data.pamphlets import informed_traces
    from adaptation.recipe import Distil
    from app.house import House
    from app.output import say

    examples: list[SftExample] = []
    with House(reading=True) as house:
        for run in data.runs:
            found = traces_of(house.store, run, data.least_reward, data.action_form)
            for each in found.left_out:
                say(f"left out: {each.task}: {each.reason}")
            examples += found.examples
    if not examples:
        raise UserError("no episode of these runs was approved, so there is nothing to train on")
    if data.distil is Distil.NO:
        return tuple(examples)
    informed = informed_traces(examples)
    if not informed:
        raise UserError("no episode of these runs had advice from pamphlets: there is nothing to distil")
    say(f"{len(informed)} of {len(examples)} examples had advice from pamphlets")
    return _distilled(informed, data)


def traces_of(store: RunStore, run: str, least_reward: float, form: ActionForm) -> Traces:
    """Approved episodes; where a prompt must be written, it is the Student's own."""
    from adaptation.data.traces import TraceOptions, trace_examples
    from atlas.prompts import StudentPrompt
    from atlas.students.actions import SUBMIT_TOOL
    from benchmarks.sql.environment import DEFAULT_MAX_STEPS, SqlEnvironment

    steps = store.run(run).spec.config.get("max_steps")
    system = StudentPrompt(
        mode=form.value,
        tools=(*SqlEnvironment.tools, SUBMIT_TOOL),
        max_steps=steps if isinstance(steps, int) else DEFAULT_MAX_STEPS,
    ).render()
    return trace_examples(store, run, TraceOptions(least_reward=least_reward, form=form, system=system))


def _from_pamphlets(data: DataRecipe, base: Base) -> tuple[InformedExample, ...]:
    from adaptation.data.pamphlets import guidance_of, read_questions, taught
    from app.house import House

    if data.questions is None:
        raise UserError("pamphlets answer nothing by themselves: set data.questions to a file of questions")
    with House(reading=True) as house:
        library = house.shelf()
        items = tuple(item for scope in data.scopes for item in library.items(scope=scope))
    guidance = guidance_of(items)
    if guidance.empty:
        raise UserError(f"no live item for the Student in {', '.join(data.scopes)}")
    found = taught(base, guidance, read_questions(data.questions), most_tokens=data.answer_tokens)
    if not found:
        raise UserError("the base model answered none of the questions")
    return found


def _distilled(informed: tuple[InformedExample, ...], data: DataRecipe) -> tuple[AnyExample, ...]:
    from adaptation.data.pamphlets import hard_targets
    from adaptation.recipe import Distil

    return hard_targets(informed) if data.distil is Distil.HARD else informed
