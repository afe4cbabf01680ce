"""The tree of errors: who must act, and the exit status that follows."""

from __future__ import annotations

import pytest

from core.errors import (
    AtlasError,
    Limit,
    LimitReached,
    ModelOutputError,
    ProviderError,
    StorageError,
    UserError,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [(UserError, 2), (ModelOutputError, 1), (ProviderError, 1), (StorageError, 1)],
)
def test_exit_statuses(error: type[AtlasError], status: int) -> None:
    assert issubclass(error, AtlasError)
    assert error("why").exit_status == status


def test_a_limit_keeps_what_ran_out_beside_its_message() -> None:
    reached = LimitReached(Limit.MONEY, "1 USD spent of 1")
    assert (reached.limit, str(reached)) == (Limit.MONEY, "1 USD spent of 1")
