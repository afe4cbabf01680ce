"""Kinds of attacks. Each tells a story with fresh people, devices and addresses of a world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.synthetic.archetypes.backdoor import backdoor
from benchmarks.synthetic.archetypes.cloud import phish_to_cloud
from benchmarks.synthetic.archetypes.mailfraud import spray_to_mail_fraud
from benchmarks.synthetic.archetypes.ransomware import ransomware
from benchmarks.synthetic.story import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetype:
    """A kind of attack; `absent` are tables that logs of such an incident do not have."""

    name: str
    title: str
    tell: Callable[[Story], None]
    absent: frozenset[str] = frozenset()


ARCHETYPES: tuple[Archetype, ...] = (
    Archetype(
        name="ransomware",
        title="Human-operated ransomware attack on multiple endpoints",
        tell=ransomware,
        absent=frozenset({"UrlClickEvents", "EmailPostDeliveryEvents", "OfficeActivity"}),
    ),
    Archetype(
        name="backdoor",
        title="Multi-stage incident involving Execution & Persistence on multiple endpoints",
        tell=backdoor,
        absent=frozenset({"OfficeActivity", "UrlClickEvents"}),
    ),
    Archetype(
        name="mail_fraud",
        title="BEC financial fraud attack following a password-spray attack",
        tell=spray_to_mail_fraud,
        absent=frozenset({"DeviceRegistryEvents"}),
    ),
    Archetype(
        name="phish_to_cloud",
        title="Multi-stage incident involving Initial access & Credential access on multiple endpoints",
        tell=phish_to_cloud,
    ),
)
