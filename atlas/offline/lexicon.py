"""From what a question asks to how a column or a key may be called: English, not a schema.

A name is split into words (`RemoteIP` -> remote, ip); a rule is a set of alternatives for each word that
must be there. More specific rules weigh more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from atlas.offline.vocabulary import AnswerType

_Rule = tuple[frozenset[str], ...]


def _rule(*needs: str) -> _Rule:
    return tuple(frozenset(need.split("|")) for need in needs)


_USER, _ID, _NAME = "user|account|aad", "id|identifier", "name"
_RULES: Mapping[AnswerType, tuple[_Rule, ...]] = {
    AnswerType.IP: (_rule("ip|ipv4|ipaddress"), _rule("address")),
    AnswerType.SID: (_rule("sid"),),
    AnswerType.USER_ID: (_rule(_USER, _ID), _rule(_USER, "object", _ID), _rule("object", _ID)),
    AnswerType.DEVICE_ID: (_rule("aad|azure", "device|host|machine", _ID), _rule("device|host|machine", _ID)),
    AnswerType.EMAIL: (
        _rule("mail|email|mailbox", "address"),
        _rule("upn"),
        _rule("user", "principal", _NAME),
        _rule("recipient"),
        _rule("sender"),
    ),
    AnswerType.URL: (_rule("url|uri"), _rule("domain|link")),
    AnswerType.FILE: (_rule("file", _NAME), _rule("process", _NAME), _rule(_NAME)),
    AnswerType.HOST: (_rule("host|device|computer|machine", _NAME), _rule("host|computer")),
    AnswerType.ACCOUNT: (_rule("account|user", _NAME), _rule("display", _NAME), _rule(_NAME)),
    AnswerType.APP_ID: (_rule("app|application|saas", _ID),),
    AnswerType.RESOURCE: (_rule("resource", _ID), _rule("resource|subscription", _ID)),
    AnswerType.PROCESS: (_rule("command", "line"),),
    AnswerType.OTHER: (),
}
_EVENT_NAME = frozenset(
    [
        "title",
        "name",
        "alert",
        "incident",
        "event",
        "subject",
        "activity",
        "operation",
        "action",
        "type",
        "display",
    ]
)


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """Lower-case words of a CamelCase, snake_case or acronym-led name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", " ", name.replace("IPv4", "Ipv4 "))
    return tuple(spaced.lower().split())


@lru_cache(maxsize=8192)
def name_fit(kind: AnswerType, name: str) -> float:
    """How well a column or key name fits an answer type, in [0, 1]; 0 when no rule is met."""
    parts = name_words(name)
    have = set(parts)
    best = 0.0
    for rank, rule in enumerate(_RULES[kind]):
        if all(need & have for need in rule):
            best = max(best, (0.9**rank) * (0.6 + 0.4 * len(rule) / len(parts)))
    return min(best, 1.0)


@lru_cache(maxsize=4096)
def names_events(column: str) -> float:
    """How well a column name fits one that names what happened (a title), in [0, 1]."""
    parts = name_words(column)
    if not parts or not set(parts) <= _EVENT_NAME:
        return 0.0
    if "title" in parts:
        return 1.0
    if "name" in parts:
        return 0.9 if len(parts) > 1 and "display" not in parts else 0.7
    return 0.4
