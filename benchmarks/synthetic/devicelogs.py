"""Raw rows of the Device* tables: what an alert leaves behind on its host."""

from __future__ import annotations

from datetime import datetime, timedelta

from benchmarks.synthetic.alertrows import file_cells
from benchmarks.synthetic.entities import Account, Host, Process
from benchmarks.synthetic.sheets import Sheets, stamp
from benchmarks.synthetic.story import Alert
from benchmarks.synthetic.world import World

AUTOSTART = "HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"
SYSTEM = {"AccountDomain": "nt authority", "AccountName": "system", "AccountSid": "S-1-5-18"}


def device_cells(host: Host) -> dict[str, str]:
    """Device logs name the host in full."""
    return {"DeviceId": host.device_id, "DeviceName": host.fqdn}


def account_cells(account: Account | None) -> dict[str, str]:
    if account is None:
        return SYSTEM
    return {
        "AccountDomain": account.nt_domain.lower(),
        "AccountName": account.name,
        "AccountSid": account.sid,
    }


def initiating_cells(process: Process | None, account: Account | None) -> dict[str, str]:
    """Columns of the program that did what a row tells."""
    cells = {f"InitiatingProcess{column}": value for column, value in account_cells(account).items()}
    if process is None:
        return {**cells, "InitiatingProcessFileName": "svchost.exe", "InitiatingProcessId": "1044"}
    return {
        **cells,
        "InitiatingProcessFileName": process.image.name,
        "InitiatingProcessFolderPath": process.image.folder,
        "InitiatingProcessCommandLine": process.command_line,
        "InitiatingProcessId": str(process.process_id),
        "InitiatingProcessCreationTime": stamp(process.created),
        "InitiatingProcessSHA1": process.image.sha1,
    }


def process_row(sheets: Sheets, host: Host, process: Process, account: Account | None) -> None:
    cells = {
        **device_cells(host),
        **account_cells(account),
        "ActionType": "ProcessCreated",
        "AdditionalFields": "{}",
        "FileName": process.image.name,
        "FolderPath": f"{process.image.folder}\\{process.image.name}",
        "SHA1": process.image.sha1,
        "SHA256": process.image.sha256,
        "ProcessCommandLine": process.command_line,
        "ProcessId": str(process.process_id),
        "ProcessCreationTime": stamp(process.created),
        "InitiatingProcessFileName": "explorer.exe",
        "InitiatingProcessCommandLine": "explorer.exe",
        "MachineGroup": "Workplace",
    }
    if account is not None:
        cells |= {"AccountUpn": account.upn, "AccountObjectId": account.aad_id}
    sheets.add("DeviceProcessEvents", process.created, cells)


def leave_on_device(sheets: Sheets, world: World, alert: Alert, host: Host) -> None:
    """Rows of the alert's processes, files, connections, autostarts and logons."""
    account = alert.account
    process = alert.processes[0] if alert.processes else None
    base = {**device_cells(host), **initiating_cells(process, account), "MachineGroup": "Workplace"}
    for each in alert.processes:
        process_row(sheets, host, each, account)
    for file in alert.files:
        sheets.add(
            "DeviceFileEvents",
            alert.time,
            {
                **base,
                **file_cells(file),
                "ActionType": "FileCreated",
                "FileSize": f"{world.rng.randrange(9000, 999999)}.0",
            },
        )
    if alert.address is not None or alert.url is not None:
        _connection(sheets, world, alert, base, host)
    if alert.type.key in {"run_key", "asep"}:
        value = {
            "RegistryKey": AUTOSTART,
            "RegistryValueName": world.hexadecimal(6),
            "RegistryValueType": "String",
        }
        data = f"{alert.files[0].folder}\\{alert.files[0].name}" if alert.files else "wscript.exe"
        cells = {**base, **value, "ActionType": "RegistryValueSet", "RegistryValueData": data}
        sheets.add("DeviceRegistryEvents", alert.time, cells)
    if account is not None:
        logon_row(sheets, world, host, account, alert.time - timedelta(seconds=world.rng.randrange(5, 90)))


def _connection(sheets: Sheets, world: World, alert: Alert, base: dict[str, str], host: Host) -> None:
    cells = {
        **base,
        "ActionType": "ConnectionSuccess",
        "LocalIP": host.local_ip,
        "LocalPort": f"{world.rng.randrange(49152, 65000)}.0",
        "RemotePort": "443.0",
        "Protocol": "Tcp",
        "RemoteIP": alert.address.address if alert.address else world.ip().address,
        "RemoteUrl": alert.url.url if alert.url else "",
    }
    sheets.add("DeviceNetworkEvents", alert.time, cells)


def logon_row(sheets: Sheets, world: World, host: Host, account: Account, moment: datetime) -> None:
    cells = {
        **device_cells(host),
        **account_cells(account),
        "ActionType": "LogonSuccess",
        "AdditionalFields": "{}",
        "IsLocalAdmin": "True" if world.rng.random() < 0.2 else "False",
        "LogonType": world.rng.choice(("Network", "Interactive", "RemoteInteractive")),
        "InitiatingProcessFileName": "lsass.exe",
        "InitiatingProcessCommandLine": "lsass.exe",
    }
    sheets.add("DeviceLogonEvents", moment, cells)


def device_row(sheets: Sheets, host: Host, moment: datetime) -> None:
    """The inventory row of a host."""
    cells = {
        **device_cells(host),
        "OSPlatform": host.os.replace(" ", ""),
        "ClientVersion": "10.8750.19041.3636",
        "DeviceType": "Server" if "Server" in host.os else "Workstation",
        "OnboardingStatus": "Onboarded",
        "IsExcluded": "False",
        "JoinType": "Hybrid Azure AD Join",
    }
    sheets.add("DeviceInfo", moment, cells)
