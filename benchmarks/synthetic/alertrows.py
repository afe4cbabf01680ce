"""The four alert tables: SecurityIncident, SecurityAlert, AlertInfo, AlertEvidence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from benchmarks.synthetic.entities import (
    Account,
    Entity,
    FileItem,
    Host,
    IpAddress,
    Mail,
    NodeKind,
    Process,
    Url,
)
from benchmarks.synthetic.products import FACTS, Product, Source, has_evidence_rows, source_of
from benchmarks.synthetic.sheets import Sheets, stamp
from benchmarks.synthetic.story import Alert
from benchmarks.synthetic.world import World

Json = str | bool | list["Json"] | dict[str, "Json"]
_ACCOUNT_KEYS = {
    NodeKind.NAME: "Name",
    NodeKind.SID: "Sid",
    NodeKind.AAD_ID: "AadUserId",
    NodeKind.EMAIL: "UserPrincipalName",
}


def compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def incident_row(sheets: Sheets, world: World, title: str, alerts: Sequence[Alert], number: int) -> None:
    """One row of SecurityIncident for the alerts; its ids are the system ids."""
    first, last = alerts[0].time, alerts[-1].time
    created = last + timedelta(minutes=3)
    sheets.add(
        "SecurityIncident",
        created + timedelta(minutes=2),
        {
            "IncidentName": world.guid(),
            "Title": title,
            "Severity": "High" if len(alerts) > 2 else "Medium",
            "Status": "New",
            "Owner": '{"objectId":null,"email":null,"assignedTo":null,"userPrincipalName":null}',
            "ProviderName": "Microsoft XDR",
            "ProviderIncidentId": str(400 + number),
            "FirstActivityTime": stamp(first),
            "LastActivityTime": stamp(last),
            "LastModifiedTime": stamp(created + timedelta(minutes=2)),
            "CreatedTime": stamp(created),
            "IncidentNumber": str(number),
            "RelatedAnalyticRuleIds": "[]",
            "AlertIds": compact([alert.system_id for alert in alerts]),
            "BookmarkIds": "[]",
            "Comments": "[]",
            "Tasks": "[]",
            "Labels": "[]",
            "AdditionalData": f'{{"alertsCount":{len(alerts)},"bookmarksCount":0,"commentsCount":0}}',
            "ModifiedBy": "Microsoft XDR",
            "SourceSystem": "Azure",
        },
    )


def alert_rows(sheets: Sheets, alert: Alert) -> None:
    """Rows of one alert: in SecurityAlert, and in AlertInfo and AlertEvidence if its product has them."""
    kind, facts = alert.type, FACTS[alert.product]
    host, account = alert.host, alert.account
    processed = alert.time + timedelta(minutes=4)
    sheets.add(
        "SecurityAlert",
        processed,
        {
            "DisplayName": kind.name,
            "AlertName": kind.name,
            "AlertSeverity": kind.severity,
            "Description": kind.summary,
            "ProviderName": alert.product.value,
            "VendorName": "Microsoft",
            "VendorOriginalId": alert.vendor_id,
            "SystemAlertId": alert.system_id,
            "AlertType": kind.key,
            "IsIncident": "False",
            "StartTime": stamp(alert.time),
            "EndTime": stamp(alert.time),
            "ProcessingEndTime": stamp(processed),
            "ExtendedProperties": compact({"Category": kind.category, "LastUpdated": stamp(processed)}),
            "Entities": compact(_shown(alert)),
            "SourceSystem": "Detection",
            "ProductName": facts.product_name,
            "AlertLink": f"https://security.microsoft.com/alerts/{alert.evidence_id}" if facts.prefix else "",
            "Status": "New",
            "CompromisedEntity": host.fqdn if host else (account.upn if account else ""),
            "Tactics": kind.category,
            "Techniques": compact([kind.technique]),
        },
    )
    if not has_evidence_rows(alert.product):
        return
    common = {
        "AlertId": alert.evidence_id,
        "Title": kind.name,
        "ServiceSource": facts.service,
        "DetectionSource": facts.detection,
        "AttackTechniques": compact([kind.technique]),
    }
    sheets.add("AlertInfo", processed, {**common, "Category": kind.category, "Severity": kind.severity})
    for entity in alert.entities:
        cells = _evidence(alert, entity)
        if cells:
            role = "Impacted" if isinstance(entity, Account | Host) else "Related"
            shared = {**common, "Categories": compact([kind.category]), "EvidenceRole": role}
            sheets.add("AlertEvidence", processed, {**shared, **cells})


def _shown(alert: Alert) -> list[Json]:
    """The alert's Entities, each numbered by `$id`, without what the product shows elsewhere."""
    shown: list[Json] = []
    for entity in alert.entities:
        body = _body(alert.product, entity)
        if body is not None:
            shown.append({"$id": str(len(shown) + 2), **body})
    return shown


