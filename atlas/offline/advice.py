"""The Teacher's fixed templates: principles that hold for any question, and never an answer."""

from __future__ import annotations

from enum import StrEnum


class Advice(StrEnum):
    """What the rules-only Teacher may say; a Student without a model knows them by their words."""

    NAME_THE_EVENT = (
        "The record that the answer came from does not speak of the event that was asked about. "
        "Find a column that names events, list its distinct values, pick the one nearest to the wording "
        "of the question, and read the answer from its records."
    )
    CORROBORATE = (
        "The answer was seen in one table only. Look for the same event in a second table and see "
        "whether both agree."
    )
    NOT_AN_ECHO = (
        "The answer only repeats a value of the question. Look for a value that the question does not give."
    )
    FIT_THE_TYPE = (
        "The answer is not of the type that was asked for. Read the question again and look for that type."
    )
    BE_SEEN = "The answer stands in no observation. Submit only what a query has shown."
    SUBMIT = "Nothing was submitted. Keep the last step for the best candidate."
