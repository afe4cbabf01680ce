from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.app.ideas.conftest import Finished
from tests.app.terminal import Terminal
from tests.ideation.things import FEW, TOPIC

FILES = ("ideas.json", "report.html", "report.md", "report.tex", "papers.bib", "matches.jsonl")


def ideas(document: dict[str, object]) -> list[dict[str, object]]:
    found = document["ideas"]
    assert isinstance(found, list)
    return found


def test_a_run_prints_ideas_best_first_and_writes_every_report(finished: Finished) -> None:
    found = ideas(finished.document)
    assert [idea["rank"] for idea in found] == list(range(1, len(found) + 1))
    assert {"id", "title", "family", "rank", "tier"} <= set(found[0])
    folder = finished.folder
    assert all((folder / name).stat().st_size for name in FILES)
    assert not list(folder.glob("*.part"))
    page = (folder / "report.html").read_bytes()
    again = finished.desk.ok(*finished.words)
    assert (folder / "report.html").read_bytes() == page
    assert f"report: {folder / 'report.html'}" in again.out
    assert "note: No model wrote these ideas" in again.out


def test_imported_papers_serve_later_runs_and_bad_records_are_told_by_line(
    desk: Terminal, papers: Path
) -> None:
    records = [{"title": "A good paper on membranes", "abstract": "It holds.", "year": 2020}]
    lines = [json.dumps(records[0]), "{broken", *(json.dumps({"abstract": "no title"}) for _ in range(500))]
    bad = desk.folder / "bad.jsonl"
    bad.write_text("\n".join(lines))
    said = desk.run("ideas", "import", papers, bad, "--json")
    assert said.status == 0
    assert said.document["papers"] == len(FEW) + 1
    files = said.document["files"]
    assert isinstance(files, list)
    assert [record["line"] for record in files[1]["bad"]] == list(range(2, 503))
    assert "bad.jsonl, line 2:" in said.err
    assert "481 more records" in said.err
    assert desk.ok("ideas", "import", papers, "--json").document["papers"] == len(FEW) + 1
    words = ("ideas", "run", TOPIC, "--n", "3", "--families", "steering", "--comparisons", "6", "--json")
    assert ideas(desk.ok(*words).document)


def test_a_run_is_shown_again_in_every_form(finished: Finished) -> None:
    desk, folder = finished.desk, finished.folder
    assert desk.ok("ideas", "report", folder).out.startswith(f"# {TOPIC}")
    assert desk.ok("ideas", "report", folder.name).out.startswith(f"# {TOPIC}"), "by its name in the home"
    forms = {"html": "<!doctype", "md": "# ", "tex": r"\documentclass", "bib": "@misc", "json": "{"}
    for form, start in {**forms, "graphml": "<graphml", "graph-json": "{"}.items():
        assert desk.ok("ideas", "export", folder, "--format", form).out.startswith(start), form


def test_ideas_made_anywhere_are_ranked(desk: Terminal, papers: Path) -> None:
    texts = [
        {"id": "vague", "title": "Something", "text": "It could be good in some way, perhaps, or another."},
        {
            "id": "plain",
            "title": "Bonds",
            "text": "Measure salt rejection for 300 hours against an uncut control."
            " It costs a week of existing data.",
        },
        {"id": "third", "title": "Birds", "text": "Birds are counted.\u2028Nobody knows how many there are."},
    ]
    file = desk.folder / "ideas.jsonl"
    file.write_text("\n".join(json.dumps(text, ensure_ascii=False) for text in texts), encoding="utf-8")
    log = desk.folder / "matches.jsonl"
    said = desk.ok("ideas", "rank", file, "--axes", "feasibility", "--log", log, "--json").document
    assert ideas(said)[0]["id"] == "plain"
    assert len(log.read_text().splitlines()) == said["comparisons"]
    assert set(said["position_bias"]) == {"feasibility"}  # type: ignore[call-overload]
    assert "first slot gains" in desk.ok("ideas", "rank", file, "--corpus", papers).out


@pytest.mark.parametrize("schedule", ["swiss", "round_robin", "random", "information"])
def test_7_1_every_schedule_fills_one_log_that_is_fitted_and_rated(desk: Terminal, schedule: str) -> None:
    texts = [
        {
            "id": name,
            "title": name,
            "text": f"It costs {cost} weeks. " + "Measure it against a control. " * good,
        }
        for name, cost, good in (("a", 1, 3), ("b", 2, 1), ("c", 3, 0), ("d", 4, 2))
    ]
    file = desk.folder / "ideas.jsonl"
    file.write_text("\n".join(map(json.dumps, texts)))
    words = ("ideas", "rank", file, "--axes", "feasibility", "--comparisons", "12", "--schedule", schedule)
    found = ideas(desk.ok(*words, "--json").document)
    elo = [idea["elo"]["feasibility"] for idea in found]  # type: ignore[index]
    assert sum(elo) == pytest.approx(4 * 1200, abs=0.5)
    assert max(elo) > 1200
    assert found[0]["strength"] >= found[-1]["strength"]  # type: ignore[operator]


