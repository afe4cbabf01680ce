from __future__ import annotations

import hashlib
import random
import string
import uuid
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.synthetic.schema import schemas
from core.redaction.entropy import bits, looks_random, random_tokens
from memory.identity import item_id


@pytest.mark.parametrize(
    ("alphabet", "least"),
    [
        (string.ascii_letters + string.digits, 0.88),
        (string.ascii_letters + string.digits + "+/", 0.88),
        (string.ascii_lowercase + string.digits, 0.75),
    ],
)
@pytest.mark.parametrize("length", [20, 24, 40, 64])
def test_most_strings_drawn_by_lot_are_seen(alphabet: str, least: float, length: int) -> None:
    dice = random.Random(length)
    drawn = ["".join(dice.choices(alphabet, k=length)) for _ in range(300)]
    assert sum(map(looks_random, drawn)) >= least * len(drawn)


def test_no_name_of_a_schema_looks_drawn_by_lot() -> None:
    names = [name for table, columns in schemas().items() for name in (table, *columns)]
    joined = [f"{a}_{b}" for a, b in pairwise(names)]
    assert [name for name in (*names, *joined) if looks_random(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "AadUserIdToSidMap2ndTable",
            "IPv4AddressSha256Md5Hash",
            "event_id_4625_logon_type_3",
            "T1059_001_T1078_004",
        ),
        *(
            "src/main/java/Reader2Test",
            "d41d8cd98f00b204e9800998ecf8427e",
            "0f8fad5b-d9cb-469f-a165-70867728950e",
        ),
        *("x" * 40, "aaaaaaaaaaaaaaaaaaa1", "SELECT_COUNT_DISTINCT_Column1", "short1A"),
    ],
)
def test_names_hashes_and_repeats_do_not(name: str) -> None:
    assert not looks_random(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "it_9f86d081884c7d659a2f",
            "it_00000000000000000000",
            "20260101-093015-4fa1c2",
            "da79b677db-1701-45c2_1",
        ),
        *("ra638581147078007935_-1645479215", "objectSid=S-1-5-21-1004336348-1177238915-682003330-512"),
        *(
            "/tenants/a59fc703-72db-43e0-8a21-0494303b7220/providers",
            "tid=a59fc703-72db-43e0-8a21-0494303b7220",
        ),
        *("call_q7Zp0LxV3nRt8KdW1yBcQ2w4", "toolu_01q7Zp0LxV3nRt8KdW1yBcQ2", "1234567Z__svc_backup_agent"),
    ],
)
def test_ids_do_not_either(name: str) -> None:
    assert not looks_random(name)


@given(st.binary(min_size=32, max_size=32))
def test_no_id_of_ours_looks_drawn_by_lot(drawn: bytes) -> None:
    digest = hashlib.sha256(drawn).hexdigest()
    made = (item_id(digest), digest, str(uuid.UUID(digest[:32])), f"20260101-093015-{digest[:6]}")
    assert [each for each in made if looks_random(each)] == []


def test_bits_are_those_of_shannon() -> None:
    assert bits("") == bits("aaaa") == 0
    assert bits("abab") == 1
    assert bits("abcd") == 2


def test_tokens_are_found_where_they_stand() -> None:
    assert list(random_tokens("key 'q7Zp0LxV3nRt8KdW1yBc' opens")) == [(5, 25)]
