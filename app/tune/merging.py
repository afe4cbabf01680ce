"""`atlas tune merge`: an adapter and its base as one model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.options import Json
from app.tune.options import Adapter, BaseModel, Task


def merge(
    adapter: Adapter,
    out: Annotated[Path, typer.Option(help="Folder of the new model.")],
    base: BaseModel = None,
    task: Task = None,
    as_json: Json = False,
) -> None:
    """Write the base model with the adapter in its weights, and tell how far the two are apart."""
    from app.output import print_json, print_text
    from app.tune.options import opened

    found = opened(adapter, base, task)
    from adaptation.serving.merging import merge_to_folder

    merged = merge_to_folder(found, out)
    if as_json:
        print_json({"model": str(merged.folder), "error": merged.error})
    else:
        print_text(f"{merged.folder}: logits differ by {merged.error:.1e} at most from those of the adapter")
