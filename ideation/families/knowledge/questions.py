"""The list questions of this family, all in one place. They name no field of science.

Papers and ideas go into a request's material, which is fenced; nothing but the user's topic stands here.
"""

from __future__ import annotations

_BY_ID = "Name each by its id in brackets, as it stands there."


def next_lookups(topic: str, count: int) -> str:
    return (
        f"Papers are being gathered on this topic: {topic}\nThe best so far stand below. What should be"
        f" looked up next, {count} things at most, to find what is still missing? Write each as one text in"
        " one of these forms:\nsearch: a few words\nsimilar: [id of a paper]\nreferences: [id of a paper]"
    )


def relevance(topic: str) -> str:
    return (
        f"How relevant is each paper below to this topic, from 1 (not at all) to 10 (it is about just that)?"
        f"\nTopic: {topic}\nWrite one text for each paper, in the form [id]: number"
    )


def screening(topic: str, keep: int, *, non_obvious: bool) -> str:
    aim = (
        "would inspire a new answer although they are not obviously related to the question: what they know"
        " has most likely not been used for it yet"
        if non_obvious
        else "are the most similar to the question"
    )
    return f"A research question: {topic}\nWhich {keep} of the papers below {aim}? {_BY_ID}"


def carries_on(topic: str, *, later: bool) -> str:
    way = "carries on, after it," if later else "is what was built on, before it, by"
    return (
        f"Topic: {topic}\nThe first text below is a line of work so far, the others are papers. Which one of"
        f" them {way} this line of work and belongs to the topic? {_BY_ID} Give no text where none does."
    )


def trend(topic: str) -> str:
    return (
        f"Topic: {topic}\nThe papers below stand in order, the earliest first. What changes from one to the"
        " next? Write each change as one sentence."
    )


def next_steps(topic: str) -> str:
    return (
        f"Topic: {topic}\nBelow are a line of papers, the earliest first, and how it has moved. Which steps"
        " come next if it goes on like that? Write each as one sentence that names what would be done."
    )


def plan(topic: str) -> str:
    return (
        f"Topic: {topic}\nBelow is one idea. What would you look up next in the literature to make it newer"
        " and better founded? Write each as a few words to search for."
    )


def brainstorm(topic: str) -> str:
    return (
        f"Topic: {topic}\nWithout looking at any paper: which means, from anywhere, could be brought to bear"
        " on this? Write each as a few words."
    )
