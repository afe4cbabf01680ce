"""Sentences of questions: several ways to open a context, to mean an alert, and to ask for a value."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

from benchmarks.synthetic.catalog import AlertType
from benchmarks.synthetic.entities import Identifier, NodeKind

NAMED_SHARE = 0.4
"""How often a question names its end alert word for word."""
ECHO_SHARE = 0.6
"""How often a paraphrase uses words of the name, as people do, and not only words of the summary."""
COMMAND_SHARE = 0.5
"""How often a question about a process asks for no more than its command line."""
DATED_SHARE = 0.18
"""How often a context quotes a date."""

_LABELS = {
    NodeKind.IP: ("IP address",),
    NodeKind.NAME: ("short account name", "account name (not the e-mail address)"),
    NodeKind.SID: ("security identifier (SID) of the account", "SID of the user account"),
    NodeKind.AAD_ID: ("AAD user id of the account", "directory object id (AadUserId) of the user"),
    NodeKind.EMAIL: ("e-mail address of the user", "user principal name (e-mail form) of the account"),
    NodeKind.HOST: ("host", "device, by its short name,"),
    NodeKind.URL: ("URL", "full URL"),
    NodeKind.FILE: (
        "name of the file (not of a running program)",
        "file name, leaving running programs aside,",
    ),
    NodeKind.PROCESS: (
        "process id, creation time (UTC) and command line",
        "process id with the creation time and the command line of the process",
    ),
    NodeKind.SENDER: ("e-mail address of the sender of the message", "sender address of the mail"),
}
_COMMAND_LABELS = ("full command line of the process", "command line")
_ASKS = (
    "What is the {label} tied to {ref}?",
    "Which {label} does {ref} concern?",
    "Can you find the {label} that belongs to {ref}?",
    "Give the {label} seen with {ref}.",
)
_LEADS = (
    "The same incident holds one more finding.",
    "Another alert belongs to this incident.",
    "Work on from there to a related alert.",
    "",
)
_OPENINGS = (
    "An analyst has opened {ref}.",
    "The desk was handed {ref}.",
    "Work on a security incident starts from {ref}.",
    "During triage of an incident somebody came across {ref}.",
)
_SEEN = (
    "Seen with it: {things}.",
    "It involves {things}.",
    "The report speaks of {things}.",
    "On record are {things}.",
)
_THINGS = {
    NodeKind.IP: "the IP address `{v}`",
    NodeKind.NAME: "the account `{v}`",
    NodeKind.SID: "the SID `{v}`",
    NodeKind.AAD_ID: "the directory user `{v}`",
    NodeKind.EMAIL: "the user `{v}`",
    NodeKind.HOST: "the host `{v}`",
    NodeKind.URL: "the URL `{v}`",
    NodeKind.FILE: "the file `{v}`",
    NodeKind.PROCESS: "the command `{v}`",
    NodeKind.SENDER: "a message from `{v}`",
}
_STEPS = "The alert about {alias} shows {thing}."


def named(kind: AlertType) -> str:
    return f'the alert "{kind.plain_name}"'


def meant(rng: random.Random, kind: AlertType) -> str:
    """The alert by a noun phrase instead of its name."""
    phrases = kind.echoes if rng.random() < ECHO_SHARE else kind.aliases
    return f"the alert about {rng.choice(phrases)}"


def thing(identifier: Identifier) -> str:
    """An identifier in words; of a process its command line."""
    value = identifier.value
    if identifier.kind is NodeKind.PROCESS:
        value = value.split("__", 2)[2]
    return _THINGS[identifier.kind].format(v=value)


def context(rng: random.Random, kind: AlertType, seen: Sequence[Identifier], reported: date | None) -> str:
    """The start alert in short, some of its entities, and at times the day of the report."""
    ref = named(kind) if rng.random() < 0.5 else meant(rng, kind)
    parts = [rng.choice(_OPENINGS).format(ref=ref)]
    if rng.random() < 0.7:
        parts.append(kind.summary)
    things = [thing(identifier) for identifier in seen]
    listed = things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"
    parts.append(rng.choice(_SEEN).format(things=listed))
    if reported is not None:
        parts.append(f"The report is dated {reported.isoformat()}.")
    return " ".join(parts)


def question(
    rng: random.Random, kind: AlertType, asked: NodeKind, *, name: bool, same: bool, command: bool
) -> str:
    """The question for one identifier of the end alert.

    `same`: the end alert is the start alert as well. `command`: no more of a process than its command line.
    """
    label = rng.choice(_COMMAND_LABELS if command else _LABELS[asked])
    if same:
        return rng.choice(_ASKS).format(label=label, ref="this very alert")
    ref = named(kind) if name else meant(rng, kind)
    lead = rng.choice(_LEADS)
    ask = rng.choice(_ASKS).format(label=label, ref=ref)
    return f"{lead} {ask}" if lead else f"In the same incident: {ask[0].lower()}{ask[1:]}"


def solution_step(kind: AlertType, identifier: Identifier) -> str:
    """One sentence of the golden solution, with the entity in backticks."""
    return _STEPS.format(alias=kind.aliases[0], thing=thing(identifier))