def test_a_judge_is_printed_beside_the_reviewers(desk: Terminal) -> None:
    rows = [
        {
            "idea_id": f"idea {number // 2}",
            "condition": ["AI"],
            "novelty_score": number // 2 + number % 2,
            "excitement_score": 5,
            "feasibility_score": 5 + number % 3,
            "effectiveness_score": 4,
        }
        for number in range(12)
    ]
    reviews = desk.folder / "reviews.jsonl"
    reviews.write_text("\n".join(map(json.dumps, rows)))
    scores = desk.folder / "scores.json"
    scores.write_text(json.dumps({f"idea {number} (AI)": number for number in range(6)}))
    words = ("ideas", "judge-calibrate", reviews, "--scores", scores, "--axis", "novelty")
    assert "ICC(1)" in desk.ok(*words).out
    found = desk.ok(*words, "--json").document["calibrations"]
    assert isinstance(found, list)
    assert found[0]["judge_all"]["value"] == 1.0
    assert found[0]["ideas"] == 6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", TOPIC), "there are no papers"),
        (("run", " ", "--corpus", "papers.json"), "name a topic"),
        (("run", TOPIC, "--corpus", "papers.json", "--n", "1"), "2 to 1000 ideas"),
        (("run", TOPIC, "--corpus", "papers.json", "--families", "luck"), "no family 'luck'"),
        (("run", TOPIC, "--corpus", "papers.json", "--before", "soon"), "is not a date"),
        (("run", TOPIC, "--corpus", "nothing.json"), "nothing.json"),
        (("run", TOPIC, "--corpus", "papers.json", "--gate", "soon"), "no stage 'soon'"),
        (("run", TOPIC, "--corpus", "papers.json", "--arm", "luck"), "no arm 'luck': choose of"),
        (("run", TOPIC, "--corpus", "papers.json", "--map-axis", "far"), "'far' is no axis"),
        (("run", TOPIC, "--corpus", "papers.json", "--map-axis", "far: a"), "needs two ends"),
        (("run", TOPIC, "--corpus", "papers.json", "--box-axis", "far: a"), "two axes at least"),
        (("run", TOPIC, "--corpus", "papers.json", "--model", "python:a:b"), "not by python:a:b"),
        (("rank", "papers.json"), "is no object with texts"),
        (("rank", "nothing.jsonl"), "cannot be read"),
        (("rank", "two.jsonl", "--schedule", "luck"), "no schedule 'luck'"),
        (("report", "nowhere"), "no run nowhere"),
        (("judge-calibrate", "reviews.jsonl", "--axis", "luck"), "no axis 'luck'"),
    ],
)
def test_bad_words_get_one_line_and_nothing_is_written(
    desk: Terminal, papers: Path, words: tuple[str, ...], told: str
) -> None:
    (desk.folder / "two.jsonl").write_text('{"title": "one"}\n{"title": "two"}\n')
    said = desk.run("ideas", *words)
    assert said.status == 2
    assert told in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not (desk.home / "ideas").exists() or not list((desk.home / "ideas").rglob("report.html"))


def test_10_9_writer_and_judge_may_be_two_models(tmp_path: Path) -> None:
    from app.ideas.workshop import open_voices, parse_writer
    from core.budget import Budget, BudgetLimits
    from core.settings import load_settings
    from ideation.costs import CostLedger

    ledger = CostLedger(Budget(BudgetLimits()))
    specs = parse_writer("ollama/writer"), parse_writer("ollama/judge")
    voices = open_voices(load_settings(False), *specs, ledger, tmp_path / "calls.jsonl", [])
    assert voices.muse.name == "ollama/writer"
    assert (voices.judge.name, voices.pair_judge.name) == ("ollama/judge", "ollama/judge")
    assert voices.same is not None
    assert len(voices.models) == 2
    for model in voices.models:
        asyncio.run(model.close())


def test_8_7_families_are_compared_at_equal_calls(desk: Terminal, papers: Path) -> None:
    words = ("ideas", "ablate", TOPIC, "less street noise", "--corpus", papers)
    words = (*words, "--families", "steering,search", "--calls", "8")
    said = desk.ok(*words, "--json").document
    trials, differences = said["trials"], said["differences"]
    assert isinstance(trials, list)
    assert isinstance(differences, list)
    assert {trial["variant"] for trial in trials} == {"steering", "search", "all"}
    assert len(trials) == 6
    assert all(0 < trial["calls"] <= 8 for trial in trials)
    assert all(trial["good_and_different"] <= trial["kept"] <= trial["made"] for trial in trials)
    assert len(differences) == 3
    assert desk.ok(*words, "--json").document == said
    assert "good and different" in desk.ok(*words).out


