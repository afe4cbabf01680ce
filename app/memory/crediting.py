"""`atlas memory credit`: what shown and withheld tasks say of an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.memory.options import ItemArgument
from app.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.memory.sheet import Sheet
    from memory.credit.outcome import Metric
    from memory.credit.tallies import Tally, Trials
    from memory.credit.uplift import Uplift
    from memory.items import Item
    from memory.ledger.crediting import Exposure


def credit(item_id: ItemArgument, as_json: Json = False) -> None:
    """What an item is worth: shown tasks against withheld ones."""
    from app.memory.documents import trials_json
    from app.memory.opening import reading
    from app.output import print_json

    with reading() as desk:
        item = desk.item(item_id)
        exposures, trials = desk.library.exposures(item.id), desk.library.trials(item.id)
        if as_json:
            print_json({**_credit_json(item, exposures), **trials_json(trials)})
            return
        sheet = desk.sheet()
        _add_credit(sheet, item, exposures, trials)
        sheet.print()


def _credit_json(item: Item, exposures: Sequence[Exposure]) -> dict[str, object]:
    low, high = _interval(item)
    return {
        "id": item.id,
        "version": item.version,
        "worth": {
            "mean": item.credit.mean,
            "alpha": item.credit.alpha,
            "beta": item.credit.beta,
            "ci95": [low, high],
        },
        "exposures": {
            "shown": sum(each.outcome == "shown" for each in exposures),
            "withheld": sum(each.outcome == "withheld" for each in exposures),
            "counted": sum(each.counted for each in exposures),
        },
    }


def _interval(item: Item) -> tuple[float, float]:
    from memory.credit.beta import Beta

    return Beta(alpha=item.credit.alpha, beta=item.credit.beta).interval()


def _add_credit(sheet: Sheet, item: Item, exposures: Sequence[Exposure], trials: Trials) -> None:
    from app.memory.listing import standing
    from memory.ledger.crediting import HARM_ALPHA

    shown = sum(each.outcome == "shown" for each in exposures)
    low, high = _interval(item)
    sheet.line(item.id, item.kind.value, *standing(item))
    sheet.words(item.content)
    sheet.facts(
        [
            ("worth", f"{item.credit.mean:.2f} ({low:.2f} to {high:.2f} with 95 %)"),
            ("shown", f"{shown} tasks"),
            ("withheld", f"{len(exposures) - shown} tasks"),
            ("counted", f"{sum(each.counted for each in exposures)} tasks have ended with a reward"),
            ("always shown", f"{trials.always} tasks, which nothing stands against" if trials.always else ""),
        ]
    )
    _add_metrics(sheet, trials)
    bound = f"believed from {1 / HARM_ALPHA:.0f} on"
    sheet.facts(
        [
            ("harm", f"e-value {trials.harm.e_value:.3g} after {trials.harm.n} tasks, {bound}"),
            ("help", f"e-value {trials.help.e_value:.3g} after {trials.help.n} tasks, {bound}"),
        ]
    )


def _add_metrics(sheet: Sheet, trials: Trials) -> None:
    from app.memory.sheet import Column
    from memory.credit.outcome import Metric
    from memory.credit.uplift import uplift

    rows = []
    for metric in Metric:
        arms, found = trials.metrics[metric], uplift(trials, metric)
        rows.append((metric.value, _arm(arms.shown, metric), _arm(arms.withheld, metric), _uplift(found)))
    columns = ("metric", "shown (n)", "withheld (n)", "uplift, 95 % interval")
    sheet.blank()
    sheet.table([Column(name=name, right=name != "metric", wide="%" in name) for name in columns], rows)
    sheet.blank()


def _arm(tally: Tally, metric: Metric) -> str:
    return f"{figure(tally.mean, metric)} ({tally.n})" if tally.n else "- (0)"


def _uplift(found: Uplift | None) -> str:
    if found is None:
        return "too few tasks"
    numbers = [figure(each, found.metric, sign=True) for each in (found.difference, found.low, found.high)]
    few = "" if found.enough else ", too few to believe"
    return f"{numbers[0]} ({numbers[1]} to {numbers[2]}{few})"


def figure(value: float, metric: Metric, *, sign: bool = False) -> str:
    """A mean or a difference of a metric: two digits of shares, one of steps, whole tokens."""
    digits = {"steps": 1, "tokens": 0}.get(metric.value, 2)
    return f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"
