# ruff: noqa: E501 - a lesson reads better whole
"""Labelled pairs of lessons, written for these tests: same advice, other advice, opposite advice.

In a group, lines that start with `=` say the same in other words, `~` says something else about the same
matter, `!` the opposite; what follows ` @ ` is the cue. The next group starts at the next `=`. The pairs of a
group stay in one half of the split.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations, product

from memory.items import ItemDraft, Kind
from memory.recall.likeness import Decision

SPLIT_SEED = 11

SECURITY = """
= For the IP address of a sign-in, join AlertEvidence to SigninLogs on the account's e-mail. @ answer_type:ip, sign-in address
= To get a sign-in's IP address, join AlertEvidence with SigninLogs by the e-mail of the account. @ answer_type:ip
= The IP address of a sign-in is found by joining AlertEvidence to SigninLogs on the account's e-mail address. @ answer_type:ip
~ For the IP address of a sign-in, join AlertEvidence to DeviceLogonEvents on the account's e-mail. @ answer_type:ip
~ For the user agent of a sign-in, join AlertEvidence to SigninLogs on the account's e-mail. @ answer_type:other
! For the IP address of a sign-in, do not join AlertEvidence to SigninLogs on the account's e-mail. @ answer_type:ip
= Host names are short in DeviceInfo and full in SecurityAlert: match on the first label. @ answer_type:host
= DeviceInfo holds short host names and SecurityAlert full ones, so compare only the first label. @ answer_type:host
= When you match hosts of DeviceInfo with SecurityAlert, compare the first label: names are short in the former and full in the latter. @ answer_type:host
~ Host names are short in DeviceInfo and full in DeviceNetworkEvents: match on the first label. @ answer_type:host
~ DeviceInfo has one row for each report of a device while SecurityAlert has one for each alert: take distinct host names. @ answer_type:host
! Host names are full in DeviceInfo and short in SecurityAlert: match on the first label. @ answer_type:host
= Senders stand in EmailEvents, the links of a mail in EmailUrlInfo; join on NetworkMessageId.
= Join EmailEvents (senders) and EmailUrlInfo (links in the mail) on NetworkMessageId.
= To connect a mail's sender with its links, join EmailEvents to EmailUrlInfo by NetworkMessageId.
~ Senders stand in EmailEvents, the files of a mail in EmailAttachmentInfo; join on NetworkMessageId.
~ One NetworkMessageId has several rows in EmailEvents and EmailUrlInfo, one for each recipient: select distinct links.
! Senders stand in EmailEvents, the links of a mail in EmailUrlInfo; never join on NetworkMessageId.
= Accept an answer only when one observation shows the value beside the entity of the question.
= An answer may be accepted only if a single observation shows its value next to the entity that the question names.
= Only accept the answer when the value and the question's entity appear together in one observation.
~ Accept an answer only when two tables show the value.
~ Ask for the query that produced the answer when the value stands in no observation.
! Accept an answer even when no observation shows the value beside the entity of the question.
= The Entities column of SecurityAlert is text: search it with LIKE, because JSON functions fail on it.
= JSON functions fail on the Entities column of SecurityAlert, which is plain text; use LIKE to search it.
= Since SecurityAlert stores Entities as text, look in it with LIKE; JSON functions do not work there.
~ The ExtendedProperties column of SecurityAlert is text: search it with LIKE, because JSON functions fail on it.
~ The Entities column of SecurityAlert is text and long: select it for one alert at a time.
! The Entities column of SecurityAlert is text: do not search it with LIKE, because JSON functions work on it.
= Never select all columns of SecurityAlert: name the columns you need.
= Name the columns you need from SecurityAlert instead of selecting all columns.
= Avoid selecting every column of SecurityAlert; list only those that you need.
~ Never select all rows of SecurityAlert: limit the result to what you need.
~ Describe SecurityAlert before you select columns from it.
! Always select all columns of SecurityAlert: do not name the columns you need.
= Describe a table before you query its columns for the first time.
= Before the first query on a table's columns, describe the table.
= Look at a table's description first, and only then query its columns.
~ List all tables before you describe one for the first time.
~ Count a table's rows before you query it without a filter.
! Describe a table after you query its columns for the first time.
= Sort sign-ins by TimeGenerated ascending to find the first one. @ sign-in time
= To find the earliest sign-in, order by TimeGenerated ascending. @ sign-in time
= Order the sign-ins by TimeGenerated in ascending order; the first row is the earliest. @ sign-in time
~ Sort sign-ins by CreatedDateTime ascending to find the first one. @ sign-in time
~ Sign-ins come late: TimeGenerated may lie hours behind the time of the event. @ sign-in time
! Sort sign-ins by TimeGenerated descending to find the first one. @ sign-in time
= Exclude failed sign-ins: keep rows where ResultType is 0.
= Keep only rows with ResultType 0, so that failed sign-ins are left out.
= Drop the failed sign-ins by filtering on ResultType 0.
~ Exclude interactive sign-ins: keep rows where IsInteractive is 0.
~ A failed sign-in has a ResultType other than 0, and ResultDescription says why.
! Include failed sign-ins: keep rows where ResultType is not 0.
= Use the UPN and not the display name to match accounts across tables.
= Match accounts across tables by UPN rather than by display name.
= Accounts should be matched across tables on the UPN, never on the display name.
~ Use the SID and not the display name to match accounts across tables.
~ Lower the case of a UPN before you match accounts across tables.
! Use the display name and not the UPN to match accounts across tables.
= Prefer AlertEvidence over SecurityAlert when both hold the value.
= When both tables hold the value, prefer AlertEvidence to SecurityAlert.
= If the value is in both, take it from AlertEvidence rather than SecurityAlert.
~ Prefer AlertEvidence over AlertInfo when both hold the value.
~ Check that AlertEvidence and SecurityAlert agree when both hold the value.
! Prefer SecurityAlert over AlertEvidence when both hold the value.
= SystemAlertId of SecurityAlert is found in the AlertIds of SecurityIncident.
= The AlertIds column of SecurityIncident holds the SystemAlertId of SecurityAlert.
= To go from SecurityIncident to SecurityAlert, look up its AlertIds as SystemAlertId.
~ VendorOriginalId of SecurityAlert is found in the AlertIds of SecurityIncident.
~ The AlertIds of SecurityIncident are a JSON list, so compare SystemAlertId of SecurityAlert with LIKE.
! SystemAlertId of SecurityAlert is not found in the AlertIds of SecurityIncident.
= For a lateral move, look at inbound network logons on the target device. @ lateral movement
= When an attacker moves laterally, check the target device for inbound network logons. @ lateral movement
= Inbound network logons on the target device show a lateral move. @ lateral movement
~ For a lateral move, look at new services on the target device. @ lateral movement
~ A lateral move often follows a dump of credentials on the first device. @ lateral movement
! For a lateral move, look at outbound network logons on the source device. @ lateral movement
= When a query returns no rows, widen the time range before you try another table.
= If a query comes back empty, first widen its time range, and only then go to another table.
= An empty result calls for a wider time range before another table is tried.
~ When a query returns no rows, check the spelling of the value before you try another table.
~ When a query returns too many rows, narrow the time range before you add columns.
! When a query returns no rows, try another table before you widen the time range.
= The process that started the malware is in InitiatingProcessFileName of DeviceProcessEvents.
= In DeviceProcessEvents, InitiatingProcessFileName names the parent process that launched the malware.
= Look up which process started the malware in column InitiatingProcessFileName of DeviceProcessEvents.
~ The process that started the malware is in InitiatingProcessFileName of DeviceFileEvents.
~ The command that started the malware is in InitiatingProcessCommandLine of DeviceProcessEvents.
~ InitiatingProcessFileName of DeviceProcessEvents is lower case: compare it without regard to case.
= Submit only the value that is asked for, without any explanation.
= The submission should be just the value asked for and no explanation.
= Give nothing but the requested value when you submit; do not explain.
~ Submit the value with the letter case that the log shows.
~ Submit before the last step even when you are unsure of the value.
! Submit the value that is asked for with an explanation.
= Stop after two empty queries on the same table and choose another table.
= After two queries on one table that return nothing, stop and choose another one.
= Move on to another table once two queries on the same table were empty.
~ Stop after five empty queries on the same table and choose another table.
~ Stop after two errors on the same table and describe it again.
! Do not stop after two empty queries on the same table, and do not choose another table.
= Timestamps are in UTC in all tables; do not convert them.
= All tables keep their timestamps in UTC, so no conversion is needed.
= Leave timestamps as they are: they are UTC in every table.
~ Timestamps are text in all tables; compare them as strings.
~ The question gives local time: find the offset from UTC before you compare timestamps.
! Timestamps are not in UTC in all tables; convert them.
= A file's SHA256 is missing in AlertEvidence for folders; use FileName and FolderPath there.
= Use FileName with FolderPath in AlertEvidence where SHA256 is empty, as it is for folders.
= For folders AlertEvidence has no SHA256, so go by FolderPath and FileName.
~ A file's SHA1 is missing in AlertEvidence for folders; use FileName and FolderPath there.
~ Compare SHA256 in AlertEvidence before FileName and FolderPath, which attackers change.
= Check the RemoteUrl of DeviceNetworkEvents when the question asks for a command and control domain. @ answer_type:url
= When asked for a C2 domain, read RemoteUrl in DeviceNetworkEvents. @ answer_type:url
= The domain of the command and control server is in RemoteUrl of DeviceNetworkEvents. @ answer_type:url
~ Check the RemoteIP of DeviceNetworkEvents when the question asks for a command and control address. @ answer_type:ip
~ RemoteUrl of DeviceNetworkEvents is empty for many rows: filter them out before you count. @ answer_type:url
! Do not check the RemoteUrl of DeviceNetworkEvents when the question asks for a command and control domain. @ answer_type:url
= Disabled accounts stay in IdentityInfo: test IsAccountEnabled.
= IdentityInfo also holds accounts that are disabled, so check IsAccountEnabled.
= Test IsAccountEnabled in IdentityInfo, because disabled accounts remain there.
~ Deleted accounts stay in IdentityInfo: test DeletedDateTime.
~ IdentityInfo has a row for each change of an account: take the latest one for IsAccountEnabled.
! Disabled accounts do not stay in IdentityInfo: no need to test IsAccountEnabled.
= Rules that forward mail to outside are logged in OfficeActivity as New-InboxRule.
= OfficeActivity records an inbox rule that forwards mail outside as operation New-InboxRule.
= Find rules that forward mail to the outside by the operation New-InboxRule in OfficeActivity.
~ Rules that forward mail to outside are logged in OfficeActivity as Set-Mailbox.
~ The account that made an inbox rule stands in UserId of OfficeActivity beside New-InboxRule.
= Take the latest version of an incident: SecurityIncident repeats it at each change.
= SecurityIncident has a row for every change of an incident, so use the newest.
= Because SecurityIncident repeats an incident each time it changes, only read its last version.
~ Take the latest version of an alert: SecurityAlert repeats it at each change.
~ Group SecurityIncident by severity to see which incident matters most.
! Take the earliest version of an incident: SecurityIncident repeats it at each change.
= Treat the title of an alert as a hint and not as proof.
= An alert's title is only a hint, never proof.
= Do not take an alert's title for proof; it is a hint.
~ Treat the severity of an alert as a hint and not as proof.
~ Search for the title of an alert word by word.
! Treat the title of an alert as proof and not as a hint.
= In DeviceLogonEvents, RemoteIP is empty for local logons; filter on LogonType Network first.
= Filter DeviceLogonEvents on LogonType Network first, since local logons have no RemoteIP.
= RemoteIP is not filled for local logons of DeviceLogonEvents: start by filtering for LogonType Network.
~ In DeviceLogonEvents, RemoteDeviceName is empty for local logons; filter on LogonType Network first.
~ Many rows of DeviceLogonEvents have LogonType Network and the RemoteIP of a scanner; leave scanners out.
= There is no table SignInEvents; SigninLogs is the one that answers.
= SigninLogs is the table to use, for SignInEvents does not exist.
= Query SigninLogs: a table called SignInEvents does not exist.
~ There is no table SignInEvents; AADSignInEventsBeta is the one that answers.
! There is no table SigninLogs; SignInEvents is the one that answers.
= SecurityAlert has no column HostName; CompromisedEntity works. @ table:SecurityAlert
= Use CompromisedEntity in SecurityAlert, which has no column HostName. @ table:SecurityAlert
= A column HostName does not exist in SecurityAlert, so read CompromisedEntity. @ table:SecurityAlert
~ SecurityAlert has no column Account; CompromisedEntity works. @ table:SecurityAlert
~ SecurityEvent has no column HostName; Computer works. @ table:SecurityEvent
! SecurityAlert has no column CompromisedEntity; HostName works. @ table:SecurityAlert
= In IdentityLogonEvents, test AccountUpn with LIKE '%value%': equality with the value as a question writes it finds nothing. @ table:IdentityLogonEvents
= Test AccountUpn of IdentityLogonEvents with LIKE '%value%', because equality with the question's wording of the value finds nothing. @ table:IdentityLogonEvents
= Equality on AccountUpn in IdentityLogonEvents finds nothing; compare it with LIKE '%value%'. @ table:IdentityLogonEvents
~ In IdentityLogonEvents, test DeviceName with LIKE '%value%': equality with the value as a question writes it finds nothing. @ table:IdentityLogonEvents
~ In IdentityQueryEvents, test AccountUpn with LIKE '%value%': equality with the value as a question writes it finds nothing. @ table:IdentityQueryEvents
! In IdentityLogonEvents, test AccountUpn with equality: LIKE '%value%' finds nothing. @ table:IdentityLogonEvents
= For a process with its command line: list the distinct AlertName of SecurityAlert and read the value under key "CommandLine" in column Entities. @ answer_type:process
= Read a process's command line under key "CommandLine" in column Entities of SecurityAlert, after listing the distinct AlertName. @ answer_type:process
~ For a file or process name: list the distinct AlertName of SecurityAlert and read the value under key "Name" in column Entities. @ answer_type:file
~ For a process with its command line: list the distinct Description of SecurityAlert and read the value under key "CommandLine" in column Entities. @ answer_type:process
~ For a process with its command line: list the distinct AlertName of SecurityAlert and read the value under key "ProcessId" in column Entities. @ answer_type:process
= Ask for the account that was attacked and not for the account that attacked. @ answer_type:account
= The question wants the attacked account, not the attacking account. @ answer_type:account
~ Ask for the host that was attacked and not for the host that attacked. @ answer_type:host
! Ask for the account that attacked and not for the account that was attacked. @ answer_type:account
= Reject an answer that repeats a value of the question.
= If the answer only repeats a value from the question, reject it.
= An answer that merely restates what the question already says must be rejected.
~ Reject an answer that names a table and not a value.
~ Reject a plan that repeats a query that failed.
! Accept an answer that repeats a value of the question.
= The attempt fails when the student searches for the alert's title with equality.
= Searching for an alert's title with equality makes the attempt fail.
= A failure: the student looks for the title of the alert with equality.
~ The attempt fails when the student searches for the alert's severity with equality.
~ The attempt fails when the student reads the alert's title after its entities.
! The attempt succeeds when the student searches for the alert's title with equality.
= Group network events by remote address and look at rare addresses first.
= Look first at the rare addresses after you group network events by remote address.
= Count network events per remote address, and begin with the addresses that are rare.
~ Group network events by remote port and look at rare ports first.
~ Group network events by device and look at the busiest devices first.
! Group network events by remote address and look at rare addresses last.
= Trust the log of the domain controller more than the log of the workstation.
= The domain controller's log deserves more trust than the workstation's log.
= If logs differ, believe the domain controller's over the workstation's.
~ Trust the log of the mail server more than the log of the workstation.
~ Read the log of the domain controller in the hour before the log of the workstation stops.
! Trust the log of the workstation more than the log of the domain controller.
= Increase the limit when the rows of a result are cut off.
= Raise the limit if a result's rows are cut off.
= When rows of the result are truncated, use a higher limit.
~ Add a filter when the rows of a result are cut off.
~ Increase the time range when the rows of a result are few.
! Decrease the limit when the rows of a result are cut off.
= Scheduled tasks are a common way of persistence: search command lines for schtasks. @ persistence
= Search the command lines for schtasks, since persistence is often set up as a scheduled task. @ persistence
= For persistence, look for schtasks in command lines: scheduled tasks are common. @ persistence
~ Services are a common way of persistence: search command lines for sc.exe. @ persistence
~ Persistence by a scheduled task shows as event 4698 as well as schtasks in command lines. @ persistence
"""

OTHER = """
= Rest the dough in the fridge overnight before you bake it.
= Before baking, let the dough rest overnight in the fridge.
= The dough should rest in the refrigerator for a night and be baked afterwards.
~ Rest the batter in the fridge overnight before you bake it.
~ Fold the dough four times before you bake it.
! Bake the dough before you rest it in the fridge overnight.
= Run the migrations before you start the new servers.
= Migrations must run before the new servers are started.
= Start the new servers only after the migrations have run.
~ Run the smoke tests before you start the new servers.
~ Back up the database before you run the migrations.
! Run the migrations after you start the new servers.
= Use a context manager to open files, so that they are closed on errors.
= Open files with a context manager; it closes them when an error occurs.
= A context manager should open files because it also closes them on errors.
~ Use a context manager to open sockets, so that they are closed on errors.
~ Use a context manager to change the folder, so that tests do not disturb each other.
! Do not use a context manager to open files.
= Never store passwords in the repository; read them from the environment.
= Passwords are read from the environment and not stored in the repository.
= Read passwords from the environment rather than keeping them in the repository.
~ Never store certificates in the repository; read them from the vault.
~ Never print passwords in the build log; mask them.
! Store passwords in the repository; never read them from the environment.
= Set max_retries to 3 for calls to the payment service.
= Calls to the payment service should have max_retries set to 3.
= For the payment service use max_retries of 3.
~ Set max_retries to 5 for calls to the payment service.
~ Set timeout_seconds to 3 for calls to the payment service.
= Book the return flight on the same ticket as the outward flight.
= The outward and the return flight should be booked on one ticket.
= Put both the outward and return flights on the same ticket when booking.
~ Book the hotel on the same card as the outward flight.
~ Check the baggage rules of the return flight before you book it.
! Do not book the return flight on the same ticket as the outward flight.
= Ask the customer for the order number before you offer a refund.
= Before a refund is offered, ask the customer for the number of the order.
= Offer a refund only after asking the customer for their order number.
~ Ask the customer for the shipping address before you offer a replacement.
~ Offer the customer a voucher before you offer a refund.
! Offer a refund before you ask the customer for the order number.
= Click the search button twice when the list of results stays empty.
= If the results list stays empty, click the search button a second time, twice in all.
~ Reload the page when the list of results stays empty.
~ Sort by price when the list of results is long.
! Do not click the search button twice when the list of results stays empty.
= Normalise the features with the mean of the training set, not of the test set.
= Use the training set's mean and not the test set's to normalise features.
= Features must be normalised by the mean of the training set rather than that of the test set.
~ Impute missing features with the median of the training set, not of the test set.
~ Shuffle the training set and not the test set.
! Normalise the features with the mean of the test set, not of the training set.
= Write the failing test before you fix the bug.
= Fix a bug only after you have written a test that fails.
= First write a test that fails, then fix the bug.
~ Write the changelog before you fix the version.
~ Reproduce the bug on the oldest version before you fix it.
! Fix the bug before you write the failing test.
= Deploy on weekday mornings, never on Friday afternoon.
= Deployments belong in the mornings of weekdays and not on Friday afternoon.
= Do not deploy on Friday afternoon; choose a weekday morning.
~ Announce deployments on weekday mornings, never by mail.
~ Deploy to one region first and wait for its metrics.
! Deploy on Friday afternoon, never on weekday mornings.
= Cache the result of get_user for ten minutes.
= Keep what get_user returns in a cache for ten minutes.
= The result of get_user should be cached for ten minutes.
~ Cache the result of get_order for ten minutes.
~ Clear the cache of get_user when the user changes their name.
! Never cache the result of get_user for ten minutes.
= Round the amounts at the end of the calculation and not at each step.
= Amounts are rounded once the calculation ends, not at each step.
= Do not round amounts at every step; round at the end of the calculation.
~ Round the amounts to two digits at the end of the calculation.
~ Check the currency of the amounts at each step of the calculation.
! Round the amounts at each step of the calculation and not at the end.
= Water the seedlings in the morning and keep them out of direct sun.
= Keep seedlings away from direct sun and water them in the morning.
= Seedlings want water in the morning and no direct sun.
~ Water the seedlings from below and keep the soil loose.
~ Move the seedlings outside in the morning once there is no frost.
! Water the seedlings in the evening and keep them in direct sun.
= Read the units of the question before you compute the answer.
= Before computing an answer, read which units the question uses.
= Look at the question's units first, then compute the answer.
~ Read the options of the question before you compute the answer.
~ Write the units of the answer beside the number.
! Compute the answer before you read the units of the question.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two drafts of one scope and kind, and what they are to each other."""

    group: int
    one: ItemDraft
    other: ItemDraft
    label: Decision


def _draft(text: str) -> ItemDraft:
    content, _, cue = text.partition(" @ ")
    return ItemDraft(kind=Kind.GUARD, scope="synthetic/soc", content=content.strip(), cue=cue.strip())


def groups_of(text: str) -> list[dict[str, list[ItemDraft]]]:
    """The drafts of each group by the sign of their line."""
    found: list[dict[str, list[ItemDraft]]] = []
    before = ""
    for line in text.strip().splitlines():
        if line[0] == "=" and before != "=":
            found.append({"=": [], "~": [], "!": []})
        found[-1][line[0]].append(_draft(line[1:]))
        before = line[0]
    return found


GROUPS = groups_of(SECURITY + OTHER.lstrip())
LESSONS = tuple(draft for group in GROUPS for drafts in group.values() for draft in drafts)


def _pairs(number: int, group: dict[str, list[ItemDraft]]) -> list[Pair]:
    same, other, opposite = group["="], group["~"], group["!"]
    labelled = [
        *((one, two, Decision.DUPLICATE) for one, two in combinations(same, 2)),
        *((one, two, Decision.DISTINCT) for one, two in product(same, other)),
        *((one, two, Decision.CONTRADICTION) for one, two in product(same, opposite)),
    ]
    return [Pair(group=number, one=one, other=two, label=label) for one, two, label in labelled]


PAIRS = tuple(pair for number, group in enumerate(GROUPS) for pair in _pairs(number, group))
_shuffled = random.Random(SPLIT_SEED).sample(range(len(GROUPS)), len(GROUPS))
_held_out = frozenset(_shuffled[len(GROUPS) // 2 :])
CALIBRATION = tuple(pair for pair in PAIRS if pair.group not in _held_out)
HELD_OUT = tuple(pair for pair in PAIRS if pair.group in _held_out)
