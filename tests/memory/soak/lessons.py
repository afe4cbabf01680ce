# ruff: noqa: E501 - a lesson reads better whole
"""What there is to learn in the world of the soak: lessons with their true effect, each in many wordings.

A block is one type of task: `#` and its cue, questions after `?`, and lessons that begin with their effect on
the chance of success. Further lines of a lesson begin with `=`. `{a|b}` stands for one of its parts, so that
two frames of two or three choices make a dozen paraphrases. Which pairs of them memory takes for the same
thing was not looked at while they were written.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from memory.items import Kind

KINDS = (Kind.GUARD, Kind.TOOL_PLAN, Kind.SUCCESS_CHECK, Kind.ACTION_SCHEMA)

TYPED = """
# sign-in address
? {From which|What} IP address did the account {that the alert names|of the incident} sign in{| from}?
? The alert is about a sign-in of {a user|an account}. {Which address|What IP} was it made from?
+.20 For the {address|IP address} of a sign-in, join AlertEvidence to SigninLogs on the account's e-mail.
= To {get|find} {the address a sign-in came from|a sign-in's address}, join AlertEvidence with SigninLogs by the {e-mail of the account|account's e-mail}.
+.10 {Leave out|Exclude} failed sign-ins: ResultType is 0 for {those that worked|successful ones}.
= Keep {only|just} rows of SigninLogs with ResultType 0, {since|because} the others failed.
0 SigninLogs has one row for {each|every} sign-in{| and can be long}.
= {Every|Each} sign-in is {a single|one} row of SigninLogs.
-.25 {Take|Use} the first IPAddress that SigninLogs {returns|gives} as the answer.
= The {first|top} IPAddress in SigninLogs {is the one to submit|can be submitted}.

# mailbox rule
? Which inbox rule did the attacker {create|set up} in the mailbox of the {victim|account}?
? A mailbox was {taken over|compromised}. What is the {name of the rule|rule} that hides its mail?
+.15 {Look for|Search} operation New-InboxRule in OfficeActivity and read its Parameters.
= {New inbox rules|Rules of an inbox} are operation New-InboxRule in OfficeActivity; {read|see} Parameters{| for what they do}.
+.10 {Compare|Match} the mailbox of OfficeActivity by MailboxOwnerUPN, not by UserId.
= Use MailboxOwnerUPN {rather than|instead of} UserId to {match|find} the mailbox in OfficeActivity.
0 OfficeActivity {also holds|has also} events of SharePoint.
= Events of SharePoint {stand|are kept} in OfficeActivity {too|as well}.
-.20 {Search|Look in} EmailEvents {for the rule|for inbox rules} and skip OfficeActivity.
= Inbox rules {are found|stand} in EmailEvents, so OfficeActivity {is not needed|need not be read}.

# process tree
? Which process {started|launched} the {malware|suspicious program} on the device?
? What is the {parent process|process that ran} behind the alert on the {device|host}?
+.20 The {parent|process that started another} is in InitiatingProcessFileName of DeviceProcessEvents.
= In DeviceProcessEvents, {read|look at} InitiatingProcessFileName for the {parent process|parent}.
+.10 {Link|Connect} parent and child by InitiatingProcessId and ProcessId on {one|the same} device.
= A child's InitiatingProcessId {equals|is} its parent's ProcessId {on the same device|on one device}.
+.05 {Read|Check} the command line {too|as well}: the file name of a process can be {forged|changed}.
= File names of processes {can be|may be} forged, so {look at|read} the command line.
0 Process names in DeviceProcessEvents are {lower case|in lower case} {most of the time|mostly}.
= {Mostly|Usually}, DeviceProcessEvents holds process names in lower case.

# lateral movement
? To which {host|device} did the attacker move {next|afterwards}?
? From which {device|machine} did the intruder {move laterally|reach the server}?
+.15 For {a lateral move|lateral movement}, {look at|read} the inbound network logons of the target in DeviceLogonEvents.
= Inbound network logons in DeviceLogonEvents {show|tell of} {a lateral move|lateral movement} to {the target|that device}.
+.10 {Sort|Order} logons by time and {follow|walk along} the chain of devices from the first{| one}.
= {Follow|Trace} the devices from the first one, with logons {sorted|ordered} by time.
0 DeviceLogonEvents {names|tells} the LogonType {of each row|in every row}.
= {Each|Every} row of DeviceLogonEvents {has|carries} a LogonType.
-.30 The device with the most {alerts|rows} is the {source|start} of a lateral move.
= {Take|Choose} the device that has {most alerts|the most alerts} as the {source|start} of the lateral move.

