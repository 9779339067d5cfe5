"""Good service, full of words that also stand in forbidden phrases, and rude citizens: no rule may accuse the staff."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechaudit.model import Encounter
from speechaudit.rules import plays
from speechaudit.rules.judge import judge
from speechaudit.rules.rulebook import load

PLAYS = sorted((Path(__file__).parent / "calm").glob("*.play"))


def test_there_are_plays() -> None:
    assert len(PLAYS) >= 30


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_good_service_breaks_no_forbidden_rule(path: Path) -> None:
    play = plays.parse(path.read_text(encoding="utf-8"), path.name)
    encounter = Encounter(start=0.0, end=play.transcript.duration, transcript=play.transcript)
    findings = [f for f in judge(load(), play.setting, encounter) if f.kind == "forbidden"]
    accused = {f.rule: [e.quote for e in f.evidence] for f in findings if f.verdict in ("fail", "unclear")}
    assert findings
    assert accused == {}
