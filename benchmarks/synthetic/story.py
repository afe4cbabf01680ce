"""A story: the alerts of one incident in the order of time, with their entities."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks.synthetic.catalog import AlertType, catalog
from benchmarks.synthetic.entities import (
    Account,
    Entity,
    FileItem,
    Host,
    IpAddress,
    Mail,
    Process,
    Url,
    identifiers,
)
from benchmarks.synthetic.names import LURE_WORDS, SUBJECTS
from benchmarks.synthetic.products import FACTS, Product, vendor_id
from benchmarks.synthetic.world import World

SYSTEM_FOLDER = "C:\\Windows\\System32"
SHELL_FOLDER = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `system_id` is the id that incidents list, `evidence_id` the id that AlertEvidence uses."""

    type: AlertType
    system_id: str
    vendor_id: str
    time: datetime
    entities: tuple[Entity, ...]

    @property
    def product(self) -> Product:
        return self.type.product

    @property
    def evidence_id(self) -> str:
        return FACTS[self.product].prefix + self.vendor_id

    @property
    def host(self) -> Host | None:
        return next((entity for entity in self.entities if isinstance(entity, Host)), None)

    @property
    def account(self) -> Account | None:
        return next((entity for entity in self.entities if isinstance(entity, Account)), None)

    @property
    def address(self) -> IpAddress | None:
        return next((entity for entity in self.entities if isinstance(entity, IpAddress)), None)

    @property
    def url(self) -> Url | None:
        return next((entity for entity in self.entities if isinstance(entity, Url)), None)

    @property
    def mail(self) -> Mail | None:
        return next((entity for entity in self.entities if isinstance(entity, Mail)), None)

    @property
    def processes(self) -> tuple[Process, ...]:
        return tuple(entity for entity in self.entities if isinstance(entity, Process))

    @property
    def files(self) -> tuple[FileItem, ...]:
        return tuple(entity for entity in self.entities if isinstance(entity, FileItem))


class Story:
    """Collects alerts while an archetype tells what happened; time goes on with every alert.

    `keep` is the share of the optional alerts that stay. An alert of fewer than three identifiers is refused.
    """

    def __init__(self, world: World, rng: random.Random, start: datetime, keep: float = 0.85) -> None:
        self.world = world
        self.rng = rng
        self.now = start
        self.alerts: list[Alert] = []
        self._keep = keep

    def alert(self, key: str, *entities: Entity, always: bool = False) -> None:
        """Raise an alert of a catalog type now; unless `always`, it may be left out."""
        self.now += timedelta(seconds=self.rng.randrange(60, 900), microseconds=self.rng.randrange(10**6))
        if not always and self.rng.random() > self._keep:
            return
        kind = catalog()[key]
        if sum(len(identifiers(entity)) for entity in entities) < 3:
            raise ValueError(f"the alert {key} has fewer than three identifiers")
        alert = Alert(
            type=kind,
            system_id=self.world.guid(),
            vendor_id=vendor_id(kind.product, self.world),
            time=self.now,
            entities=entities,
        )
        self.alerts.append(alert)

    def process(self, image: str, command_line: str, folder: str = SYSTEM_FOLDER) -> Process:
        """A process created within the last minute of the story."""
        rng = self.rng
        created = self.now - timedelta(seconds=rng.randrange(1, 60), microseconds=rng.randrange(10**6))
        return Process(
            image=self.world.file(image, folder),
            command_line=command_line,
            process_id=rng.randrange(1200, 19999),
            created=created,
        )

    def shell(self, arguments: str) -> Process:
        return self.process("powershell.exe", f"powershell.exe {arguments}", SHELL_FOLDER)

    def mail(
        self, recipient: Account, url: Url | None, *, clicked: bool = False, sender: str | None = None
    ) -> Mail:
        """A message that lures the recipient; it comes from outside unless a sender is given."""
        rng, world = self.rng, self.world
        word = rng.choice(LURE_WORDS)
        return Mail(
            message_id=world.guid(),
            subject=rng.choice(SUBJECTS).format(w=word),
            sender=sender or f"{rng.choice(('no-reply', 'desk', 'billing', 'notice'))}@{world.domain(word)}",
            sender_ip=world.ip().address,
            recipient=recipient,
            url=url,
            clicked=clicked,
        )
