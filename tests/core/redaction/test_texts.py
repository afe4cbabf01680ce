from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings

from core.redaction import has_secret, redact, redacted, replaced
from tests.memory.gates.lessons import LESSONS
from tests.memory.gates.texts import texts

TAIL = "Zk8Qw3Lp0Vx7Rt2Nb5Yc9Md1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"use {'sk-' + 'proj-'}{TAIL}-x_y now", "use [secret] now"),
        (f"use {'sk-' + 'ant-'}api03-{TAIL} now", "use [secret] now"),
        ("key AKIAIOSFODNN7EXAMPLE", "key [secret]"),
        (f"aws_secret_access_key = abc/{TAIL}+x", "aws_secret_access_key = [secret]"),
        (f"{'gh' + 'p_'}{TAIL}", "[secret]"),
        (f"{'github' + '_pat_'}{TAIL}", "[secret]"),
        (f"{'xo' + 'xb-'}123-{TAIL}", "[secret]"),
        (f"{'AI' + 'za'}Sy{TAIL}{TAIL}", "[secret]"),
        (f"{'np' + 'm_'}{TAIL}{TAIL}", "[secret]"),
        (f"{'py' + 'pi-'}AgEI{TAIL}", "[secret]"),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwx", "Authorization: Bearer [secret]"),
        ("Basic YWxkZXI6YmlyY2h3b29k", "Basic [secret]"),
        ("password=hunter2hunter2", "password=[secret]"),
        ('{"password": "x"}', '{"password": "[secret]"}'),
        ("{'user_password': 'birch wood'}", "{'user_password': '[secret]'}"),
        ("DB_PASSWORD: Birch7wood", "DB_PASSWORD: [secret]"),
        ("Passwort=Birke7", "Passwort=[secret]"),
        ("contraseña: abedul7", "contraseña: [secret]"),
        ("密码：bai7hua", "密码：[secret]"),
        ("postgres://reader:pw@db/logs", "postgres://reader:[secret]@db/logs"),
        ("AccountName=a;AccountKey=abcdefghijklmnop==;x", "AccountName=a;AccountKey=[secret];x"),
        ("the password is Birch7!wood.", "the password is [secret]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", "[secret]\nx"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "[secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2lnbmF0dXJl ok", "[secret] ok"),
        (f"open with {TAIL}", "open with [secret]"),
        ("password=[secret]hunter2", "password=[secret]"),
        (f"{'key' + '-'}d41d8cd98f00b204e9800998ecf8427e", "[secret]"),
        ("connect to 123456789:AA" + "h" * 33, "connect to 123456789[secret]"),
        ("curl -u eva:Birch7wood x", "curl -u eva:[secret] x"),
        ("curl --user eva:Birch7wood x", "curl --user eva:[secret] x"),
        ("mysql -h db -pBirch7wood", "mysql -h db -p[secret]"),
        ("PIN is 4711", "PIN is [secret]"),
        ("log in with eva/Birch7!wood", "log in with eva/[secret]"),
        ("mot de passe: bouleau7", "mot de passe: [secret]"),
        ("ΑİPassword: Birch7wood", "ΑİPassword: [secret]"),
        (r"{\"password\": \"birch wood\"} said", r"{\"password\": \"[secret]\"} said"),
        (rf"a line\n{'xo' + 'xb-'}1234-birchwo and", r"a line\n[secret] and"),
        (r"a line\nPassword: birch", r"a line\nPassword: [secret]"),
    ],
)
def test_a_secret_is_taken_out_and_its_name_stays(text: str, shown: str) -> None:
    assert has_secret(text)
    assert redact(text) == shown
    assert not has_secret(shown)


@pytest.mark.parametrize(
    "text",
    [
        *LESSONS,
        "SELECT * FROM t WHERE Password = '{password}'",
        "postgres://{user}:{password}@{host}",
        "connect(password=<password>, token='%s')",
        'LIKE \'%"ElevationToken":"%\'',
        "Password resets stand in AuditLogs; PasswordLastSet tells when.",
        "AADNonInteractiveUserSignInLogs.UniqueTokenIdentifier joins to MicrosoftGraphActivityLogs",
        "InitiatingProcessParentCreationTime is later than InitiatingProcessCreationTime2",
        "src/main/java/com/tables/SecurityAlertReader2.java",
        "the token is base64-encoded, the password is SHA256-hashed",
        "token=None, api_key=null, secret=True",
    ],
)
def test_what_only_names_a_secret_stays(text: str) -> None:
    assert redact(text) == text
    assert not has_secret(text)


@settings(max_examples=300)
@given(texts)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert not has_secret(once)
    assert redact(once) == once


def test_an_item_is_named_after_as_before() -> None:
    """Ids of items were taken for keys."""
    text = "it_9f86d081884c7d659a2f says what it_60303ae22b998861bce3 said at version 2"
    assert redact(text) == text


def test_json_stays_json_and_no_escape_hides_a_secret() -> None:
    said = {
        "a": f"line\nsk-{TAIL}",
        "b": [1, None, 'DB_PASSWORD=Birch7"'],
        "password": "birch wood",
        "x": "password: ",
    }
    kept = {
        "a": "line\n[secret]",
        "b": [1, None, 'DB_PASSWORD=[secret]"'],
        "password": "[secret]",
        "x": "password: ",
    }
    assert redacted(said) == kept
    text = json.dumps(said)
    assert json.loads(redact(text)) == kept
    assert json.loads(json.loads(redact(json.dumps({"inner": text})))["inner"]) == kept
    assert redact(redact(text)) == redact(text)
    assert not has_secret(redact(text))


@pytest.mark.parametrize(
    "text", ['{"a": [1, 2.50, "\\u00e9"]}', "[('a', 'b')]", "[" * 10_000, "{", "[1e400]", " [] "]
)
def test_json_without_secrets_and_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text) == text


def test_values_of_other_types_stay() -> None:
    value = {1: None, "token": "{slot}", "api_key": 5, "id": b"x", "of": ("a", f"sk-{TAIL}")}
    assert redacted(value) == {**value, "of": ("a", "[secret]")}


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "key",
            "key=",
            "token=x1",
            "password ",
            "passphrase ",
            "://",
            "a://b:",
            "-u a:",
            "mysql ",
            "bearer ",
            "PIN ",
        ),
        *(
            "-----BEGIN KEY",
            "eyJabcdefgh",
            "login a/",
            "ab1-",
            "q7Zp0LxV3nRt8KdW1yBc",
            "[",
            '{"a":',
            '\\"',
            "İ",
        ),
    ],
)
def test_time_grows_linearly(unit: str) -> None:
    """A hundred thousand characters take up to 0.1 s on an idle machine."""
    text = (unit * 100_000)[:100_000]
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 1


def test_spans_that_overlap_get_one_word() -> None:
    assert replaced("abcdefgh", [((4, 6), "Y"), ((1, 3), "X"), ((2, 4), "Z")]) == "aXgh"
