"""The `atlas` command as a person runs it, with a home of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, object]:
        """Standard output as its one JSON document."""
        read: dict[str, object] = json.loads(self.out)
        return read


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Commands run in `folder`, with the home `folder/home`; `variables` are those of the environment."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        own = {"PYTHONPATH": str(ROOT), "ATLAS_HOME": str(self.home), "HOME": str(self.folder)}
        return {"PATH": os.environ["PATH"], **own, **self.variables}  # noqa: TID251

    def run(self, *words: str | Path) -> Said:
        """The command in this process, which has imported all that is slow to import."""
        from app.main import main

        out, err, own = io.StringIO(), io.StringIO(), self.environment
        with pytest.MonkeyPatch.context() as patch:
            for name in list(os.environ):  # noqa: TID251
                patch.delenv(name)
            for name, value in own.items():
                patch.setenv(name, value)
            with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
                try:
                    main([str(word) for word in words])
                except SystemExit as left:
                    status = left.code or 0
        assert isinstance(status, int)
        return Said(status=status, out=out.getvalue(), err=err.getvalue())

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """The command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "app.main", *map(str, words)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ok(self, *words: str | Path) -> Said:
        said = self.run(*words)
        assert said.status == 0, said.err
        return said

    def contents(self) -> dict[str, bytes]:
        """Every file under the folder with what it holds, and folders too."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes() if path.is_file() else b""
            for path in sorted(self.folder.rglob("*"))
        }
