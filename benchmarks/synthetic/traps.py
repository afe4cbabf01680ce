"""Habits of the logs that queries stumble over, kept on purpose, each with a query that shows it.

The codes are those of the notes on ExCyTIn-Bench. `careless` is a query that ignores the habit and gets no
rows or an error; `careful` heeds it and gets rows. Both have slots that `benchmarks.synthetic.incident`
can fill for any incident.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


def mysql_loaded(cell: str) -> str:
    """The cell as LOAD DATA without ESCAPED BY '' leaves it: a backslash is eaten with its escape."""
    if "\\" not in cell:
        return cell
    return _ESCAPE.sub(lambda found: _CONTROL.get(found[1], found[1]), cell).rstrip("\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """One habit; `fails` says what the careless query gives: `empty` or `error`."""

    code: str
    habit: str
    careless: str
    fails: str
    careful: str


TRAPS: tuple[Trap, ...] = (
    Trap(
        code="T1",
        habit="Backslashes of paths are gone in device logs.",
        careless=r"SELECT FolderPath FROM DeviceProcessEvents WHERE FolderPath LIKE 'C:\\\\Windows\\\\%'",
        fails="empty",
        careful="SELECT FolderPath FROM DeviceProcessEvents WHERE FolderPath LIKE 'C:Windows%'",
    ),
    Trap(
        code="T2",
        habit="SecurityAlert.Entities is not valid JSON any more: search it as text.",
        careless="SELECT JSON_EXTRACT(Entities, '$[0].Type') FROM SecurityAlert WHERE ProviderName = 'MDATP'",
        fails="error",
        careful="SELECT Entities FROM SecurityAlert WHERE Entities LIKE '%{host}%'",
    ),
    Trap(
        code="T3",
        habit="Alerts show the short host name, device logs the full one.",
        careless="SELECT DeviceId FROM DeviceInfo WHERE DeviceName = '{host}'",
        fails="empty",
        careful="SELECT DeviceId FROM DeviceInfo WHERE DeviceName LIKE '{host}%'",
    ),
    Trap(
        code="T4",
        habit="AlertEvidence.AlertId is a prefix of two letters before SecurityAlert.VendorOriginalId.",
        careless="SELECT EntityType FROM AlertEvidence WHERE AlertId = '{system_id}'",
        fails="empty",
        careful="SELECT e.EntityType FROM SecurityAlert a JOIN AlertEvidence e"
        " ON e.AlertId LIKE CONCAT('%', a.VendorOriginalId) WHERE a.SystemAlertId = '{system_id}'",
    ),
    Trap(
        code="T5",
        habit="An alert's name is AlertName in SecurityAlert and Title in AlertInfo and AlertEvidence.",
        careless="SELECT AlertName FROM AlertEvidence WHERE AlertName LIKE '%{alert}%'",
        fails="error",
        careful="SELECT Title FROM AlertEvidence WHERE Title LIKE '%{alert}%'",
    ),
    Trap(
        code="T6",
        habit="Dates quoted in a context come from a later export and match no row.",
        careless="SELECT AlertName FROM SecurityAlert WHERE TimeGenerated LIKE '{reported}%'",
        fails="empty",
        careful="SELECT AlertName FROM SecurityAlert WHERE Entities LIKE '%{host}%'",
    ),
    Trap(
        code="T9",
        habit="The name shown for a person is not the name they sign in with.",
        careless="SELECT AccountUpn FROM IdentityLogonEvents WHERE AccountName = '{display_name}'",
        fails="empty",
        careful="SELECT AccountUpn FROM IdentityLogonEvents WHERE AccountDisplayName = '{display_name}'",
    ),
    Trap(
        code="T10",
        habit="The column of an address has another name in every table.",
        careless="SELECT ip_address FROM SigninLogs",
        fails="error",
        careful="SELECT IPAddress FROM SigninLogs",
    ),
    Trap(
        code="T14",
        habit="The table Alert holds fired rules of log analytics, not the alerts of an incident.",
        careless="SELECT AlertName FROM Alert WHERE AlertName LIKE '%{alert}%'",
        fails="empty",
        careful="SELECT AlertName FROM SecurityAlert WHERE AlertName LIKE '%{alert}%'",
    ),
    Trap(
        code="T14b",
        habit="Tables are named in joined capitals: guesses in snake case fail.",
        careless="SELECT * FROM security_alerts",
        fails="error",
        careful="SELECT SystemAlertId FROM SecurityAlert",
    ),
    Trap(
        code="T18",
        habit="What belongs to a mail is joined by NetworkMessageId; its link stands in EmailUrlInfo.",
        careless="SELECT Url FROM EmailEvents WHERE NetworkMessageId = '{message_id}'",
        fails="error",
        careful="SELECT Url FROM EmailUrlInfo WHERE NetworkMessageId = '{message_id}'",
    ),
)
"""T13 has no query of its own: some alert names end in an invisible character, so `=` misses them."""