def test_the_novelty_of_ideas_made_anywhere(desk: Terminal, papers: Path) -> None:
    problem, means, measure = FEW[0]
    file = desk.folder / "ideas.jsonl"
    known = {
        "title": f"{means} for {problem}",
        "problem": f"A challenge of {problem} is that they fail early.",
        "mechanism": f"We propose {means} by two steps. {measure} was measured over months.",
    }
    other = {
        "title": "Tax law",
        "problem": "Forms are long.",
        "mechanism": "Clerks fill them in by telephone.",
    }
    file.write_text("\n".join(map(json.dumps, (known, other))))
    found = ideas(desk.ok("ideas", "novelty", file, "--corpus", papers, "--json").document)
    assert [idea["verdict"] for idea in found] == ["exists", "not_found"]
    assert "nearest:" in desk.ok("ideas", "novelty", file, "--corpus", papers).out


def test_1_14_what_did_well_is_a_pamphlet_that_people_can_see_and_later_runs_are_given(
    desk: Terminal, papers: Path
) -> None:
    words = ("ideas", "run", TOPIC, "--corpus", papers, "--n", "3", "--comparisons", "6", "--rounds", "1")
    words = (*words, "--families", "knowledge,search", "--remember", "--json")
    first = ideas(desk.ok(*words).document)
    kept = desk.ok("memory", "list", "--json").document["items"]
    assert isinstance(kept, list)
    assert {item["kind"] for item in kept} <= {"principle", "failure_mode"}
    assert any(str(first[0]["title"])[:20] in item["content"] for item in kept)
    assert {str(item["scope"]).split("/")[0] for item in kept} == {"ideation"}
    assert ideas(desk.ok(*words).document)


@pytest.mark.slow
def test_services_that_cannot_be_reached_are_told_and_the_run_goes_on(tmp_path: Path, papers: Path) -> None:
    nowhere = {"ATLAS_EMBEDDER": "lexical", "HTTPS_PROXY": "http://127.0.0.1:9"}
    desk = Terminal(folder=tmp_path, variables=nowhere)
    said = desk.ok("ideas", "run", TOPIC, "--online", "--n", "4", "--corpus", papers, "--json")
    assert said.document["papers"] == len(FEW)
    told = [line for line in said.err.splitlines() if line.startswith("note: ")]
    assert len(told) == 4
    sources = said.document["sources"]
    assert isinstance(sources, dict)
    assert len(sources) == 4
    assert all(bill["requests"] >= 1 and bill["billed_usd"] == 0 for bill in sources.values())


def test_6_1_the_curve_of_thresholds_is_printed_for_labelled_pairs(desk: Terminal) -> None:
    lines = []
    for number, (problem, means, measure) in enumerate(FEW * 4):
        one = f"{means} for {problem}, case {number}: {measure} was measured."
        near, far = f"For {problem}, case {number}, {means}: {measure} was measured.", FEW[number % 8 - 1]
        lines += [
            {"one": one, "other": near, "same": True},
            {"one": one, "other": " ".join(far), "same": False},
        ]
    file = desk.folder / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    found = desk.ok("ideas", "likeness-calibrate", file, "--json").document
    curve = found["curve"]
    assert isinstance(curve, list)
    assert [point["threshold"] for point in curve] == sorted(point["threshold"] for point in curve)
    assert found["threshold"]["precision"] >= 0.95  # type: ignore[index]
    said = desk.ok("ideas", "likeness-calibrate", file).out
    assert "threshold  precision  recall  called" in said
    assert "threshold for a precision of 0.95" in said
    file.write_text('{"one": "a"}')
    assert "line 1: write an object" in desk.run("ideas", "likeness-calibrate", file).err


def test_7_10_two_judges_are_set_side_by_side(desk: Terminal) -> None:
    texts = [
        {"id": n, "title": n, "text": f"It costs {len(n)} weeks. Measure it."} for n in ("a", "bb", "ccc")
    ]
    file, log = desk.folder / "ideas.jsonl", desk.folder / "one.jsonl"
    file.write_text("\n".join(map(json.dumps, texts)))
    words = ("ideas", "rank", file, "--axes", "feasibility", "--comparisons", "9")
    desk.ok(*words, "--log", log)
    found = desk.ok(*words, "--seed", "4", "--beside", log, "--json").document["agreement"]
    assert isinstance(found, dict)
    agreement = found["feasibility"]["agreement"]
    assert agreement["count"] == agreement["of"] == found["feasibility"]["pairs"] == 3
    assert "both judges agree on 3/3" in desk.ok(*words, "--beside", log).out
