"""A company drawn from a seed: its people, devices and addresses, and makers of fresh values."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from benchmarks.synthetic.entities import Account, FileItem, Host, IpAddress, Url
from benchmarks.synthetic.names import (
    COMPANIES,
    FIRST_NAMES,
    HOST_STYLES,
    LAST_NAMES,
    SITE_WORDS,
    UNITS,
)

ACCOUNTS = 36
WORKSTATIONS = 20
SERVERS = 12
CONTROLLERS = 5


class World:
    """People and devices of one incident's company; the `fresh_*` makers never give a value twice.

    Numbers inside addresses and host names have a fixed width, so that no value is a prefix of another.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._used: set[str] = set()
        company = rng.choice(COMPANIES)
        unit = rng.choice(UNITS)
        self.dns_domain = f"{unit}.{company}.example"
        self.nt_domain = company.upper()[:12]
        self.tenant_id = self.guid()
        self.directory_id = self.guid()
        self.subscription_id = self.guid()
        self.start = datetime(2025, 1, 6, tzinfo=UTC) + timedelta(minutes=rng.randrange(300 * 24 * 60))
        self._sid_prefix = "S-1-5-21-" + "-".join(str(rng.randrange(10**8, 10**9)) for _ in range(3))
        self._subnet = rng.randrange(100, 250)
        self._host_style = rng.choice(HOST_STYLES)
        self._host_prefix = company[:3]
        self.accounts = self._people()
        self.workstations = [self._host("ws", "Windows 11") for _ in range(WORKSTATIONS)]
        self.servers = [self._host("srv", "Windows Server 2022") for _ in range(SERVERS)]
        self.controllers = [self._host("dc", "Windows Server 2019") for _ in range(CONTROLLERS)]
        self._next_account = iter(self.accounts)
        self._next_workstation = iter(self.workstations)
        self._next_server = iter(self.servers)
        self._next_controller = iter(self.controllers)

    @property
    def hosts(self) -> list[Host]:
        return [*self.workstations, *self.servers, *self.controllers]

    def account(self) -> Account:
        """The next person that no story has used."""
        return next(self._next_account)

    def workstation(self) -> Host:
        return next(self._next_workstation)

    def server(self) -> Host:
        return next(self._next_server)

    def controller(self) -> Host:
        return next(self._next_controller)

    def guid(self) -> str:
        text = f"{self.rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def hexadecimal(self, digits: int) -> str:
        return f"{self.rng.getrandbits(digits * 4):0{digits}x}"

    def ip(self) -> IpAddress:
        """A fresh outside address out of the range kept for benchmarks (RFC 2544)."""
        rng = self.rng
        return IpAddress(
            address=self._fresh(f"198.{18 + rng.randrange(2)}.{_octet(rng)}.{_octet(rng)}" for _ in range(99))
        )

    def domain(self, word: str) -> str:
        rng = self.rng
        return self._fresh(
            f"{word}-{rng.choice(SITE_WORDS)}{rng.randrange(100, 999)}.example" for _ in range(99)
        )

    def url(self, word: str) -> Url:
        scheme = self.rng.choice(("http", "https"))
        return Url(url=f"{scheme}://{self.domain(word)}/{self.hexadecimal(6)}")

    def file(self, name: str, folder: str) -> FileItem:
        return FileItem(name=name, folder=folder, sha1=self.hexadecimal(40), sha256=self.hexadecimal(64))

    def file_name(self, words: tuple[str, ...], ending: str) -> str:
        rng = self.rng
        return self._fresh(f"{rng.choice(words)}{rng.randrange(100, 999)}.{ending}" for _ in range(99))

    def _fresh(self, candidates: Iterator[str]) -> str:
        for candidate in candidates:
            if candidate not in self._used:
                self._used.add(candidate)
                return candidate
        raise RuntimeError("the world ran out of fresh values")

    def _people(self) -> list[Account]:
        rng = self.rng
        shown = rng.sample([(f, s) for f in FIRST_NAMES for s in LAST_NAMES], ACCOUNTS)
        aliases = rng.sample([(f, s) for f in FIRST_NAMES for s in LAST_NAMES], ACCOUNTS)
        style = rng.choice(("{f}.{s}", "{f}_{s}", "{s}.{f}"))
        numbers = rng.sample(range(1100, 9900), ACCOUNTS)
        letters = rng.choice(("u", "x", "e", "k"))
        return [
            Account(
                display_name=f"{first} {last}",
                # The sign-in name was given before a change of name: it says nothing of the one shown.
                upn=f"{style.format(f=alias[0], s=alias[1]).lower()}@{self.dns_domain}",
                name=f"{letters}{number}{alias[1][:2].lower()}",
                sid=f"{self._sid_prefix}-{number}",
                aad_id=self.guid(),
                nt_domain=self.nt_domain,
            )
            for (first, last), alias, number in zip(shown, aliases, numbers, strict=True)
        ]

    def _host(self, kind: str, system: str) -> Host:
        rng = self.rng
        name = self._fresh(
            self._host_style.format(p=self._host_prefix, k=kind, n=rng.randrange(100, 999))
            for _ in range(999)
        )
        address = self._fresh(f"10.{self._subnet}.{_octet(rng)}.{_octet(rng)}" for _ in range(99))
        return Host(
            name=name,
            dns_domain=self.dns_domain,
            nt_domain=self.nt_domain,
            device_id=self.hexadecimal(40),
            local_ip=address,
            os=system,
        )


def _octet(rng: random.Random) -> int:
    return rng.randrange(100, 250)
