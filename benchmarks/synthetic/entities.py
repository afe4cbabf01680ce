"""What alerts are about: accounts, hosts, processes, files, addresses, mails; and their identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NodeKind(StrEnum):
    """Kind of an entity node of the graph: `node_type/identifier_fields`, as in the public graphs."""

    IP = "ip/Address"
    NAME = "account/Name"
    SID = "account/Sid"
    AAD_ID = "account/AadUserId"
    EMAIL = "account/Email"
    HOST = "host/HostName"
    URL = "url/Url"
    FILE = "file/Name"
    PROCESS = "process/ProcessId__CreatedTimeUtc__CommandLine"
    SENDER = "mailmessage/Sender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One value by which an entity is known: a node of the alert-entity graph."""

    kind: NodeKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user. Its display name, sign-in name, short name, SID and directory id share no text."""

    display_name: str
    name: str
    upn: str
    sid: str
    aad_id: str
    nt_domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A device. Alerts show `name`, device logs the `fqdn`."""

    name: str
    dns_domain: str
    nt_domain: str
    device_id: str
    local_ip: str
    os: str

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{self.dns_domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileItem:
    """A file; `folder` has backslashes as on the device."""

    name: str
    folder: str
    sha1: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A running program: known by process id, creation time and command line together."""

    image: FileItem
    command_line: str
    process_id: int
    created: datetime

    @property
    def created_text(self) -> str:
        """UTC with seven decimals, as entities show it."""
        return self.created.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class IpAddress:
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    url: str

    @property
    def domain(self) -> str:
        return self.url.split("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message; logs about it are joined by `message_id` (column NetworkMessageId)."""

    message_id: str
    subject: str
    sender: str
    sender_ip: str
    recipient: Account
    url: Url | None
    clicked: bool


Entity = Account | Host | FileItem | Process | IpAddress | Url | Mail


def identifiers(entity: Entity) -> tuple[Identifier, ...]:
    """The graph nodes of an entity; an account has four, a mail one (its sender)."""
    match entity:
        case Account():
            pairs = [
                (NodeKind.NAME, entity.name),
                (NodeKind.SID, entity.sid),
                (NodeKind.AAD_ID, entity.aad_id),
                (NodeKind.EMAIL, entity.upn),
            ]
        case Host():
            pairs = [(NodeKind.HOST, entity.name)]
        case FileItem():
            pairs = [(NodeKind.FILE, entity.name)]
        case Process():
            triple = f"{entity.process_id}__{entity.created_text}__{entity.command_line}"
            pairs = [(NodeKind.PROCESS, triple.lower())]
        case IpAddress():
            pairs = [(NodeKind.IP, entity.address)]
        case Url():
            pairs = [(NodeKind.URL, entity.url)]
        case Mail():
            pairs = [(NodeKind.SENDER, entity.sender)]
    return tuple(Identifier(kind=kind, value=value) for kind, value in pairs)
