"""Noise: what happened in one episode by accident, from a grammar of 13,824 remarks without any effect."""

from __future__ import annotations

import random

SUBJECTS = [
    "the backup job",
    "the vendor's connector",
    "the mail gateway",
    "the test tenant",
    "the proxy",
    "the print server",
    "the build agent",
    "the badge reader",
    "the parser of syslog",
    "the archive of last year",
    "the sandbox",
    "the help desk's tool",
    "the camera network",
    "the staging area",
    "the payroll import",
    "the wiki's audit trail",
    "the load balancer",
    "the guest network",
    "the scanner of vulnerabilities",
    "the room calendar",
    "the old domain",
    "the mobile gateway",
    "the ticket system",
    "the data lake",
]
HABITS = [
    "writes its rows late",
    "repeats each row",
    "leaves the user column empty",
    "mixes two time zones",
    "cuts long commands",
    "counts retries twice",
    "drops the port",
    "hides the country",
    "rounds the time to minutes",
    "swaps both directions",
    "logs in bursts",
    "names devices in capitals",
    "keeps no history",
    "spells the domain in full",
    "sends test alerts",
    "renames its columns",
    "fills the city with a dash",
    "pads identifiers with zeros",
    "turns off at night",
    "splits one event over several rows",
    "keeps only the latest state",
    "groups events by quarter",
    "prints quotes around text",
    "sorts by severity",
]
TIMES = [
    "on weekends",
    "after an update",
    "when the queue is full",
    "during maintenance",
    "at the end of a month",
    "in the branch office",
    "for contractors",
    "with the trial licence",
    "under heavy load",
    "on leap days",
    "after a failover",
    "for shared mailboxes",
    "in the evening",
    "while an export runs",
    "for new employees",
    "behind the tunnel",
    "when the disk is slow",
    "during an audit",
    "for guests",
    "on the second node",
    "after a password change",
    "in summer",
    "for kiosks",
    "when two admins work at once",
]


def accident(chance: random.Random) -> tuple[str, str]:
    """What the remark is about, and one of its two wordings."""
    subject, habit, time = chance.choice(SUBJECTS), chance.choice(HABITS), chance.choice(TIMES)
    return f"{subject}/{habit}/{time}", worded(subject, habit, time, chance.random() < 0.5)


def worded(subject: str, habit: str, time: str, time_first: bool) -> str:
    text = f"{time}, {subject} {habit}." if time_first else f"{subject} {habit} {time}."
    return text[0].upper() + text[1:]