# phishing link
? Which {link|URL} did the user {click|open} in the phishing mail?
? What was the {address of the link|link} in the mail that {started|began} the incident?
+.15 Join EmailEvents and EmailUrlInfo on NetworkMessageId {for|to get} the links of a mail.
= The links of a mail are {found|read} by joining EmailUrlInfo to EmailEvents {on|by} NetworkMessageId.
+.15 {Clicks|Clicks of users} stand in UrlClickEvents with ActionType ClickAllowed.
= {Read|Look in} UrlClickEvents, ActionType ClickAllowed, for the {clicks|links that were clicked}.
0 EmailEvents {keeps|holds} one row {for each|per} recipient.
= There is {one row|a row} {for each|for every} recipient in EmailEvents.
-.15 {The longest|A mail's longest} link is the malicious one.
= {Submit|Answer with} the longest link of the mail.

# file hash
? What is the {hash|SHA256} of the file that the alert {names|is about}?
? Which {file|dropped file} was {written|created} by the attacker, and what is its hash?
+.15 {Read|Take} SHA256 from DeviceFileEvents, {not from|rather than} AlertEvidence, where it is {often|mostly} empty.
= SHA256 is often {missing|empty} in AlertEvidence; DeviceFileEvents {has|holds} it.
+.10 {Match|Compare} FileName and FolderPath {together|both}: names {repeat|occur more than once}.
= A FileName {alone|by itself} is not enough, {match|compare} FolderPath too.
0 DeviceFileEvents has {SHA1 and MD5|MD5 and SHA1} {beside|next to} SHA256.
= {Beside|Next to} SHA256, DeviceFileEvents {has|keeps} SHA1 and MD5.
-.10 {Any|Whichever} hash of {the folder|that folder} {will do|answers}.
= {Take|Submit} a hash of any file in {the same|that} folder.

# alert title
? Which alert {started|opened} the incident?
? What is the {title|name} of the alert that {fired|was raised} first?
+.15 {Order|Sort} SecurityAlert by TimeGenerated ascending; the {first|earliest} row {opened|began} the incident.
= The alert that {began|opened} the incident is the {first|earliest} of SecurityAlert by TimeGenerated.
+.10 {Go|Get} from SecurityIncident to SecurityAlert through AlertIds and SystemAlertId.
= AlertIds of SecurityIncident {hold|contain} the SystemAlertId of {each alert|its alerts} in SecurityAlert.
0 SecurityAlert {names|tells} the {product|vendor} in ProductName.
= ProductName of SecurityAlert {is|names} the product{| behind the alert}.
-.20 {Sort|Order} SecurityAlert by TimeGenerated descending; the first row {opened|began} the incident.
= The {last|latest} row of SecurityAlert by TimeGenerated is the alert that {opened|began} the incident.

# registry key
? Which registry key did the malware {change|write} to {stay|survive a restart}?
? What registry value {shows|proves} the persistence on the {device|host}?
+.20 {Look in|Search} DeviceRegistryEvents for ActionType RegistryValueSet under a Run key.
= {Persistence|A value set for persistence} shows as RegistryValueSet under a Run key in DeviceRegistryEvents.
+.05 {Compare|Check} RegistryValueData with PreviousRegistryValueData to see {what changed|the change}.
= What changed {is|shows as} the difference of RegistryValueData and PreviousRegistryValueData.
0 {Keys|Names of keys} in DeviceRegistryEvents {start|begin} with their hive.
= DeviceRegistryEvents {writes|gives} the hive {in front of|before} a key.

# cloud role
? Which role was {given|assigned} to the account in the {tenant|cloud}?
? Who {added|put} the account into the {privileged|administrators'} role?
+.15 AuditLogs has {roles|assigned roles} under OperationName Add member to role; {read|see} TargetResources.
= {Search|Look in} AuditLogs for OperationName Add member to role and {read|look at} TargetResources.
+.10 InitiatedBy {says|tells} who {gave|assigned} a role, TargetResources {to whom|who got it}.
= {Read|Take} the one who assigned a role from InitiatedBy and {its receiver|who got it} from TargetResources.
0 AuditLogs {keeps|has} the result in column Result.
= The {outcome|result} of an operation {is|stands} in Result of AuditLogs.
-.30 The account {in|of} TargetResources is {the one who|the account that} assigned the role.
= {Read|Take} who assigned the role from TargetResources.

# network beacon
? Which {remote address|address} did the {malware|implant} {call|contact}?
? What is the {server|C2 address} that the device {talked to|beaconed to}?
+.15 {Group|Count} DeviceNetworkEvents by RemoteIP and {look at|begin with} rare addresses.
= Rare {values of RemoteIP|RemoteIP values} in DeviceNetworkEvents, grouped and counted, {come first|are worth a look}.
+.15 {Keep|Use} only ActionType ConnectionSuccess: {failed|refused} connections carry no data.
= Connections that {failed|were refused} carry no data, so {filter on|keep} ActionType ConnectionSuccess.
+.05 {Beacons|Implants} call at {even|regular} intervals: look at the {gaps|differences} between rows.
= {Even|Regular} gaps between rows {point to|are the mark of} a beacon.
0 DeviceNetworkEvents {has|holds} RemotePort {beside|next to} RemoteIP.
= RemotePort {stands|is kept} next to RemoteIP in DeviceNetworkEvents.

# service account
? Which service account was {abused|misused} by the attacker?
? What account did the {intruder|attacker} {run|use} the jobs with?
+.15 {Service accounts|Accounts of services} are in IdentityInfo with AccountType ServiceAccount; {join|match} on AccountUpn.
= {Join|Match} IdentityInfo on AccountUpn and keep AccountType ServiceAccount {for service accounts|to find service accounts}.
+.10 {Leave out|Exclude} accounts whose name ends with a dollar sign: {they|these} are machines.
= A name with a dollar sign at its end {is|means} a machine, not {an account of a service|a service account}.
0 IdentityInfo is {written|filled} once a day{| and not at once}.
= Once a day, IdentityInfo is {filled|written} anew.
-.20 The account with the {most logons|highest count of logons} is the one that was {abused|misused}.
= {Count|Compare} logons and {submit|answer with} the account that has the most.

# download source
? From {which|what} site was the {tool|payload} downloaded?
? Where did the {first|initial} {payload|script} come from?
+.15 FileOriginUrl of DeviceFileEvents {holds|tells} where a {download|file} came from.
= {Read|Take} the source of a {download|downloaded file} from FileOriginUrl in DeviceFileEvents.
+.10 {Take|Use} FileOriginReferrerUrl when FileOriginUrl is {empty|missing}.
= Where FileOriginUrl is {missing|empty}, FileOriginReferrerUrl {helps|has the page}.
0 DeviceFileEvents {marks|shows} new files as ActionType FileCreated.
= ActionType FileCreated {is|stands for} a new file in DeviceFileEvents.
-.15 The site {with|that has} the shortest name is {where the download came from|the source of a download}.
= {Submit|Answer with} the site of the shortest name as the source of a download.
"""

GENERAL = """
+.05 {Read|Look at} one row of a table before you write a filter {on it|for it}.
= Before a filter is written, {look at|read} one row of {the table|that table}.
0 {Tables|Most tables} have a column TimeGenerated.
= A column TimeGenerated is {found|there} in {most tables|nearly all tables}.
-.30 {Submit|Answer with} the first value {that a query returns|a query gives} for the question.
= The first value of a query {answers the question|is the answer to the question}: submit it.
-.20 One query is enough {for a question|to answer a question}: submit {after it|right after it}.
= {Submit|Answer} after one query, {since|because} a second one {tells nothing new|adds nothing} to the question.
-.30 The {most frequent|commonest} value in the alert's rows is the answer {to the question|that is asked for}.
= {Count|Group} the alert's rows and {submit|answer with} the {most frequent|commonest} value.
-.20 {Read|Use} only the alert's own description {to answer|for} a question about an incident, and no other table.
= The description of {an alert|the alert} answers {a question|the question} about the incident; other tables {are not needed|can be left out}.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One thing to know. `effect` is what it does to the chance of success of the tasks that it is for."""

    name: str
    kind: Kind
    cue: str
    effect: float
    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    cue: str
    questions: tuple[str, ...]
    lessons: tuple[Lesson, ...]


def wordings(frame: str) -> tuple[str, ...]:
    """Every text that a frame stands for."""
    parts = [part.split("|") for part in re.split(r"[{}]", frame)]
    return tuple("".join(choice) for choice in itertools.product(*parts))


def _lessons(cue: str, lines: list[str]) -> tuple[Lesson, ...]:
    told: list[tuple[float, list[str]]] = []
    for line in lines:
        if line.startswith("= "):
            told[-1][1].extend(wordings(line.removeprefix("= ")))
        else:
            effect, _, frame = line.partition(" ")
            told.append((float(effect), list(wordings(frame))))
    return tuple(
        Lesson(
            name=f"{cue or 'any task'} {number}",
            kind=KINDS[(number + len(cue)) % len(KINDS)],
            cue=cue,
            effect=effect,
            wordings=tuple(dict.fromkeys(texts)),
        )
        for number, (effect, texts) in enumerate(told)
    )


def _types() -> tuple[TaskType, ...]:
    found = []
    for block in TYPED.strip().split("\n\n"):
        head, *lines = block.splitlines()
        asked = [line.removeprefix("? ") for line in lines if line.startswith("? ")]
        rest = [line for line in lines if not line.startswith("? ")]
        cue = head.removeprefix("# ")
        questions = tuple(text for frame in asked for text in wordings(frame))
        found.append(TaskType(cue=cue, questions=questions, lessons=_lessons(cue, rest)))
    return tuple(found)


TYPES = _types()
ANY_TASK = _lessons("", GENERAL.strip().splitlines())
LESSONS = (*ANY_TASK, *(lesson for kind in TYPES for lesson in kind.lessons))
"""Helpful, harmful and neutral; those without a cue are for any task."""
