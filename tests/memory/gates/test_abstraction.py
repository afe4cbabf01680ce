from __future__ import annotations

import ipaddress
import uuid
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.gates.abstraction import contains_entity_value, entity_spans, readings
from tests.memory.gates.lessons import LESSONS


def test_lessons_that_hold_everywhere_have_no_value() -> None:
    assert [lesson for lesson in LESSONS if contains_entity_value(lesson)] == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("192.0.2.17", "an IP address"),
        ("192[.]0[.]2[.]17", "an IP address"),
        ("2001:db8::8a2e:370:7334", "an IP address"),
        ("fe80::1", "an IP address"),
        ("anna.lee@contoso.example", "an e-mail address"),
        ("https://login.contoso.example/x?y", "a URL"),
        ("hxxps://bad.example", "a URL"),
        ("S-1-5-21-1004336348-1177238915-682003330-512", "a SID"),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", "a GUID"),
        ("d41d8cd98f00b204e9800998ecf8427e", "a hash or long hex number"),
        ("0xdeadbeef0042c0de", "a hash or long hex number"),
        ("da637563185629568182", "a hash or long hex number"),
        ("sn638574901123", "a long number"),
        ("2024-06-26", "a date or time"),
        ("6/26/2024", "a date or time"),
        ("June 26", "a date or time"),
        ("26 June", "a date or time"),
        ("May 5, at noon", "a date or time"),
        ("14:05:33", "a date or time"),
        ("vpn.contoso.com", "a domain or host name"),
        ("lab-win11a", "a domain or host name"),
        ("mb-win10-01", "a domain or host name"),
        ("DESKTOP-7F3K2QX", "a domain or host name"),
        ("WORKSTATION6", "a domain or host name"),
        ("contoso-dc", "a domain or host name"),
        ("C:\\Users\\anna\\Downloads\\x.exe", "a path of a person"),
        ("/home/anna/.ssh", "a path of a person"),
        ("\\\\files\\share\\x", "a network path"),
        ("00:1A:2B:3C:4D:5E", "a MAC address"),
        ("+44 20 7946 0958", "a telephone number"),
        ("4111 1111 1111 1111", "a long number"),
        ("１９２．０．２．１７", "an IP address"),
        ("anna[at]contoso[.]example", "an e-mail address"),
        ("login (dot) contoso (dot) com", "a domain or host name"),
    ],
)
def test_values_of_entities_are_seen_anywhere_in_a_lesson(value: str, kind: str) -> None:
    for text in (value, f"Look for {value} first", f"('{value}')", f'x = "{value}"', f"{value},"):
        assert contains_entity_value(text) is not None, text
    assert contains_entity_value(f"Look for {value} first") == kind


@given(st.ip_addresses().filter(lambda address: not address.is_unspecified))
def test_every_address_is_seen(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert contains_entity_value(f"from {address} to the host") is not None


@given(st.uuids(), st.datetimes())
def test_every_guid_and_date_is_seen(guid: uuid.UUID, moment: object) -> None:
    assert contains_entity_value(f"id {guid}") is not None
    assert contains_entity_value(f"at {moment}") is not None


@given(st.emails())
def test_every_address_of_a_mailbox_is_seen(address: str) -> None:
    assert contains_entity_value(f"mail to {address}") is not None


@given(
    st.sampled_from(LESSONS), st.sampled_from(["192.0.2.17", "anna@contoso.example", "2024-06-26"]), st.data()
)
def test_a_value_is_seen_wherever_it_stands(lesson: str, value: str, data: st.DataObject) -> None:
    parts = lesson.split(" ")
    parts.insert(data.draw(st.integers(0, len(parts))), value)
    assert contains_entity_value(" ".join(parts)) is not None


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("mail anna.lee@contoso.example, now", [(5, 29)]),
        ("(see www.contoso.example/x?y=1)", [(5, 30)]),
        ("at 14:05: look", [(3, 8)]),
        ("C:\\Users\\anna\\x.exe is", [(0, 19)]),
        ("no value here", []),
    ],
)
def test_a_span_covers_the_whole_word(text: str, spans: list[tuple[int, int]]) -> None:
    assert sorted({span for span, _ in entity_spans(text)}) == spans


@given(st.text(max_size=200))
def test_spans_lie_in_the_text_and_say_what_contains_says(text: str) -> None:
    spans = list(entity_spans(text))
    assert all(0 <= start < end <= len(text) for (start, end), _ in spans)
    assert bool(spans) <= (contains_entity_value(text) is not None)


def test_readings_are_the_text_and_what_it_hides() -> None:
    assert list(readings("plain text")) == ["plain text"]
    assert list(readings("192[.]0 ２")) == ["192[.]0 ２", "192[.]0 2", "192.0 2"]


SEEN_BY_SHAPE = (
    "Address",
    "Sid",
    "AadUserId",
    "AadDeviceId",
    "Url",
    "Email",
    "HostName",
    "Sender",
    "Recipient",
)


def test_real_entities_of_these_kinds_are_all_seen(shared_data: Path) -> None:
    """Names of people, accounts and files have no shape; everything else in the incidents' graphs has."""
    missed: list[str] = []
    seen = 0
    for path in sorted((shared_data / "excytin" / "graph_files").glob("*.graphml")):
        root = ElementTree.parse(path).getroot()
        space = root.tag.removesuffix("graphml")
        names = {key.get("id"): key.get("attr.name") for key in root.iter(f"{space}key")}
        for node in root.iter(f"{space}node"):
            facts = {names[data.get("key")]: data.text or "" for data in node.iter(f"{space}data")}
            if facts.get("identifier_fields") in SEEN_BY_SHAPE:
                seen += 1
                missed += [] if contains_entity_value(facts["value"]) else [facts["value"]]
    assert seen > 50
    assert missed == []
