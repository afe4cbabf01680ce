from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.families.agents.panel import CRITERIA
from ideation.novelty.feasibility import Need
from ideation.wordings import FILE, criterion, digests, read_wordings, wording

ROOT = Path(__file__).resolve().parents[2] / "ideation"
TEXTS = read_wordings((ROOT / "prompts" / FILE).read_text())


def test_10_7_every_section_is_used_and_every_use_has_its_section() -> None:
    code = "\n".join(path.read_text() for path in ROOT.rglob("*.py"))
    used = set(re.findall(r'wording\(\s*"([^"]+)"', code))
    used |= {f"criteria/{name}" for name in re.findall(r'criterion\(\s*"([^"]+)"', code)}
    used |= {f"criteria/panel: {each.name}" for each in CRITERIA}
    used |= {f"criteria/check: {need}" for need in Need}
    used |= {
        f"{kind}{lack}" for kind in ("criteria/check: ", "weaknesses/") for lack in ("prediction", "baseline")
    }
    assert used == set(TEXTS)


def test_10_7_a_criterion_has_its_question_and_its_anchors() -> None:
    found = criterion("panel: novelty")
    assert (found.name, found.anchors[2]) == ("novelty", "nothing known does this or says it")
    assert found.question.endswith("say already?")
    placed = criterion("search: place on an axis", "wet or dry", low="wet {{ x }}", high="dry")
    assert (placed.name, placed.anchors[0]) == ("wet or dry", "wet {{ x }}")


def test_10_7_values_that_lack_or_are_too_many_are_refused() -> None:
    assert wording("questions/core", words=6) == "Say the core of this idea in at most 6 words."
    for values in ({}, {"words": 6, "more": 1}):
        with pytest.raises(UserError, match="its values in braces are words"):
            wording("questions/core", **values)
    with pytest.raises(UserError, match="has no section 'luck'"):
        wording("luck")


@pytest.mark.parametrize(
    ("text", "told"), [("## a\nx\n## a\ny", "twice"), ("## a\n\n## b\ny", "'a' is empty")]
)
def test_10_7_a_file_that_was_edited_badly_is_told(text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        read_wordings(text)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[a-z]{1,30}", fullmatch=True)
    )
)
def test_10_7_sections_are_read_as_they_were_written(sections: dict[str, str]) -> None:
    text = "# Title\n\n" + "\n\n".join(f"## {name}\n\n{body}" for name, body in sections.items())
    assert read_wordings(text) == sections


def test_10_7_each_file_of_wordings_has_its_digest() -> None:
    found = digests()
    assert set(found) == {"wordings.md", "decks.json", "personas.json", "triz.json"}
    assert len(set(found.values())) == 4


def test_10_7_an_empty_line_of_a_wording_starts_a_new_line() -> None:
    asked = wording("questions/relevance", topic="tough gels").splitlines()
    assert asked[1:] == ["Topic: tough gels", "Write one text for each paper, in the form [id]: number"]
