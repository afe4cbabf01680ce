from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from memory.index.outbox import (
    LEASE,
    Claim,
    Failure,
    Pointer,
    claim,
    is_due,
    put_changed,
    put_live,
    read_state,
    settle,
    swap_pointer,
    waiting_ids,
)
from memory.items import ItemId
from memory.sql.tables import OutboxRow
from tests.memory.index.filled import NOW, Filled

AGAIN = NOW + timedelta(seconds=2)
ONE = Pointer(generation="one", embedder_id="lexical")
TWO = Pointer(generation="two", embedder_id="lexical")


def take(filled: Filled, token: str, limit: int = 10, seconds: float = 0) -> Claim:
    with filled.database.session() as session:
        return claim(session, token, limit, NOW + timedelta(seconds=seconds))


def end(filled: Filled, held: Claim, *done: ItemId, failures: dict[ItemId, Failure] | None = None) -> int:
    with filled.database.session() as session:
        return settle(session, held, done, failures or {}, AGAIN)


def waiting(filled: Filled, limit: int | None = None) -> tuple[ItemId, ...]:
    with filled.database.reading() as session:
        return waiting_ids(session, limit)


def due(filled: Filled, seconds: float = 0) -> bool:
    with filled.database.reading() as session:
        return is_due(session, NOW + timedelta(seconds=seconds))


def test_changes_of_one_item_coalesce_and_the_oldest_are_taken_first(filled: Filled) -> None:
    first, second, third = (filled.add(text)[0] for text in ("one", "two", "three"))
    filled.edit(first, "one more")
    assert waiting(filled) == (second, third, first)
    assert waiting(filled, 2) == (second, third)
    assert take(filled, "me", limit=2).seqs == {second: 2, third: 3}
    assert take(filled, "you").seqs == {first: 4}
    assert take(filled, "them").seqs == {}


def test_a_lease_runs_out(filled: Filled) -> None:
    (item,) = filled.add("one")
    assert take(filled, "me").seqs == {item: 1}
    assert not due(filled, LEASE.total_seconds() - 1)
    assert due(filled, LEASE.total_seconds())
    assert take(filled, "you", seconds=LEASE.total_seconds()).seqs == {item: 1}


def test_what_is_done_leaves_and_what_is_not_is_free_at_once(filled: Filled) -> None:
    one, two = filled.add("one", "two")
    assert end(filled, take(filled, "me"), one) == 1
    assert waiting(filled) == (two,)
    assert take(filled, "you").seqs == {two: 1}


def test_a_change_in_the_middle_stays_and_may_be_taken_at_once(filled: Filled) -> None:
    (item,) = filled.add("one")
    held = take(filled, "me")
    filled.edit(item, "two")
    assert end(filled, held, item) == 0
    assert take(filled, "me again").seqs == {item: 2}


def test_what_failed_waits_and_counts_its_tries(filled: Filled) -> None:
    one, two = filled.add("one", "two")
    failure = Failure(error="the disk is full", not_before=NOW + timedelta(seconds=5))
    assert end(filled, take(filled, "me"), two, failures={one: failure}) == 1
    row = filled.outbox()[one]
    assert (row.attempts, row.last_error, row.claimed_by) == (1, "the disk is full", "")
    assert (row.not_before, row.lease_until) == (failure.not_before, None)
    assert not due(filled, 4)
    assert take(filled, "me", seconds=5).attempts == {one: 1}


def test_a_change_lets_what_failed_be_tried_at_once(filled: Filled) -> None:
    (item,) = filled.add("one")
    failure = Failure(error="the disk is full", not_before=NOW + timedelta(hours=1))
    end(filled, take(filled, "me"), failures={item: failure})
    assert not due(filled)
    filled.edit(item, "two")
    assert take(filled, "me").attempts == {item: 0}


def test_a_worker_that_lost_its_row_has_the_item_worked_off_again(filled: Filled) -> None:
    """It may have written an older version after the other worker had written the newer one."""
    (item,) = filled.add("one")
    slow = take(filled, "slow")
    filled.edit(item, "two")
    assert end(filled, take(filled, "quick"), item) == 1
    assert waiting(filled) == ()
    assert end(filled, slow, item) == 0
    assert take(filled, "third").seqs == {item: 2}


def test_a_worker_that_lost_its_row_takes_it_from_the_one_at_work(filled: Filled) -> None:
    (item,) = filled.add("one")
    slow = take(filled, "slow")
    filled.edit(item, "two")
    quick = take(filled, "quick")
    assert end(filled, slow, item) == 0
    assert not due(filled), "while the quick one is at work a third would disturb it again"
    assert end(filled, quick, item) == 0
    assert take(filled, "third", seconds=2).seqs == {item: 2}


def test_a_failure_of_a_lost_row_does_not_delay_who_has_it(filled: Filled) -> None:
    (item,) = filled.add("one")
    held = take(filled, "me")
    filled.edit(item, "two")
    late = Failure(error="down", not_before=NOW + timedelta(hours=1))
    end(filled, held, failures={item: late})
    assert take(filled, "you").attempts == {item: 0}


def test_the_pointer_is_swapped_only_from_what_was_read(filled: Filled) -> None:
    with filled.database.session() as session:
        assert read_state(session) == (0, None)
        assert swap_pointer(session, None, ONE, NOW)
    filled.add("one")
    with filled.database.session() as session:
        assert read_state(session) == (1, ONE)
        assert not swap_pointer(session, None, TWO, NOW)
        assert not swap_pointer(session, TWO, ONE, NOW)
        assert swap_pointer(session, ONE, TWO, NOW)
        assert read_state(session) == (1, TWO)


def test_live_items_are_put_into_the_outbox_and_taken_from_their_worker(filled: Filled) -> None:
    kept, retired, claimed = (filled.add(text)[0] for text in ("one", "two", "three"))
    filled.retire(retired)
    end(filled, take(filled, "me"), kept, retired)
    held = take(filled, "slow")
    with filled.database.session() as session:
        put_live(session)
    assert take(filled, "you").seqs == {kept: 1, claimed: 3}
    assert end(filled, held, claimed) == 0


def test_what_changed_since_is_put_into_the_outbox_retired_or_not(filled: Filled) -> None:
    old, changed, retired = (filled.add(text)[0] for text in ("one", "two", "three"))
    filled.retire(retired)
    filled.edit(changed, "two more")
    end(filled, take(filled, "me"), old, changed, retired)
    with filled.database.session() as session:
        put_changed(session, 3)
    assert waiting(filled) == (retired, changed)
    assert old not in waiting(filled)


def test_rows_of_an_older_release_without_a_claim_are_due(filled: Filled) -> None:
    (item,) = filled.add("one")
    end(filled, take(filled, "me"), item)
    row = {"item_id": item, "seq": 1, "attempts": 0, "claimed_by": "someone", "last_error": ""}
    with filled.database.session() as session:
        session.execute(insert(OutboxRow).values(**row))
    assert due(filled), "a claim without a lease binds nobody"
