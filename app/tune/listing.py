"""`atlas tune list`: the methods, and the adapters of this home. It needs no extra."""

from __future__ import annotations

from app.options import Json


def list_methods(as_json: Json = False) -> None:
    """List the tuning methods with their papers, and the adapters of this home."""
    from adaptation.registry import entries
    from app.output import print_json, print_text
    from app.tune.options import kept_adapters

    methods = [
        {"name": each.name, "kind": each.kind.value, "paper": each.paper, "row": each.row}
        for each in entries()
    ]
    kept = kept_adapters()
    if as_json:
        print_json({"methods": methods, "adapters": list(kept)})
        return
    width = max(len(str(each["name"])) for each in methods)
    kinds = max(len(str(each["kind"])) for each in methods)
    lines = [f"{each['name']:<{width}}  {each['kind']:<{kinds}}  {each['paper']}" for each in methods]
    lines += ["", "adapters of this home: " + (", ".join(kept) or "none")]
    print_text("\n".join(lines))
