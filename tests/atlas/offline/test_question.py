"""What a question asks for, which values it names, and how much each of its words says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.offline.question import answer_type, find_entities, read_question
from atlas.offline.vocabulary import AnswerType, EntityType

ASKED = [
    ("ip", "What is the source IP address?"),
    ("ip", "Which IP was used to sign in?"),
    ("ip", "Identify the remote IPs that were contacted."),
    ("account", "Which account was compromised?"),
    ("account", "Who logged on to the server?"),
    ("account", "What is the name of the user that ran it?"),
    ("sid", "What is the SID of the account?"),
    ("sid", "Which security identifier was used?"),
    ("sid", "Provide the security identifier (SID) of the user."),
    ("user_id", "What is the AAD user ID of the person?"),
    ("user_id", "What is the Azure Active Directory user ID?"),
    ("user_id", "Which object ID belongs to the account?"),
    ("device_id", "What is the AAD device id?"),
    ("device_id", "Which device ID was used?"),
    ("device_id", "Provide the Azure AD device identifier."),
    ("email", "What is the email address of the sender?"),
    ("email", "Which mailbox was opened?"),
    ("email", "What is the user principal name?"),
    ("url", "Which URL was visited?"),
    ("url", "What domain did the host contact?"),
    ("url", "Name the web site."),
    ("process", "What is the full command line?"),
    ("process", "Which command was run?"),
    ("process", "What is the process ID of the shell?"),
    ("file", "What is the file name of the executable?"),
    ("file", "Which file was dropped?"),
    ("file", "What is the name of the process?"),
    ("host", "What is the host name?"),
    ("host", "Which device was attacked?"),
    ("host", "What is the name of the machine?"),
    ("app_id", "What is the application ID?"),
    ("app_id", "Which OAuth app ID was granted?"),
    ("app_id", "What is the ID of the cloud application?"),
    ("resource", "What is the Azure resource ID?"),
    ("resource", "Which subscription was used?"),
    ("resource", "Identify the resource identifier."),
    ("other", "How many times did it happen?"),
    ("other", "What is the severity?"),
    ("other", "When did it begin?"),
]
TRAPS = [
    ("ip", "Which email messages came from the IP address?"),
    ("ip", "Can you give the SenderIP of the message?"),
    ("ip", "What was the sender IP of the e-mail?"),
    ("url", "Which URL did the user click in the email messages?"),
    ("url", "What malicious URL was in the email that the user clicked?"),
    ("account", "Which user clicked the link?"),
    ("account", "Which user received an email with a malicious URL?"),
    ("process", "What is the process ID and command line of the process?"),
    ("host", "Which machine did the user log on to?"),
    ("file", "With the user and the IP known, which file was dropped?"),
]


@pytest.mark.parametrize(("kind", "asked"), [*ASKED, *TRAPS])
def test_the_type_that_a_sentence_asks_for(kind: str, asked: str) -> None:
    assert answer_type(asked) == kind


def test_every_type_is_asked_for_in_three_ways() -> None:
    said = [kind for kind, _ in ASKED]
    assert {kind: said.count(kind) >= 3 for kind in AnswerType} == dict.fromkeys(AnswerType, True)


@pytest.mark.parametrize(("kind", "asked"), ASKED)
def test_the_context_and_blanks_around_do_not_change_the_type(kind: str, asked: str) -> None:
    question = read_question(f"\n  The user bo opened a mailbox from an IP on a device.  {asked} \n\t ")
    assert question.answer_type == kind


ENTITIES = [
    (EntityType.IP, "It came from 203.0.113.7.", "203.0.113.7"),
    (EntityType.EMAIL, "Sent by bo.b+x@mail.ex.example, we think", "bo.b+x@mail.ex.example"),
    (EntityType.SID, "The account S-1-5-21-11-22-33 did.", "S-1-5-21-11-22-33"),
    (EntityType.GUID, "Id 11111111-2222-3333-4444-555555555555!", "11111111-2222-3333-4444-555555555555"),
    (EntityType.URL, "It opened (http://jam.example/a?b=1) then", "http://jam.example/a?b=1"),
    (EntityType.FILE, "It dropped jam-pot.v2.exe in a folder", "jam-pot.v2.exe"),
    (EntityType.FILE, "It is C:\\pantry\\-x.ps1, no", "x.ps1"),
    (EntityType.FILE, "..notes.docx.lockbit was left", "notes.docx.lockbit"),
    (EntityType.HOST, "on host mill-lap7 it ran", "mill-lap7"),
    (EntityType.HOST, "It was `mill-lap7.jam.example` there", "mill-lap7.jam.example"),
    (EntityType.COMMAND, "It ran 'pot.exe -x jam' twice", "pot.exe -x jam"),
    (EntityType.NUMBER, "with process ID 4242 it ran", "4242"),
    (EntityType.PERSON, "It was Mona Baker again", "Mona Baker"),
    (EntityType.TERM, "The alert `Odd jam from afar` fired", "Odd jam from afar"),
]


@pytest.mark.parametrize(("kind", "text", "value"), ENTITIES)
def test_entities_have_their_type_and_place(kind: EntityType, text: str, value: str) -> None:
    found = [e for e in find_entities(text) if e.value == value]
    assert [e.type for e in found] == [kind]
    # a quoted value is placed at its quotation mark
    assert text[found[0].at :].lstrip("`'\".-").startswith(value)


@pytest.mark.parametrize(
    "text", ["On 2024-05-06 it was.", "Azure Active Directory knows.", "`2024-05-06T07:08:09Z`", "a.b", "x@y"]
)
def test_dates_products_and_halves_are_no_entities(text: str) -> None:
    assert find_entities(text) == ()


def test_a_quoted_event_name_is_a_term_and_no_entity_value() -> None:
    question = read_question("The alert 'Odd jam from afar' fired for 203.0.113.7. Which host is it?")
    assert {e.value: e.type for e in question.entities}["Odd jam from afar"] is EntityType.TERM
    assert question.values == {"203.0.113.7"}


def test_a_value_that_stands_twice_is_found_once_at_its_first_place() -> None:
    found = find_entities("203.0.113.7 and again `203.0.113.7`")
    assert [(e.value, e.at) for e in found] == [("203.0.113.7", 0)]


def test_words_weigh_half_with_each_sentence_before_the_last() -> None:
    question = read_question("A kettle boiled. The jam was stolen. Which host boiled?")
    assert question.salience["boil"] == 1.0
    assert question.salience["jam"] == 0.5
    assert question.salience["kettl"] == 0.25
    assert "the" not in question.salience
    assert (question.opening["kettl"], question.opening["jam"]) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("several", "asked"),
    [
        (True, "Which IPs were seen?"),
        (True, "What are the accounts?"),
        (True, "List all hosts of the site."),
        (True, "Which two remote addresses were seen?"),
        (False, "Which IP was seen?"),
        (False, "What is the account that owns the hosts?"),
    ],
)
def test_several_are_asked_for_only_by_a_plural(several: bool, asked: str) -> None:
    assert read_question(asked).several is several


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Jam is gone. Who ate it? Report by noon.", "Who ate it?"),
        ("Why jam? Which host was it?", "Which host was it?"),
        ("Jam is gone. Provide the IP address.", "Provide the IP address."),
        ("See e.g. the log at 203.0.113.7. Which host?", "Which host?"),
        ("", ""),
    ],
)
def test_the_asking_sentence(text: str, asked: str) -> None:
    assert read_question(text).asked == asked


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    question = read_question(text)
    assert question.asked in text
    assert all(0 < weight <= 1 for weight in question.salience.values())
    assert [e.at for e in question.entities] == sorted(e.at for e in question.entities)


@given(st.sampled_from([asked for _, asked in ASKED]), st.text(" \t\n\r", max_size=6))
def test_blanks_around_do_not_change_the_type(asked: str, blanks: str) -> None:
    assert read_question(blanks + asked + blanks).answer_type == read_question(asked).answer_type


NASTY = [
    "a", "a.", "a..", ".-", "a@", "a-", "9.", "9", "S-1-", "on ", "`a", "'ab ", "id ", "Aa ", "http://", ". ",
    " ", "name of the ", "which a ", "all as", "e-mail ", "0123abcd-", "process id ", "host a-", "\\", "\n",
    "?",
]  # fmt: skip


@pytest.mark.parametrize("piece", NASTY)
def test_reading_time_grows_with_the_length_and_not_its_square(piece: str) -> None:
    text = (piece * 50_000)[:50_000]
    started = time.perf_counter()
    read_question(text)
    read_question(f"Which host? {text}!")
    assert time.perf_counter() - started < 4.0
