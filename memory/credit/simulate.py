"""The rates of the credit statistics on simulated items, as Markdown tables on standard output.

python -m memory.credit.simulate --seed 0
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from memory.credit.confounding import confounding_markdown, confounding_rows
from memory.credit.power import power_markdown, power_table
from memory.credit.regret import regret_markdown, regret_rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Rates of the credit statistics on simulated items.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repetitions", type=int, default=1000)
    chosen = parser.parse_args(arguments)
    few = max(chosen.repetitions // 5, 2)
    sections = (
        (
            "Items shown at random",
            power_markdown(power_table(repetitions=chosen.repetitions, seed=chosen.seed)),
        ),
        (
            "An item recalled more often on hard tasks",
            confounding_markdown(confounding_rows(repetitions=chosen.repetitions, seed=chosen.seed)),
        ),
        (
            "Success chance lost by the choice of 6 items of 12, summed over 500 tasks",
            regret_markdown(regret_rows(repetitions=few, seed=chosen.seed)),
        ),
    )
    for title, table in sections:
        sys.stdout.write(f"## {title}\n\n{table}\n")


if __name__ == "__main__":
    main()
