"""`atlas memory search` and `explain`."""

from __future__ import annotations

from tests.app.memory.filled import Shelf

ASKED = "What is the IP address of the sign-in?"


def test_explain_names_every_candidate_and_its_fate(reader: Shelf) -> None:
    told = reader.json("explain", ASKED, "--scope", "synthetic/soc")
    assert (told["text"], told["cues"], told["scopes"]) == (ASKED, ["answer_type:ip"], ["synthetic/soc"])
    assert (told["abstained"], told["degraded"]) == (False, False)
    assert told["cleaned_query"]
    fates = {each["id"]: each["fate"] for each in told["considered"]}
    assert fates == {
        reader.ids.sign_in: "shown",
        reader.ids.hosts: "its cue names something else",
        reader.ids.mail: "under the floor",
    }
    first = told["considered"][0]
    assert first["id"] == reader.ids.sign_in
    assert first["score"] == round(first["rank"] * first["worth"], 9)
    assert first["tokens"] > 0
    assert {"similarity", "keyword", "cue_match", "propensity", "because_of"} <= set(first)


def test_explain_agrees_with_search(reader: Shelf) -> None:
    hits = reader.json("search", ASKED, "--scope", "synthetic/soc")["hits"]
    considered = reader.json("explain", ASKED, "--scope", "synthetic/soc")["considered"]
    shown = [each for each in considered if each["fate"] == "shown"]
    assert [(hit["id"], hit["score"]) for hit in hits] == [(each["id"], each["score"]) for each in shown]


def test_a_budget_that_is_too_small_is_said(reader: Shelf) -> None:
    considered = reader.json("explain", ASKED, "--scope", "synthetic/soc", "--budget", "5")["considered"]
    assert {each["id"]: each["fate"] for each in considered}[reader.ids.sign_in] == "over the token budget"


def test_cues_are_taken_as_they_are_given(reader: Shelf) -> None:
    told = reader.json("explain", "something", "--scope", "synthetic/soc", "--cue", "answer_type:host")
    fates = {each["id"]: (each["fate"], each["cue_match"]) for each in told["considered"]}
    assert fates[reader.ids.hosts] == ("shown", 1.0)


def test_because_of_whom_an_item_is_left_out(shelf: Shelf) -> None:
    """Only one candidate is shown at a time: the second names the first."""
    words = ("--scope", "synthetic/soc", "--kind", "guard")
    content = "Names of senders stand in EmailEvents; the links of one mail stand in EmailAttachmentInfo."
    other = shelf.json("add", *words, "--content", content, "--as", "rule:test")["item"]["id"]
    asked = "Which senders and links of a mail stand in EmailEvents and EmailUrlInfo?"
    considered = shelf.json("explain", asked, "--scope", "synthetic/soc")["considered"]
    fates = {each["id"]: (each["fate"], each["because_of"]) for each in considered}
    shown, left = sorted((shelf.ids.mail, other), key=lambda name: fates[name][0] != "shown")
    assert fates[shown] == ("shown", None)
    assert fates[left] == ("one candidate is shown already", shown)
    assert f"because of {shown}" in shelf.ok("explain", asked, "--scope", "synthetic/soc")


def test_without_a_scope_all_are_asked(reader: Shelf) -> None:
    told = reader.json("explain", "Which row shows the value?", "--audience", "teacher")
    assert told["scopes"] == ["other/net", "synthetic/soc"]
    assert [each["id"] for each in told["considered"]] == [reader.ids.principle]


def test_the_explanation_as_text(reader: Shelf) -> None:
    text = reader.ok("explain", ASKED)
    assert "query     What is the IP address" in text
    assert "score  similar  words  cue  rank  worth  tokens  fate" in text
    assert reader.ids.sign_in in text
    assert "its cue names something else" in text
    assert "no candidate" in reader.ok("explain", ASKED, "--scope", "elsewhere")


def test_search_as_text(reader: Shelf) -> None:
    assert reader.ids.sign_in in reader.ok("search", ASKED)
    assert "nothing fits" in reader.ok("search", ASKED, "--scope", "elsewhere")


def test_looking_changes_nothing_but_vectors(shelf: Shelf) -> None:
    shelf.ok("explain", ASKED)
    before = shelf.json("log")
    shelf.ok("explain", ASKED)
    shelf.ok("search", ASKED)
    assert shelf.json("log") == before
    assert shelf.json("verify")["clean"]
