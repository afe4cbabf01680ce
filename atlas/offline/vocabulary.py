"""The words by which questions are read: types of answers, shapes of entities, words that say little."""

from __future__ import annotations

import re
from enum import StrEnum


class AnswerType(StrEnum):
    """What kind of value is asked for. `OTHER` is anything that the patterns do not know."""

    IP = "ip"
    ACCOUNT = "account"
    SID = "sid"
    USER_ID = "user_id"
    EMAIL = "email"
    URL = "url"
    FILE = "file"
    PROCESS = "process"
    HOST = "host"
    DEVICE_ID = "device_id"
    APP_ID = "app_id"
    RESOURCE = "resource"
    OTHER = "other"


class EntityType(StrEnum):
    """What an entity that stands in the question is."""

    IP = "ip"
    SID = "sid"
    GUID = "guid"
    EMAIL = "email"
    URL = "url"
    FILE = "file"
    HOST = "host"
    PERSON = "person"
    COMMAND = "command"
    NUMBER = "number"
    TERM = "term"


TRIGGER = re.compile(
    r"\b(?:what|which|who|whose|identify|provide|find(?: out)?|determine|retrieve|obtain|specify|tell|give|name|list)\b",
    re.I,
)

# Tried at every position after the trigger; the earliest match wins, and at one position the first row.
TYPE_WORDS: tuple[tuple[AnswerType, str], ...] = (
    (AnswerType.SID, r"sids?\b|security identif\w+(?: \(sid\))?|security identification"),
    (
        AnswerType.USER_ID,
        r"aad ?user ?ids?|aad ids?\b|(?:azure active directory|azure ad|aad|entra(?: id)?) user(?:'s)? (?:id|identifier|object)\w*"
        r"|(?:azure active directory|azure ad|entra)(?: \(aad\))? (?:id|object id)|user ?ids?\b|object ids?\b",
    ),
    (
        AnswerType.DEVICE_ID,
        r"aad ?device ?ids?|(?:azure active directory|azure ad|aad|entra)? ?(?:\(aad\) )?device (?:id|identifier)\w*",
    ),
    (
        AnswerType.EMAIL,
        r"(?:primary |sender |recipient |user )?e-?mail(?: address)?(?: of| associated| address| used| for| linked| belonging)|e-?mail\b(?! messages?| containing| with| that)|"
        r"mailbox(?:es)?(?: address)?|user principal name|upn\b|recipients?\b|sender\b(?! ?'?s? ?ip)|primary address",
    ),
    (AnswerType.IP, r"(?:sender ?|source |remote |external )?ip(?:v[46])?(?: address(?:es)?|s)?\b|senderip"),
    (AnswerType.URL, r"urls?\b|web ?site|domain(?: name)?\b|malicious link"),
    (
        AnswerType.APP_ID,
        r"(?:cloud |oauth )?app(?:lication)?(?:'s)? ?ids?\b|cloud application\b|id of the (?:cloud )?app\w*",
    ),
    (AnswerType.RESOURCE, r"(?:azure )?resource ?(?:id|identifier)?\b(?! manage)|subscription(?: id)?"),
    (
        AnswerType.PROCESS,
        r"(?:full |exact |specific |complete )?command[- ]?lines?|process ids?\b|(?:process )?details of the process|process (?:and its )?details|commands?\b",
    ),
    (
        AnswerType.FILE,
        r"(?:file ?name|name) of the (?:\w+ ){0,3}?(?:file|process|executable|tool|malware|script|program|binary|service)|file ?names?\b|(?:process|executable|malware|tool|script|service) name\b",
    ),
    (
        AnswerType.HOST,
        r"host ?names?\b|(?:device|machine|computer|endpoint)(?:'s)? name\b|name of the (?:\w+ ){0,3}?(?:host|device|machine|endpoint|computer|server)",
    ),
    (
        AnswerType.ACCOUNT,
        r"name of the (?:\w+ ){0,4}?(?:account|user|individual|person|owner)|(?:user )?account(?: name)?\b|user ?names?\b|users?\b|who\b|individuals?\b|owner\b|person\b",
    ),
    (AnswerType.HOST, r"hosts?\b|devices?\b|machines?\b|endpoints?\b|computers?\b|servers?\b"),
    (
        AnswerType.FILE,
        r"files?\b|executables?\b|tools?\b|malware\b|scripts?\b|process(?:es)?\b|programs?\b|services?\b|ransomware",
    ),
)
TYPES = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in TYPE_WORDS)

