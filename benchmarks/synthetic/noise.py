"""Everyday rows among which the traces of an attack stand, and tables that look useful and are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from benchmarks.synthetic.cloudlogs import benign_mail, domain_logon_row, mail_rows, office_row, signin_row
from benchmarks.synthetic.devicelogs import device_cells, initiating_cells, logon_row, process_row
from benchmarks.synthetic.entities import FileItem, Host, Process
from benchmarks.synthetic.names import BENIGN_PROCESSES, BENIGN_SITES, DOCUMENT_WORDS
from benchmarks.synthetic.sheets import Sheets, stamp
from benchmarks.synthetic.world import World

ENDINGS = ("tmp", "log", "docx")
RULES = (
    "Audit sensitive groups",
    "Heartbeat missing",
    "Low disk space on servers",
    "Certificate expires soon",
)


class Noise:
    """Writes benign rows of all tables until the incident has as many rows as wished."""

    def __init__(self, sheets: Sheets, world: World) -> None:
        self.sheets, self.world, self.rng = sheets, world, world.rng
        makers: list[tuple[Callable[[datetime], None], int]] = [
            (self._process, 24),
            (self._network, 22),
            (self._file, 12),
            (self._registry, 10),
            (self._event, 6),
            (self._logon, 6),
            (self._signin, 5),
            (self._domain_logon, 5),
            (self._office, 3),
            (self._mail, 2),
            (self._heartbeat, 2),
            (self._metric, 1),
            (self._usage, 1),
            (self._indicator, 3),
            (self._audit, 1),
        ]
        self._makers = [maker for maker, _ in makers]
        self._weights = [weight for _, weight in makers]
        self._images: list[tuple[FileItem, str]] = [
            (world.file(name, folder), command) for name, folder, command in BENIGN_PROCESSES
        ]

    def decoy_alerts(self) -> None:
        """The table `Alert`: rules of log analytics that have nothing to do with an incident."""
        for rule in RULES:
            cells = {
                "AlertName": rule,
                "AlertDescription": rule,
                "AlertState": "Fired",
                "SourceSystem": "OMS",
                "AlertSeverity": "2",
                "AlertRuleId": rule.lower(),
                "ThresholdOperator": "Greater Than",
                "ThresholdValue": "0",
                "Computer": self._host().fqdn,
            }
            self.sheets.add("Alert", self._moment(), cells)

    def fill(self, rows: int) -> None:
        """Add rows until the sheets hold `rows`. A mail makes up to three, so the last ones are processes."""
        while self.sheets.count < rows - 3:
            maker = self.rng.choices(self._makers, self._weights)[0]
            maker(self._moment())
        while self.sheets.count < rows:
            self._process(self._moment())

    def _moment(self) -> datetime:
        return self.world.start + timedelta(
            seconds=self.rng.randrange(-3600, 4 * 3600), microseconds=self.rng.randrange(10**6)
        )

    def _host(self) -> Host:
        return self.rng.choice(self.world.hosts)

    def _program(self, moment: datetime) -> Process:
        image, command = self.rng.choice(self._images)
        return Process(
            image=image, command_line=command, process_id=self.rng.randrange(1200, 19999), created=moment
        )

    def _base(self, moment: datetime, action: str) -> dict[str, str]:
        account = self.rng.choice(self.world.accounts) if self.rng.random() < 0.4 else None
        initiating = initiating_cells(self._program(moment), account)
        return {**device_cells(self._host()), **initiating, "ActionType": action, "MachineGroup": "Workplace"}

    def _process(self, moment: datetime) -> None:
        account = self.rng.choice(self.world.accounts) if self.rng.random() < 0.4 else None
        process_row(self.sheets, self._host(), self._program(moment), account)

    def _network(self, moment: datetime) -> None:
        rng = self.rng
        inside = rng.random() < 0.6
        cells = {
            **self._base(moment, rng.choice(("ConnectionSuccess", "ConnectionAttempt"))),
            "RemoteIP": self._host().local_ip if inside else self.world.ip().address,
            "RemotePort": rng.choice(("443.0", "445.0", "80.0", "53.0", "88.0")),
            "RemoteUrl": "" if inside else f"https://{rng.choice(BENIGN_SITES)}.{self.world.dns_domain}/",
            "LocalPort": f"{rng.randrange(49152, 65000)}.0",
            "Protocol": "Tcp",
        }
        self.sheets.add("DeviceNetworkEvents", moment, cells)

    def _file(self, moment: datetime) -> None:
        rng = self.rng
        cells = {
            **self._base(moment, rng.choice(("FileCreated", "FileModified", "FileRenamed"))),
            "FileName": f"{rng.choice(DOCUMENT_WORDS)}-{rng.randrange(10**4)}.{rng.choice(ENDINGS)}",
            "FolderPath": "C:\\Users\\Public\\Documents",
            "FileSize": f"{rng.randrange(900, 99999)}.0",
            "SHA1": self.world.hexadecimal(40),
        }
        self.sheets.add("DeviceFileEvents", moment, cells)

    def _registry(self, moment: datetime) -> None:
        cells = {
            **self._base(moment, self.rng.choice(("RegistryValueSet", "RegistryKeyCreated"))),
            "RegistryKey": "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Workplace",
            "RegistryValueName": f"Setting{self.rng.randrange(99)}",
            "RegistryValueData": str(self.rng.randrange(2)),
        }
        self.sheets.add("DeviceRegistryEvents", moment, cells)

    def _event(self, moment: datetime) -> None:
        action = self.rng.choice(
            ("PowerShellCommand", "NamedPipeEvent", "ScheduledTaskUpdated", "DnsQueryResponse")
        )
        self.sheets.add("DeviceEvents", moment, self._base(moment, action))

    def _logon(self, moment: datetime) -> None:
        logon_row(self.sheets, self.world, self._host(), self.rng.choice(self.world.accounts), moment)

    def _signin(self, moment: datetime) -> None:
        account = self.rng.choice(self.world.accounts)
        signin_row(self.sheets, self.world, account, self._host().local_ip, moment, "")

    def _domain_logon(self, moment: datetime) -> None:
        domain_logon_row(self.sheets, self.world, self.rng.choice(self.world.accounts), self._host(), moment)

    def _office(self, moment: datetime) -> None:
        operation = self.rng.choice(("FileAccessed", "FileModified", "MailItemsAccessed"))
        account = self.rng.choice(self.world.accounts)
        office_row(self.sheets, self.world, account, self._host().local_ip, moment, operation)

    def _mail(self, moment: datetime) -> None:
        mail = benign_mail(self.world, self.rng.choice(self.world.accounts))
        mail_rows(self.sheets, self.world, mail, moment, removed=False)

    def _heartbeat(self, moment: datetime) -> None:
        host = self._host()
        cells = {
            "Computer": host.fqdn,
            "ComputerIP": host.local_ip,
            "Category": "Direct Agent",
            "OSType": "Windows",
        }
        self.sheets.add("Heartbeat", moment, cells)

    def _metric(self, moment: datetime) -> None:
        cells = {
            "MetricName": "Percentage CPU",
            "Average": f"{self.rng.random() * 90:.2f}",
            "TimeGrain": "PT1M",
        }
        self.sheets.add("AzureMetrics", moment, cells)

    def _usage(self, moment: datetime) -> None:
        cells = {
            "DataType": self.rng.choice(("SigninLogs", "SecurityAlert")),
            "Quantity": f"{self.rng.random():.3f}",
        }
        self.sheets.add("Usage", moment, cells)

    def _indicator(self, moment: datetime) -> None:
        cells = {
            "Action": "alert",
            "ConfidenceScore": str(self.rng.randrange(40, 100)),
            "Description": "Address seen in attacks elsewhere",
            "IndicatorId": self.world.hexadecimal(64).upper(),
            "ThreatType": "Botnet",
            "Active": "True",
            "NetworkSourceIP": self.world.ip().address,
            "ExpirationDateTime": stamp(moment + timedelta(hours=3)),
        }
        self.sheets.add("ThreatIntelligenceIndicator", moment, cells)

    def _audit(self, moment: datetime) -> None:
        cells = {
            "OperationName": "Update group",
            "Category": "GroupManagement",
            "Result": "success",
            "CorrelationId": self.world.guid(),
            "Identity": self.rng.choice(self.world.accounts).display_name,
            "ActivityDisplayName": "Update group",
        }
        self.sheets.add("AuditLogs", moment, cells)
