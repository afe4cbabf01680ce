"""Products that raise alerts: their names in the logs, their alert ids, and where they show what.

An alert has three ids. `SecurityIncident.AlertIds` lists `SecurityAlert.SystemAlertId`, and the ids of
AlertInfo and AlertEvidence are a prefix of two letters before `SecurityAlert.VendorOriginalId`. Not every
identifier of an alert stands in `SecurityAlert.Entities`: `source_of` says in which table it is first to be
found. The rules are the same in every incident, so they are what can be learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.synthetic.entities import NodeKind
from benchmarks.synthetic.world import World


class Product(StrEnum):
    """A product, named as `SecurityAlert.ProviderName` names it."""

    ENDPOINT = "MDATP"
    OFFICE = "OATP"
    XDR = "MicrosoftThreatProtection"
    IDENTITY = "Azure Advanced Threat Protection"
    CLOUD_APPS = "MCAS"
    SENTINEL = "ASI Scheduled Alerts"
    CLOUD = "Azure Security Center"
    PROTECTION = "IPC"


class Source(StrEnum):
    """The table in which an alert's identifier is to be found."""

    ALERT = "SecurityAlert"
    EVIDENCE = "AlertEvidence"
    RISK = "AADUserRiskEvents"
    LOGON = "IdentityLogonEvents"
    MAIL_URL = "EmailUrlInfo"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """`prefix` comes before the vendor's id in AlertInfo and AlertEvidence."""

    product_name: str
    prefix: str
    service: str
    detection: str


FACTS: Mapping[Product, ProductFacts] = {
    Product.ENDPOINT: ProductFacts(
        product_name="Microsoft Defender Advanced Threat Protection",
        prefix="da",
        service="Microsoft Defender for Endpoint",
        detection="EDR",
    ),
    Product.OFFICE: ProductFacts(
        product_name="Office 365 Advanced Threat Protection",
        prefix="fa",
        service="Microsoft Defender for Office 365",
        detection="Microsoft Defender for Office 365",
    ),
    Product.XDR: ProductFacts(
        product_name="Microsoft 365 Defender",
        prefix="",
        service="Microsoft Defender XDR",
        detection="Microsoft 365 Defender",
    ),
    Product.IDENTITY: ProductFacts(
        product_name="Azure Advanced Threat Protection",
        prefix="aa",
        service="Microsoft Defender for Identity",
        detection="Microsoft Defender for Identity",
    ),
    Product.CLOUD_APPS: ProductFacts(
        product_name="Microsoft Cloud App Security",
        prefix="ca",
        service="Microsoft Defender for Cloud Apps",
        detection="Microsoft Defender for Cloud Apps",
    ),
    Product.SENTINEL: ProductFacts(
        product_name="Azure Sentinel",
        prefix="sn",
        service="Microsoft Sentinel",
        detection="Scheduled Alerts",
    ),
    Product.CLOUD: ProductFacts(
        product_name="Azure Security Center",
        prefix="dc",
        service="Microsoft Defender for Cloud",
        detection="Microsoft Defender for Cloud",
    ),
    Product.PROTECTION: ProductFacts(
        product_name="Azure Active Directory Identity Protection",
        prefix="",
        service="AAD Identity Protection",
        detection="AAD Identity Protection",
    ),
}

_ELSEWHERE: Mapping[tuple[Product, NodeKind], Source] = {
    (Product.ENDPOINT, NodeKind.IP): Source.EVIDENCE,
    (Product.ENDPOINT, NodeKind.URL): Source.EVIDENCE,
    (Product.XDR, NodeKind.SID): Source.EVIDENCE,
    (Product.XDR, NodeKind.IP): Source.EVIDENCE,
    (Product.OFFICE, NodeKind.URL): Source.MAIL_URL,
    (Product.OFFICE, NodeKind.NAME): Source.EVIDENCE,
    (Product.OFFICE, NodeKind.SID): Source.EVIDENCE,
    (Product.OFFICE, NodeKind.AAD_ID): Source.EVIDENCE,
    (Product.CLOUD_APPS, NodeKind.SID): Source.EVIDENCE,
    (Product.CLOUD, NodeKind.NAME): Source.EVIDENCE,
    (Product.CLOUD, NodeKind.SID): Source.EVIDENCE,
    (Product.CLOUD, NodeKind.AAD_ID): Source.EVIDENCE,
    (Product.PROTECTION, NodeKind.IP): Source.RISK,
    (Product.PROTECTION, NodeKind.NAME): Source.LOGON,
    (Product.PROTECTION, NodeKind.SID): Source.LOGON,
}


def source_of(product: Product, kind: NodeKind) -> Source:
    """Where an identifier of that kind is to be found for an alert of that product."""
    return _ELSEWHERE.get((product, kind), Source.ALERT)


def has_evidence_rows(product: Product) -> bool:
    """Identity Protection raises alerts that AlertInfo and AlertEvidence do not list."""
    return product is not Product.PROTECTION


def vendor_id(product: Product, world: World) -> str:
    """A fresh `VendorOriginalId` in the product's own format."""
    match product:
        case Product.ENDPOINT:
            return f"{world.guid()}_1"
        case Product.XDR:
            return f"ra{world.rng.randrange(10**17, 10**18)}_{world.rng.randrange(10**8, 10**9)}"
        case Product.CLOUD_APPS:
            return world.hexadecimal(24)
        case Product.PROTECTION:
            return world.hexadecimal(64)
        case Product.CLOUD:
            return f"25{world.rng.randrange(10**16, 10**17)}_{world.guid()}"
        case _:
            return world.guid()
