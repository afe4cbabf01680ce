"""One incident: its world, its alerts, unrelated alerts around them, and the logs as a database has them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.synthetic.alertrows import alert_rows, incident_row
from benchmarks.synthetic.archetypes import ARCHETYPES, Archetype
from benchmarks.synthetic.cloudlogs import benign_mail, domain_logon_row, leave_in_cloud, mail_rows
from benchmarks.synthetic.devicelogs import device_row, leave_on_device
from benchmarks.synthetic.graph import AlertGraph
from benchmarks.synthetic.noise import Noise
from benchmarks.synthetic.products import Product
from benchmarks.synthetic.schema import positions
from benchmarks.synthetic.sheets import Row, Sheets
from benchmarks.synthetic.story import Alert, Story
from benchmarks.synthetic.world import World
from core.errors import UserError

GENERATOR_VERSION = 1
"""Raised with every change that alters a byte of any table or question."""
MIN_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`alerts` belong to the incident, `background` to others; `tables` are rows by table name.

    `reported` is the day that contexts quote: later than any row.
    """

    seed: int
    number: int
    archetype: str
    world: World
    alerts: tuple[Alert, ...]
    background: tuple[Alert, ...]
    graph: AlertGraph
    reported: date
    tables: Mapping[str, tuple[Row, ...]]

    @property
    def rows(self) -> int:
        return sum(len(rows) for rows in self.tables.values())


def archetype_of(seed: int, number: int) -> Archetype:
    """Incidents go round all archetypes, in an order that the seed decides."""
    order = random.Random(f"{GENERATOR_VERSION}/{seed}/order").sample(ARCHETYPES, len(ARCHETYPES))
    return order[(number - 1) % len(order)]


def build_incident(seed: int, number: int, rows: int = 3000) -> Incident:
    """Build incident `number` (from 1) of a seed with exactly `rows` rows; the same call, the same bytes.

    Raises:
        UserError: fewer rows than an attack and its surroundings need.
    """
    if rows < MIN_ROWS:
        raise UserError(f"a synthetic incident needs at least {MIN_ROWS} rows, not {rows}")
    rng = random.Random(f"{GENERATOR_VERSION}/{seed}/{number}")
    world = World(rng)
    archetype = archetype_of(seed, number)
    story = Story(world, rng, world.start)
    archetype.tell(story)
    background = _background(world, rng, archetype)
    sheets = Sheets(world.tenant_id, archetype.absent)
    noise = Noise(sheets, world)
    number_in_logs = rng.randrange(100, 900)
    incident_row(sheets, world, archetype.title, story.alerts, number_in_logs)
    for offset, alerts in enumerate(background, start=1):
        incident_row(sheets, world, alerts[0].type.plain_name, alerts, number_in_logs + offset)
    others = [alert for alerts in background for alert in alerts]
    _leave_traces(sheets, world, [*story.alerts, *others])
    noise.decoy_alerts()
    noise.fill(rows)
    return Incident(
        seed=seed,
        number=number,
        archetype=archetype.name,
        world=world,
        alerts=tuple(story.alerts),
        background=tuple(others),
        graph=AlertGraph(story.alerts),
        reported=(world.start + timedelta(days=rng.randrange(8, 15))).date(),
        tables=sheets.loaded(rng),
    )


def _background(world: World, rng: random.Random, archetype: Archetype) -> list[list[Alert]]:
    """Unrelated incidents: the same kind of attack on other people, and parts of another kind."""
    shadow = _tell(world, rng, archetype)
    shadow = sorted(rng.sample(shadow, round(len(shadow) * 0.6)), key=lambda alert: alert.time)
    others = [other for other in ARCHETYPES if other is not archetype]
    second = _tell(world, rng, rng.choice(others))
    on_devices = [alert for alert in second if alert.product is Product.ENDPOINT] or second
    second = [on_devices[0], *rng.sample([alert for alert in second if alert is not on_devices[0]], 3)]
    groups: list[list[Alert]] = []
    for alerts in (shadow, second):
        while alerts:
            size = rng.randrange(1, 4)
            groups.append(sorted(alerts[:size], key=lambda alert: alert.time))
            alerts = alerts[size:]
    return groups


def _tell(world: World, rng: random.Random, archetype: Archetype) -> list[Alert]:
    story = Story(world, rng, world.start + timedelta(minutes=rng.randrange(-40, 60)))
    archetype.tell(story)
    return story.alerts


def _leave_traces(sheets: Sheets, world: World, alerts: list[Alert]) -> None:
    mails: set[str] = set()
    for alert in alerts:
        alert_rows(sheets, alert)
        if alert.host is not None:
            leave_on_device(sheets, world, alert, alert.host)
        leave_in_cloud(sheets, world, alert)
        mail = alert.mail
        if mail is not None and mail.message_id not in mails:
            mails.add(mail.message_id)
            mail_rows(sheets, world, mail, alert.time - timedelta(minutes=30), removed=True)
            for _ in range(2):
                mail_rows(sheets, world, benign_mail(world, mail.recipient), alert.time, removed=False)
    for account in world.accounts:
        moment = world.start - timedelta(minutes=world.rng.randrange(5, 60))
        domain_logon_row(sheets, world, account, world.rng.choice(world.hosts), moment)
    for host in world.hosts:
        device_row(sheets, host, world.start - timedelta(minutes=world.rng.randrange(5, 60)))
    for _ in range(4):
        mail_rows(
            sheets, world, benign_mail(world, world.rng.choice(world.accounts)), world.start, removed=False
        )


def trap_slots(incident: Incident) -> Mapping[str, str]:
    """What the queries of `benchmarks.synthetic.traps` are filled with: facts about this incident."""
    seen = next(alert for alert in incident.alerts if alert.host is not None)
    alert = next(alert for alert in incident.alerts if alert.product is not Product.PROTECTION)
    person = next(alert.account for alert in incident.alerts if alert.account is not None)
    assert seen.host is not None
    message = incident.tables["EmailUrlInfo"][0][positions("EmailUrlInfo")["NetworkMessageId"]]
    return {
        "host": seen.host.name,
        "alert": alert.type.plain_name,
        "system_id": alert.system_id,
        "display_name": person.display_name,
        "reported": incident.reported.isoformat(),
        "message_id": message,
    }
