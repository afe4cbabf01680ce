"""Raw rows of sign-ins, risk, mail and cloud services that an alert leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta

from benchmarks.synthetic.alertrows import compact
from benchmarks.synthetic.entities import Account, Host, Mail, Url
from benchmarks.synthetic.names import BENIGN_SITES, CITIES, SUBJECTS
from benchmarks.synthetic.products import Product
from benchmarks.synthetic.sheets import Sheets, stamp
from benchmarks.synthetic.story import Alert
from benchmarks.synthetic.world import World

RISKS = {
    "spray": "passwordSpray",
    "malicious_ip": "maliciousIPAddress",
    "anonymous_ip": "anonymizedIPAddress",
}


def domain_logon_row(sheets: Sheets, world: World, account: Account, host: Host, moment: datetime) -> None:
    """A logon to the domain: the row that joins all the names of a person."""
    cells = {
        "ActionType": "LogonSuccess",
        "Application": "Active Directory",
        "LogonType": "Credentials validation",
        "Protocol": "Kerberos",
        "AccountName": account.name,
        "AccountDomain": account.nt_domain.lower(),
        "AccountUpn": account.upn,
        "AccountSid": account.sid,
        "AccountObjectId": account.aad_id,
        "AccountDisplayName": account.display_name,
        "DeviceName": host.fqdn,
        "IPAddress": host.local_ip,
        "ReportId": world.guid(),
    }
    sheets.add("IdentityLogonEvents", moment, cells)


def signin_row(
    sheets: Sheets, world: World, account: Account, address: str, moment: datetime, risk: str
) -> None:
    city, country = world.rng.choice(CITIES)
    cells = {
        "OperationName": "Sign-in activity",
        "Category": "SignInLogs",
        "ResultType": "0" if world.rng.random() < 0.9 else "50126",
        "CorrelationId": world.guid(),
        "Identity": account.display_name,
        "Location": country,
        "AppDisplayName": world.rng.choice(("OfficeHome", "Azure Portal", "Microsoft Teams")),
        "ClientAppUsed": "Browser",
        "CreatedDateTime": stamp(moment),
        "Id": world.guid(),
        "IPAddress": address,
        "IsInteractive": "True",
        "LocationDetails": compact({"city": city, "countryOrRegion": country}),
        "RiskEventTypes": compact([risk]) if risk else "[]",
        "RiskLevelDuringSignIn": "medium" if risk else "none",
        "UserDisplayName": account.display_name,
        "UserId": account.aad_id,
        "UserPrincipalName": account.upn,
        "AADTenantId": world.directory_id,
        "UserType": "Member",
    }
    sheets.add("SigninLogs", moment, cells)


def risk_row(
    sheets: Sheets, world: World, account: Account, address: str, moment: datetime, *, id: str, risk: str
) -> None:
    """A risk event; `id` is the VendorOriginalId of the alert that it led to."""
    cells = {
        "Activity": "signin",
        "ActivityDateTime": stamp(moment),
        "CorrelationId": world.guid(),
        "DetectedDateTime": stamp(moment),
        "DetectionTimingType": "realtime",
        "Id": id,
        "IpAddress": address,
        "RequestId": world.guid(),
        "RiskDetail": "none",
        "RiskEventType": risk,
        "RiskLevel": "medium",
        "RiskState": "atRisk",
        "Source": "IdentityProtection",
        "TokenIssuerType": "AzureAD",
        "UserDisplayName": account.display_name,
        "UserId": account.aad_id,
        "UserPrincipalName": account.upn,
        "OperationName": "User Risk Detection",
    }
    sheets.add("AADUserRiskEvents", moment, cells)


def leave_in_cloud(sheets: Sheets, world: World, alert: Alert) -> None:
    """Rows of the alert's sign-in or activity; nothing when it has no account or no address."""
    account, address = alert.account, alert.address
    if account is None or address is None:
        return
    match alert.product:
        case Product.PROTECTION:
            _risky_signin(sheets, world, alert, account, address.address)
        case Product.XDR | Product.CLOUD_APPS if alert.host is None:
            _activity(sheets, world, alert, account, address.address)
        case Product.CLOUD:
            _management(sheets, world, alert, account, address.address)
        case Product.IDENTITY if alert.host is not None:
            domain_logon_row(sheets, world, account, alert.host, alert.time)
        case _:
            pass


def _risky_signin(sheets: Sheets, world: World, alert: Alert, account: Account, address: str) -> None:
    """The alert's own risk event, and older ones of the same person with other ids and addresses."""
    risk = RISKS[alert.type.key]
    signin_row(sheets, world, account, address, alert.time, risk)
    risk_row(sheets, world, account, address, alert.time, id=alert.vendor_id, risk=risk)
    for _ in range(world.rng.randrange(1, 3)):
        other, earlier = world.ip().address, alert.time - timedelta(minutes=world.rng.randrange(30, 300))
        signin_row(sheets, world, account, other, earlier, risk)
        risk_row(sheets, world, account, other, earlier, id=world.hexadecimal(64), risk=risk)
    cells = {
        "Id": account.aad_id,
        "IsDeleted": "False",
        "RiskLevel": "medium",
        "RiskState": "atRisk",
        "RiskLastUpdatedDateTime": stamp(alert.time),
        "UserDisplayName": account.display_name,
        "UserPrincipalName": account.upn,
        "OperationName": "Risky user",
    }
    sheets.add("AADRiskyUsers", alert.time, cells)


