"""Whole encounters, compared line by line: what a change of rules does to every verdict shows here.

After a wanted change, `UPDATE_GOLDEN=1 pytest tests/test_golden.py` writes the files anew; the diff is then to be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from speechaudit.model import Audit
from speechaudit.pipeline import Overrides, audit_transcript
from speechaudit.rules import rulebook

ROOT = Path(__file__).parents[1]
PLAYS = sorted((ROOT / "samples" / "plays").glob("*.play"))
GOLDEN = ROOT / "tests" / "golden"


def lines(audit: Audit) -> Iterator[str]:
    for encounter in audit.encounters:
        score = encounter.score
        assert score is not None
        yield f"{encounter.start:.1f}-{encounter.end:.1f} {score.total:g} {score.passed} {list(score.vetoed_by)}"
        yield "  " + " ".join(f"{d.name}={d.score:g}/{d.full:g}" for d in score.by_dimension)
        for finding in encounter.findings:
            yield f"  {finding.rule}: {finding.verdict} {finding.points:g}"
            for evidence in finding.evidence:
                covered = f" (covered by {evidence.covered_by})" if evidence.covered_by else ""
                said = f"{evidence.start:.1f}-{evidence.end:.1f} {evidence.role} “{evidence.quote}”"
                yield f"    {said} {evidence.why}{covered}"


@pytest.mark.parametrize("play", PLAYS, ids=lambda p: p.stem)
def test_golden(play: Path) -> None:
    found = "\n".join(lines(audit_transcript(play, rulebook.load(), Overrides()))) + "\n"
    golden = GOLDEN / f"{play.stem}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_there_is_a_play_for_every_golden_file() -> None:
    assert {p.stem for p in GOLDEN.glob("*.txt")} == {p.stem for p in PLAYS}