def _shows(product: Product, kind: NodeKind) -> bool:
    return source_of(product, kind) is Source.ALERT


def _body(product: Product, entity: Entity) -> dict[str, Json] | None:
    match entity:
        case Account():
            return _account_body(product, entity)
        case Host():
            return {
                "HostName": entity.name,
                "DnsDomain": entity.dns_domain,
                "NTDomain": entity.nt_domain,
                "OSFamily": "Windows",
                "OSVersion": entity.os,
                "FQDN": entity.fqdn,
                "MdatpDeviceId": entity.device_id,
                "IsDomainJoined": True,
                "Type": "host",
            }
        case Process():
            return {
                "ProcessId": str(entity.process_id),
                "CommandLine": entity.command_line,
                "ElevationToken": "Default",
                "CreationTimeUtc": entity.created_text,
                "ImageFile": _file_body(entity.image),
                "CreatedTimeUtc": entity.created_text,
                "Type": "process",
            }
        case FileItem():
            return _file_body(entity)
        case IpAddress():
            return {"Address": entity.address, "Type": "ip"} if _shows(product, NodeKind.IP) else None
        case Url():
            return {"Url": entity.url, "Type": "url"} if _shows(product, NodeKind.URL) else None
        case Mail():
            return {
                "Recipient": entity.recipient.upn,
                "Sender": entity.sender,
                "P1Sender": entity.sender,
                "Subject": entity.subject,
                "NetworkMessageId": entity.message_id,
                "AntispamDirection": "Inbound",
                "Type": "mailMessage",
            }


def _account_body(product: Product, account: Account) -> dict[str, Json]:
    if product is Product.OFFICE:
        return {
            "MailboxPrimaryAddress": account.upn,
            "DisplayName": account.display_name,
            "Upn": account.upn,
            "Type": "mailbox",
        }
    values = {
        NodeKind.NAME: account.name,
        NodeKind.SID: account.sid,
        NodeKind.AAD_ID: account.aad_id,
        NodeKind.EMAIL: account.upn,
    }
    body: dict[str, Json] = {
        key: values[kind] for kind, key in _ACCOUNT_KEYS.items() if _shows(product, kind)
    }
    return {**body, "DisplayName": account.display_name, "NTDomain": account.nt_domain, "Type": "account"}


def _file_body(file: FileItem) -> dict[str, Json]:
    hashes: list[Json] = [
        {"Algorithm": "SHA1", "Value": file.sha1, "Type": "filehash"},
        {"Algorithm": "SHA256", "Value": file.sha256, "Type": "filehash"},
    ]
    return {"Directory": file.folder, "Name": file.name, "FileHashes": hashes, "Type": "file"}


def _evidence(alert: Alert, entity: Entity) -> Mapping[str, str]:
    """The cells of one AlertEvidence row; empty where the product keeps the entity out of it."""
    cells: dict[str, str]
    match entity:
        case Account():
            kind = "Mailbox" if alert.product is Product.OFFICE else "User"
            cells = {
                "EntityType": kind,
                "AccountName": entity.name,
                "AccountDomain": entity.nt_domain.lower(),
                "AccountSid": entity.sid,
                "AccountObjectId": entity.aad_id,
                "AccountUpn": entity.upn,
            }
        case Host():
            cells = {"EntityType": "Machine", "DeviceId": entity.device_id, "DeviceName": entity.fqdn}
            cells["LocalIP"] = entity.local_ip
        case Process():
            cells = {"EntityType": "Process", **file_cells(entity.image)}
            cells["ProcessCommandLine"] = entity.command_line
            detail: Json = {"ProcessId": str(entity.process_id), "CreatedTimeUtc": entity.created_text}
            cells["AdditionalFields"] = compact(detail)
        case FileItem():
            cells = {"EntityType": "File", **file_cells(entity)}
        case IpAddress():
            cells = {"EntityType": "Ip", "RemoteIP": entity.address}
        case Url():
            hidden = source_of(alert.product, NodeKind.URL) is Source.MAIL_URL
            cells = {} if hidden else {"EntityType": "Url", "RemoteUrl": entity.url}
        case Mail():
            cells = {
                "EntityType": "MailMessage",
                "NetworkMessageId": entity.message_id,
                "EmailSubject": entity.subject,
                "AccountUpn": entity.recipient.upn,
            }
    return cells


def file_cells(file: FileItem) -> dict[str, str]:
    """Columns that say which file a row is about."""
    return {"FileName": file.name, "FolderPath": file.folder, "SHA1": file.sha1, "SHA256": file.sha256}
