from __future__ import annotations

from dataclasses import replace

from memory.ledger.queue import Because, Waiting
from memory.library import PamphletLibrary
from tests.memory.samples import CHAIN, HOSTS, MAIL, SCOPE, task

ASCENDING = replace(HOSTS, content="Sort the rows of SigninLogs by time, ascending.")
DESCENDING = replace(HOSTS, content="Sort the rows of SigninLogs by time, descending.")


def lines(waiting: tuple[Waiting, ...]) -> list[tuple[Because, str]]:
    return [(each.because, each.item.content) for each in waiting]


def test_what_waits_comes_with_its_reason_the_most_urgent_first(library: PamphletLibrary) -> None:
    library.learn([MAIL], task(1))
    library.learn([replace(HOSTS, content="Look at 10.1.2.3 of DeviceInfo")], task(1))
    ids = [library.learn([each], task(1)).added[0] for each in (ASCENDING, DESCENDING)]
    library.learn([ASCENDING, DESCENDING], task(2))
    first, second, third = library.queue()
    assert first.because is Because.CONTRADICTION
    assert sorted([first.item.id, str(first.other)]) == sorted(ids)
    assert (second.because, second.note) == (Because.QUARANTINED, "an IP address")
    assert (third.because, third.item.content, third.note) == (
        Because.CANDIDATE,
        MAIL.content,
        "1 distinct tasks",
    )


def test_what_a_person_decided_waits_no_more(library: PamphletLibrary) -> None:
    ids = [library.learn([each], task(1)).added[0] for each in (ASCENDING, DESCENDING, MAIL)]
    ann = library.editor("person:ann")
    for item in ids:
        ann.approve(item)
    assert [each.because for each in library.queue()] == [Because.CONTRADICTION]
    ann.retire(ids[0])
    assert library.queue() == ()


def test_a_queue_of_one_scope_holds_it_and_what_is_below(library: PamphletLibrary) -> None:
    scopes = (SCOPE, f"{SCOPE}/mail", f"{SCOPE}-2")
    library.learn([replace(MAIL, scope=scope) for scope in scopes], task(1))
    assert {each.item.scope for each in library.queue(SCOPE)} == {SCOPE, f"{SCOPE}/mail"}
    assert len(library.queue()) == 3


def test_what_two_items_say_in_nearly_the_same_words_waits_for_a_person(library: PamphletLibrary) -> None:
    walk, follow = (
        library.learn([replace(HOSTS, content=CHAIN.format(verb))], task(number)).added[0]
        for number, verb in enumerate(("walk", "follow"))
    )
    alike = [each for each in library.queue() if each.because is Because.ALIKE]
    assert [(each.item.id, each.other) for each in alike] == [(min(walk, follow), max(walk, follow))]
    library.editor("person:ann").retire(walk, reason="said twice")
    assert all(each.because is Because.CANDIDATE for each in library.queue())
