"""`atlas demo`: the main job from end to end, with no key and no download."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.options import Json, Seed


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Where to write the learning curve; default: the demo's home.")
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Learn on some synthetic incidents, then test on others, the same questions with memory off and on."""
    from app.demonstration import run_demo
    from app.output import print_json, print_text

    shown = run_demo(seed=seed, curve=out)
    if as_json:
        print_json(shown.document)
    else:
        print_text(shown.text)
