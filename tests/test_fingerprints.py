"""What hangs on contents alone is kept for years: each value is pinned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from speechaudit.fingerprints import chance, code_of, digest, key_of
from speechaudit.model import Evidence, Finding, Review
from speechaudit.reports.names import stems
from speechaudit.reviews import priority, second_lot

SAID = Evidence(start=1.04, end=2.5, role="staff", quote="不知道。", reasons=(), match="exact")
FOUND = Finding(
    rule="forbidden.dont-know",
    title="一问三不知",
    topics=(),
    kind="forbidden",
    dimension="forbidden",
    level="critical",
    status="active",
    verdict="fail",
    message="",
    evidence=(SAID,),
)
REVIEW = Review(machine="fail", reason="", at=datetime(2026, 1, 1, tzinfo=UTC))


def test_the_values_are_those_of_all_versions() -> None:
    assert digest("窗口/一", 12) == "d6cfe83c1810"
    assert key_of(FOUND) == "a17edda1eb6c6a2a"
    assert code_of("a/录音.wav", FOUND.rule, SAID) == "5E3A71F0"
    assert chance("lot") == 0.7175758737862878
    assert priority(FOUND, "lot") == 0.693454741983011
    assert second_lot("lot", key_of(FOUND)) == 0.869359970257868
    assert stems(["窗口/一"]) == ("窗口_一-d6cfe83c1810",)


def test_a_key_is_of_what_the_program_said_and_no_person() -> None:
    overruled = replace(FOUND, verdict="pass", review=REVIEW)
    assert key_of(overruled) == key_of(FOUND)
    assert key_of(replace(overruled, review=None)) != key_of(FOUND)


def test_half_a_surrogate_pair_has_a_name_too() -> None:
    assert digest("\ud83d", 4) == "7586"