# A run of letters and marks is tried from its start only: from every place in it, time would go with the square.
ENTITY_PATTERNS: tuple[tuple[EntityType, re.Pattern[str]], ...] = (
    (EntityType.URL, re.compile(r"https?://[^\s`'\"<>)]+", re.I)),
    (EntityType.EMAIL, re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.I)),
    (EntityType.SID, re.compile(r"\bS-\d+(?:-\d+)+\b", re.I)),
    (EntityType.GUID, re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)),
    (EntityType.IP, re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
    (
        EntityType.FILE,
        re.compile(
            r"(?<![\w.-])[.-]*+(\b[\w.-]+\.(?:exe|ps1|dll|sys|bat|cmd|vbs|js|docx?|docm|xlsx?|xlsm|pdf|zip|7z|rar|iso|lnk|png|txt|html?|tmp|lockbit)(?:\.\w+)?\b)",
            re.I,
        ),
    ),
)
QUOTED = re.compile(r"`([^`\n]{2,300})`|'([^'\n]{2,80})'(?!\w)|\"([^\"\n]{2,80})\"")
HOST_WORD = re.compile(
    r"\b(?:host|hosts|device|machine|endpoint|computer|server|on)\s+(?:named\s+)?`?([a-z0-9]+(?:-[a-z0-9]+)+(?:\.[a-z0-9-]+)*)`?",
    re.I,
)
PROCESS_ID = re.compile(r"\b(?:process id|pid|process identifier|id)\D{0,12}(\d{2,6})\b", re.I)
PERSON = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")
NOT_PERSON = frozenset(
    [
        "azure",
        "active",
        "directory",
        "microsoft",
        "defender",
        "security",
        "identifier",
        "cloud",
        "application",
        "primary",
        "refresh",
        "token",
        "user",
        "account",
        "command",
        "control",
        "windows",
        "resource",
        "manager",
        "business",
        "email",
        "compromise",
        "password",
        "spray",
        "known",
        "russia",
        "object",
        "entra",
        "threat",
        "analytics",
        "task",
        "scheduler",
        "device",
        "process",
        "july",
        "june",
        "august",
        "on",
        "can",
        "the",
    ]
)
DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?z?(?:\+00:00)?)?\b", re.I)

STOPWORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "on",
        "for",
        "with",
        "and",
        "or",
        "is",
        "was",
        "were",
        "be",
        "been",
        "being",
        "by",
        "that",
        "this",
        "these",
        "those",
        "which",
        "what",
        "who",
        "whom",
        "whose",
        "can",
        "could",
        "would",
        "should",
        "you",
        "we",
        "our",
        "us",
        "it",
        "its",
        "as",
        "at",
        "from",
        "into",
        "during",
        "associated",
        "involved",
        "related",
        "please",
        "identify",
        "provide",
        "find",
        "determine",
        "tell",
        "name",
        "names",
        "used",
        "using",
        "use",
        "may",
        "might",
        "also",
        "later",
        "subsequent",
        "subsequently",
        "another",
        "other",
        "there",
        "part",
        "same",
        "following",
        "follow",
        "indicated",
        "responsible",
        "after",
        "before",
        "while",
        "where",
        "when",
        "how",
        "did",
        "does",
        "do",
        "has",
        "have",
        "had",
        "any",
        "all",
        "some",
        "more",
        "most",
        "be",
        "linked",
        "connected",
        "corresponding",
        "observed",
        "reported",
        "within",
        "between",
        "their",
        "they",
        "them",
        "his",
        "her",
        "he",
        "she",
        "not",
        "no",
        "yes",
        "one",
        "two",
        "first",
        "second",
        "final",
        "latest",
        "recent",
        "further",
        "specific",
        "new",
        "given",
        "based",
        "i",
        "if",
        "than",
        "then",
        "such",
        "through",
        "under",
        "over",
        "about",
        "per",
        "involving",
        "including",
        "indicate",
        "indicating",
        "possibly",
        "potentially",
        "investigation",
        "investigate",
        "analysis",
        "context",
        "details",
        "detail",
        "information",
    ]
)
