"""From words of a question to names of columns; and that no schema is known by heart."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import atlas.offline
import benchmarks.synthetic
from atlas.offline.findings import KEY_FIT
from atlas.offline.lexicon import name_fit, name_words, names_events
from atlas.offline.survey import fitting
from atlas.offline.vocabulary import AnswerType as A


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RemoteIP", ("remote", "ip")),
        ("remote_ip", ("remote", "ip")),
        ("AadUserId", ("aad", "user", "id")),
        ("AADUserId", ("aad", "user", "id")),
        ("SenderIPv4Address", ("sender", "ipv4", "address")),
        ("URLName", ("url", "name")),
        ("x", ("x",)),
        ("", ()),
    ],
)
def test_names_are_split_into_words(name: str, words: tuple[str, ...]) -> None:
    assert name_words(name) == words


FITTING = [
    (A.IP, ["SourceIp", "RemoteIP", "IPAddress", "ip"], ["Shipment", "Zip", "DeviceName"]),
    (A.SID, ["AccountSid", "Sid"], ["Side", "AccountName"]),
    (A.USER_ID, ["UserId", "AadUserId", "AccountObjectId"], ["User", "ReportId"]),
    (A.DEVICE_ID, ["DeviceId", "AadDeviceId"], ["DeviceName", "UserId"]),
    (A.EMAIL, ["UserPrincipalName", "AccountUpn", "MailboxAddress"], ["Emailed", "UserId"]),
    (A.URL, ["Url", "RemoteUrl"], ["Curl", "Title"]),
    (A.FILE, ["FileName", "ProcessFileName"], ["FileSize", "Folder"]),
    (A.HOST, ["DeviceName", "HostName", "Computer"], ["DeviceId", "Ghost"]),
    (A.ACCOUNT, ["AccountName", "UserName"], ["AccountSid", "FileSize"]),
    (A.APP_ID, ["AppId", "ApplicationId", "SaasId"], ["AppName", "DeviceId"]),
    (A.RESOURCE, ["ResourceId"], ["ResourceName", "AppId"]),
    (A.PROCESS, ["CommandLine", "ProcessCommandLine"], ["ProcessName", "Line"]),
    (A.OTHER, [], ["Title", "SourceIp"]),
]


@pytest.mark.parametrize(("kind", "good", "bad"), FITTING)
def test_columns_are_chosen_by_what_their_names_say(kind: A, good: list[str], bad: list[str]) -> None:
    assert [name for name in good if name_fit(kind, name) < KEY_FIT] == []
    assert [name for name in bad if name_fit(kind, name) >= KEY_FIT] == []


@pytest.mark.parametrize("kind", list(A))
def test_fit_is_a_share(kind: A) -> None:
    names = [name for _, good, bad in FITTING for name in (*good, *bad)]
    assert all(0 <= name_fit(kind, name) <= 1 for name in names)


def test_the_nearest_columns_come_first_and_are_few() -> None:
    assert fitting(A.IP, ["Town", "VeryFarRemoteIp", "Ip", "SourceIp", "OldIp"]) == [
        "Ip",
        "OldIp",
        "SourceIp",
    ]


def test_titles_name_events_better_than_types_and_other_columns_do_not() -> None:
    ranked = ["Title", "AlertName", "DisplayName", "ActionType", "DeviceName"]
    scores = [names_events(name) for name in ranked]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0.0 < scores[-2]


def _texts_of(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_no_name_of_a_table_stands_in_the_source() -> None:
    schemas = Path(benchmarks.synthetic.__path__[0]) / "schemas.json"
    tables = list(json.loads(schemas.read_text(encoding="utf-8")))
    # One-word names such as `Alert` are English too: only their spelling with a capital is looked for.
    patterns = [re.compile(rf"\b{name}\b", re.I if len(name_words(name)) > 1 else 0) for name in tables]
    files = sorted(Path(atlas.offline.__path__[0]).glob("*.py"))
    found = [
        (file.name, pattern.pattern)
        for file in files
        for text in _texts_of(file)
        for pattern in patterns
        if pattern.search(text)
    ]
    assert len(tables) > 20
    assert len(files) > 10
    assert found == []
