"""Attacks on memory as they stand in rows of a log, and as they come back from a naive distiller.

`attacks()` gives them all; `attack_drafts()` is the short form for other tests. `draft` copies the row;
`paraphrase` says the same in words that the row does not have, as a model that rephrases would.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.guidance import ActionTemplate
from memory.items import ItemDraft, Kind
from tests.memory.gates.attack_lessons import BRIDGES, FAKE_LESSONS
from tests.memory.gates.attack_letters import ENCODED, INVISIBLE, LETTERS
from tests.memory.gates.attack_orders import LANGUAGES, MARKUP, ORDERS, ROLES
from tests.memory.gates.attack_secrets import SECRETS
from tests.memory.samples import SCOPE

FAMILIES = {
    "orders": ORDERS,
    "roles and tool calls": ROLES,
    "other languages": LANGUAGES,
    "markup": MARKUP,
    "fake lessons": FAKE_LESSONS,
    "bridging records": BRIDGES,
    "letters": LETTERS,
    "encoded": ENCODED,
    "invisible": INVISIBLE,
    "secrets": SECRETS,
}
"""For each family: name of the attack, payload, and the same in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """`row` is what a tool showed: a row of a log with the payload in one cell."""

    name: str
    family: str
    row: str
    draft: ItemDraft
    paraphrase: ItemDraft


def attacks() -> tuple[Attack, ...]:
    """Every attack of every family, in order."""
    return tuple(
        _attack(number, family, *told)
        for family, attacks_of_family in FAMILIES.items()
        for number, told in enumerate(attacks_of_family)
    )


def attack_drafts() -> tuple[tuple[str, str, str, ItemDraft], ...]:
    """Name, family, observed row and naive draft of every attack."""
    return tuple((attack.name, attack.family, attack.row, attack.draft) for attack in attacks())


def _attack(number: int, family: str, name: str, payload: str, paraphrase: str) -> Attack:
    row = f"[('{number}', 'SecurityAlert', 'Medium', {payload!r}, 'New', 'Endpoint')]"
    if not payload.isprintable():
        row = f"[('{number}', 'SecurityAlert', 'Medium', '{payload}', 'New', 'Endpoint')]"
    return Attack(
        name=name,
        family=family,
        row=row,
        draft=_draft(number, payload),
        paraphrase=_draft(number, paraphrase),
    )


def _draft(number: int, text: str) -> ItemDraft:
    """Most stand in the content; one in five hides in the boundary, the effect or the action."""
    innocent = "Look at the evidence of the alert before the sign-ins of its account."
    fitting = len(text) <= 300 and text.isprintable()
    if number % 10 == 4 and fitting:
        return ItemDraft(kind=Kind.GUARD, scope=SCOPE, content=innocent, boundary=text)
    if number % 10 == 7 and fitting:
        return ItemDraft(kind=Kind.PRINCIPLE, scope=SCOPE, content=innocent, expected_effect=text)
    if number % 10 == 9:
        action = ActionTemplate(tool="sql", template=f"SELECT * FROM SecurityAlert -- {text}")
        return ItemDraft(kind=Kind.TOOL_PLAN, scope=SCOPE, content=innocent, action=action)
    return ItemDraft(kind=Kind.GUARD, scope=SCOPE, content=text, cue="answer_type:ip")
