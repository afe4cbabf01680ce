"""A mechanical solver that knows how to look, and no value: it must answer every question.

It reads only the prompt and the tables. What it knows: which column shows what, the ids by which tables are
joined, and what the paraphrases of alert names mean.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest

from benchmarks.synthetic.catalog import catalog
from benchmarks.synthetic.entities import NodeKind
from benchmarks.synthetic.incident import Incident, build_incident
from benchmarks.synthetic.questions import incident_questions
from benchmarks.synthetic.schema import schemas
from benchmarks.task import GoldAnswer, Question, Score, Scorer

IN_ENTITIES = {
    NodeKind.NAME: r'"Name":"([^"]*)"[^{}]*"Type":"account"',
    NodeKind.SID: r'"Sid":"([^"]*)"',
    NodeKind.AAD_ID: r'"AadUserId":"([^"]*)"',
    NodeKind.EMAIL: r'"(?:UserPrincipalName|MailboxPrimaryAddress)":"([^"]*)"',
    NodeKind.HOST: r'"HostName":"([^"]*)"',
    NodeKind.IP: r'"Address":"([^"]*)"',
    NodeKind.URL: r'"Url":"([^"]*)"',
    NodeKind.SENDER: r'"Sender":"([^"]*)"',
    NodeKind.FILE: r'"\$id":"\d+","Directory":"[^"]*","Name":"([^"]*)"',
}
IN_EVIDENCE = {
    NodeKind.NAME: "AccountName",
    NodeKind.SID: "AccountSid",
    NodeKind.AAD_ID: "AccountObjectId",
    NodeKind.IP: "RemoteIP",
    NodeKind.URL: "RemoteUrl",
}
PROCESS = re.compile(
    r'"ProcessId":"(\d+)","CommandLine":"(.*?)","ElevationToken".*?"CreatedTimeUtc":"([^"]*)"'
)

Rows = list[dict[str, str]]


class Opener(Scorer):
    """Opens golds for the tests."""

    async def score(self, question: Question, answer: str | None) -> Score:
        return Score.unscored("not asked")

    def open(self, question: Question) -> GoldAnswer:
        return question.gold.reveal_to(self)


@dataclass
class Solver:
    """Answers from tables alone."""

    tables: dict[str, Rows]

    def solve(self, prompt: str, kind: NodeKind) -> set[str]:
        context, ask = self._halves(prompt)
        alert = self._end_alert(self._incident(context), ask or context)
        return self._from_alert(alert, kind) or self._from_elsewhere(alert, kind)

    def _halves(self, prompt: str) -> tuple[str, str]:
        """The context, and the sentence that asks; the latter is empty when it asks about the same alert."""
        cut = max(prompt.rfind(lead) for lead in ("What is", "Which", "Can you", "Give the", "In the same"))
        ask = prompt[cut:]
        return prompt[:cut], "" if "this very alert" in ask else ask

    def _incident(self, context: str) -> Rows:
        values = [value.lower() for value in re.findall(r"`([^`]*)`", context)]
        for value in values:
            for row in self.tables["SecurityAlert"]:
                if value in row["Entities"].lower():
                    return self._members(row["SystemAlertId"])
            for row in self.tables["AlertEvidence"]:
                if value in "\0".join(row.values()).lower():
                    return self._members(self._by_evidence(row["AlertId"])["SystemAlertId"])
            for row in self.tables["AADUserRiskEvents"]:
                found = [a for a in self.tables["SecurityAlert"] if a["VendorOriginalId"] == row["Id"]]
                if value == row["IpAddress"] and found:
                    return self._members(found[0]["SystemAlertId"])
        raise AssertionError(f"none of {values} is known")

    def _by_evidence(self, alert_id: str) -> dict[str, str]:
        return next(a for a in self.tables["SecurityAlert"] if alert_id.endswith(a["VendorOriginalId"]))

    def _members(self, system_id: str) -> Rows:
        (incident,) = [row for row in self.tables["SecurityIncident"] if system_id in row["AlertIds"]]
        ids = json.loads(incident["AlertIds"])
        return [row for row in self.tables["SecurityAlert"] if row["SystemAlertId"] in ids]

    def _end_alert(self, members: Rows, text: str) -> dict[str, str]:
        meant = [
            kind.name
            for kind in catalog().values()
            if f'"{kind.plain_name}"' in text
            or any(f"about {alias}" in text for alias in (*kind.aliases, *kind.echoes))
        ]
        (alert,) = [row for row in members if row["AlertName"] in meant]
        return alert

    def _from_alert(self, alert: dict[str, str], kind: NodeKind) -> set[str]:
        if kind is NodeKind.PROCESS:
            found = PROCESS.findall(alert["Entities"])
            return {f"{pid}__{created}__{command}".lower() for pid, command, created in found}
        return set(re.findall(IN_ENTITIES[kind], alert["Entities"]))

    def _from_elsewhere(self, alert: dict[str, str], kind: NodeKind) -> set[str]:
        provider = alert["ProviderName"]
        if provider == "IPC" and kind is NodeKind.IP:
            risks = self.tables["AADUserRiskEvents"]
            return {row["IpAddress"] for row in risks if row["Id"] == alert["VendorOriginalId"]}
        if provider == "IPC":
            (user,) = re.findall(IN_ENTITIES[NodeKind.AAD_ID], alert["Entities"])
            logons = [row for row in self.tables["IdentityLogonEvents"] if row["AccountObjectId"] == user]
            return {row[IN_EVIDENCE[kind]] for row in logons}
        if provider == "OATP" and kind is NodeKind.URL:
            (message,) = re.findall(r'"NetworkMessageId":"([^"]*)"', alert["Entities"])
            return {row["Url"] for row in self.tables["EmailUrlInfo"] if row["NetworkMessageId"] == message}
        evidence = self.tables["AlertEvidence"]
        rows = [row for row in evidence if row["AlertId"].endswith(alert["VendorOriginalId"])]
        return {row[IN_EVIDENCE[kind]] for row in rows} - {""}


def tables_of(incident: Incident) -> dict[str, Rows]:
    return {
        table: [dict(zip(schemas()[table], row, strict=True)) for row in rows]
        for table, rows in incident.tables.items()
        if table.startswith(("Security", "AlertE", "AADUser", "IdentityLogon", "EmailUrl"))
    }


@pytest.mark.parametrize("number", range(1, 9))
def test_every_question_is_answered_by_knowing_how_to_look(number: int) -> None:
    incident = build_incident(21, number)
    solver = Solver(tables_of(incident))
    opener = Opener()
    for questions in incident_questions(incident, 60).values():
        for question in questions:
            (kind,) = [flag.removeprefix("asks_") for flag in question.flags if flag.startswith("asks_")]
            node = NodeKind.PROCESS if kind == "command" else NodeKind[kind.upper()]
            answers = solver.solve(question.task.prompt, node)
            if kind == "command":
                answers = {answer.split("__", 2)[2] for answer in answers}
            assert answers == {opener.open(question).answer}, question.task.prompt
