from __future__ import annotations

import pytest

from memory.credit.simulate import main


def test_the_program_prints_its_three_tables(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--seed", "1", "--repetitions", "30"])
    printed = capsys.readouterr().out
    assert printed.count("\n## ") == 2
    assert printed.count("\n|") == (2 + 42) + (2 + 3) + (2 + 16)
    main(["--seed", "1", "--repetitions", "30"])
    assert capsys.readouterr().out == printed
