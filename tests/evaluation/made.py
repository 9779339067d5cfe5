"""Folders and values for the tests of this room."""

from __future__ import annotations

from pathlib import Path

from speechaudit.evaluation.compare import Found, Row, Wanted
from speechaudit.model import Encounter, Finding, Score, Transcript, Verdict
from tests.sentences import legacy

GOOD = """setting: phone
ring_seconds: 6
staff @0.5-3.9: 您好,这里是不动产登记窗口,请讲。
citizen @4.5-9.0: 我想问一下过户要带什么材料?
staff @9.5-14.0: 请您带好身份证和房产证,到二楼三号窗口办理。
citizen @14.5-16.0: 好的,谢谢。
staff @16.5-18.5: 不客气,再见。
"""
BAD = """setting: phone
ring_seconds: 17
staff @0.5-1.5: 喂,什么事?
citizen @2.0-5.0: 我想问一下过户要带什么材料?
staff @5.5-9.0: 这不归我管,你去问别人。
"""
EXPECTED = """# two calls
good:
  - phone.opening: pass
    words.hello: pass
    words.goodbye: pass
    forbidden: none
bad:
  - phone.opening: fail
    phone.ring-limit: fail
    words.hello: fail
    forbidden.ask-others: fail
"""


def folder(path: Path, expected: str = EXPECTED, **texts: str) -> Path:
    """A labelled folder with these plays by stem; `good` and `bad` if none are given."""
    path.mkdir(exist_ok=True)
    (path / "expected.yml").write_text(expected, encoding="utf-8")
    for stem, text in (texts or {"good": GOOD, "bad": BAD}).items():
        (path / f"{stem}.play").write_text(text, encoding="utf-8")
    return path


def row(expected: Wanted, found: Found, rule: str = "words.hello") -> Row:
    return Row(stem="a", encounter=1, rule=rule, expected=expected, found=found)


def encounter(start: float, end: float, not_judged: str = "", **verdicts: Verdict) -> Encounter:
    """An encounter with findings by rule id, written with `__` for the dot and `_` for the hyphen."""
    findings = tuple(finding(name.replace("__", ".").replace("_", "-"), v) for name, v in verdicts.items())
    total = None if not_judged else 100.0
    return Encounter(
        start=start,
        end=end,
        transcript=Transcript(segments=(), duration=end - start),
        findings=findings,
        score=Score(total=total, passed=None, reasons=legacy(not_judged)),
    )


def finding(rule: str, verdict: Verdict) -> Finding:
    return Finding(
        rule=rule,
        title=rule,
        topics=("t",),
        kind="required",
        dimension=rule.partition(".")[0],
        level="minor",
        status="active",
        verdict=verdict,
        message="m",
    )
