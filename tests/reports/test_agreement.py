"""How far two reviewers agree: against published figures and at the edges."""

from __future__ import annotations

import pytest

from speechaudit.model import Verdict
from speechaudit.reports.agreement import agreement


def pairs(**counts: int) -> list[tuple[Verdict, Verdict]]:
    names: dict[str, Verdict] = {"p": "pass", "f": "fail"}
    return [(names[both[0]], names[both[1]]) for both, n in counts.items() for _ in range(n)]


def test_kappa_and_its_interval_are_those_of_the_textbook() -> None:
    """20 + 15 of 50 agree: kappa 0.4 (the usual example of Cohen's kappa); s by Fleiss, Cohen and Everitt 0.1267."""
    found = agreement(pairs(pp=20, pf=5, fp=10, ff=15))
    assert (found.n, found.agreed, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.kappa_interval is not None
    half = (found.kappa_interval.high - found.kappa_interval.low) / 2
    assert half == pytest.approx(1.959964 * 0.1266, abs=2e-3)


def test_nothing_is_claimed_where_nothing_can_be_known() -> None:
    none = agreement([])
    assert (none.n, none.share, none.interval, none.kappa, none.kappa_interval) == (0, None, None, None, None)
    alike = agreement(pairs(pp=9))
    assert (alike.share, alike.kappa) == (1.0, None)
    whole = agreement(pairs(pp=5, ff=5))
    assert (whole.kappa, whole.kappa_interval and whole.kappa_interval.low) == (1.0, 1.0)
