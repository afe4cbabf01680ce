"""Ideas of a real small model in the process, from the command line to the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.jsonl import numbered_lines

ROOT = Path(__file__).resolve().parents[2]
TOPIC = "membranes for desalination that do not tear"
PAPERS = (
    ("Membranes that mend", "Hydrogel membranes tear under load. We propose boronic bonds that reform."),
    ("Silk gels", "Wounds close slowly. We introduce shear thinning silk gels. Closure time was measured."),
    ("Muon tomography of ice", "Ice thickness is hard to see. We report muon tomography of glaciers."),
    ("Sugar glass for seeds", "Seeds die in storage. We propose glassy sugar matrices. Germination rose."),
)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(2400)
def test_a_local_model_writes_ideas_of_two_families_and_every_failure_is_counted(
    larger_gguf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = tmp_path / "papers.json"
    papers.write_text(json.dumps(PAPERS))
    words = ("ideas", "run", TOPIC, "--corpus", str(papers), "--model", f"local:{larger_gguf}")
    asked = ("--judge", "offline", "--families", "steering,knowledge", "--n", "10")
    asked = (*asked, "--calls-per-idea", "1", "--rounds", "1")
    own = {"PYTHONPATH": str(ROOT), "ATLAS_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    own |= {"ATLAS_LOCAL_CONTEXT_TOKENS": "4096", "ATLAS_EMBEDDER": "lexical"}
    done = subprocess.run(
        [sys.executable, "-m", "app.main", *words, *asked, "--json"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **own},  # noqa: TID251
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    document = json.loads(done.stdout)
    calls = sum(stage["calls"] for stage in document["stages"])
    failures = {what: n for stage in document["stages"] for what, n in stage["failures"].items()}
    arms = {arm["lever"]: (arm["wanted"], arm["made"], arm["kept"]) for arm in document["arms"]}
    with capsys.disabled():
        print({"ideas": len(document["ideas"]), "calls": calls, "arms": arms, "failures": failures})  # noqa: T201
    logged = numbered_lines((Path(document["folder"]) / "calls.jsonl").read_text(encoding="utf-8"))
    assert len(logged) == calls > 0
    assert {arm["family"] for arm in document["arms"]} == {"steering", "knowledge"}
    made = sum(arm["made"] for arm in document["arms"])
    assert made == len(document["ideas"]) + len(document["duplicates"])
    assert made == 10 or failures, "what is missing is told"
    for idea in document["ideas"]:
        assert idea["title"]
        assert idea["mechanism"]
        assert idea["person"]["model"].startswith("local")