def _activity(sheets: Sheets, world: World, alert: Alert, account: Account, address: str) -> None:
    rule = alert.type.key == "inbox_rule"
    cells = {
        "AccountId": account.aad_id,
        "AccountType": "Regular",
        "AccountObjectId": account.aad_id,
        "AccountDisplayName": account.display_name,
        "ActionType": "New-InboxRule" if rule else "FileDownloaded",
        "ActivityType": "Create" if rule else "Basic",
        "Application": "Microsoft Exchange Online" if rule else "Microsoft SharePoint Online",
        "IPAddress": address,
        "IsAnonymousProxy": "True",
        "IPCategory": "Risky",
        "RawEventData": compact({"ClientIP": address, "UserId": account.upn}),
    }
    sheets.add("CloudAppEvents", alert.time, cells)
    signin_row(sheets, world, account, address, alert.time - timedelta(minutes=2), "")
    office_row(sheets, world, account, address, alert.time, "New-InboxRule" if rule else "FileDownloaded")


def office_row(
    sheets: Sheets, world: World, account: Account, address: str, moment: datetime, operation: str
) -> None:
    mailbox = operation == "New-InboxRule"
    cells = {
        "RecordType": "ExchangeAdmin" if mailbox else "SharePointFileOperation",
        "Operation": operation,
        "OfficeWorkload": "Exchange" if mailbox else "SharePoint",
        "ResultStatus": "True",
        "UserType": "Regular",
        "UserId": account.upn,
        "ClientIP": f"{address}:{world.rng.randrange(1025, 65000)}" if mailbox else address,
        "OfficeId": world.guid(),
        "MailboxOwnerUPN": account.upn if mailbox else "",
        "Parameters": '[{"Name":"MarkAsRead","Value":"True"},{"Name":"MoveToFolder","Value":"RSS"}]'
        if mailbox
        else "",
    }
    sheets.add("OfficeActivity", moment, cells)


def _management(sheets: Sheets, world: World, alert: Alert, account: Account, address: str) -> None:
    user = {"id": account.aad_id, "userPrincipalName": account.upn, "ipAddress": address}
    cells = {
        "OperationName": "Create or update virtual machine",
        "Category": "Administrative",
        "ResourceId": f"/subscriptions/{world.subscription_id}/resourceGroups/prod",
        "CorrelationId": world.guid(),
        "InitiatedBy": compact({"user": dict(user)}),
        "Result": "success",
        "Id": world.guid(),
        "AADTenantId": world.directory_id,
        "ActivityDisplayName": "Create or update virtual machine",
        "ActivityDateTime": stamp(alert.time),
    }
    sheets.add("AuditLogs", alert.time, cells)
    signin_row(sheets, world, account, address, alert.time, "")


def mail_rows(sheets: Sheets, world: World, mail: Mail, moment: datetime, *, removed: bool) -> None:
    """The rows of one message in the mail tables, joined by NetworkMessageId."""
    report = f"{mail.message_id}-{world.rng.randrange(10**17, 10**18)}"
    common = {"NetworkMessageId": mail.message_id, "ReportId": report}
    message = {
        **common,
        "AttachmentCount": "0" if mail.url else "1",
        "UrlCount": "1" if mail.url else "0",
        "DeliveryAction": "Delivered",
        "DeliveryLocation": "Inbox/folder",
        "EmailDirection": "Inbound",
        "EmailLanguage": "en",
        "InternetMessageId": f"<{world.guid()}@{mail.sender.split('@')[1]}>",
        "RecipientEmailAddress": mail.recipient.upn,
        "RecipientObjectId": mail.recipient.aad_id,
        "SenderFromAddress": mail.sender,
        "SenderMailFromAddress": mail.sender,
        "SenderFromDomain": mail.sender.split("@")[1],
        "SenderIPv4": mail.sender_ip,
        "Subject": mail.subject,
    }
    sheets.add("EmailEvents", moment, message)
    if mail.url is not None:
        url = {**common, "Url": mail.url.url, "UrlLocation": "Body", "UrlDomain": mail.url.domain}
        sheets.add("EmailUrlInfo", moment, url)
    if mail.url is not None and mail.clicked:
        click = {
            "Url": mail.url.url,
            "ActionType": "ClickAllowed",
            "AccountUpn": mail.recipient.upn,
            "Workload": "Email",
            "NetworkMessageId": mail.message_id,
            "IPAddress": world.rng.choice(world.workstations).local_ip,
            "IsClickedThrough": "False",
            "UrlChain": compact([mail.url.url]),
            "ReportId": world.guid(),
        }
        sheets.add("UrlClickEvents", moment + timedelta(minutes=6), click)
    if removed:
        action = {
            **common,
            "Action": "Moved to quarantine",
            "ActionResult": "Success",
            "ActionTrigger": "SpecialAction",
            "ActionType": "Phish ZAP",
            "DeliveryLocation": "Quarantine",
            "RecipientEmailAddress": mail.recipient.upn,
            "ThreatTypes": "Phish",
        }
        sheets.add("EmailPostDeliveryEvents", moment + timedelta(minutes=20), action)


def benign_mail(world: World, recipient: Account) -> Mail:
    """A message of everyday work, with a link inside the company."""
    rng = world.rng
    return Mail(
        message_id=world.guid(),
        subject=rng.choice(SUBJECTS).format(w=rng.choice(BENIGN_SITES)),
        sender=rng.choice(world.accounts).upn,
        sender_ip=rng.choice(world.servers).local_ip,
        recipient=recipient,
        url=Url(url=f"https://{rng.choice(BENIGN_SITES)}.{world.dns_domain}/{world.hexadecimal(5)}"),
        clicked=rng.random() < 0.2,
    )
