"""Each layer can be taken away: what it brought is then gone, and everything below it stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speechaudit.evaluation.layers import Level, levels
from speechaudit.model import Finding, Label, Probe, Recording, Segment, Transcript
from speechaudit.pipeline import BY_HAND, judge_transcript
from speechaudit.rules import rulebook

BOOK = rulebook.load()
LEVELS = {level.name: level for level in levels(BOOK)}
BASE = replace(BY_HAND, model="whisper-base")


def finding(level: Level, rule: str, *segments: Segment, probes: tuple[Probe, ...] = ()) -> Finding:
    said = Transcript(segments=segments, duration=segments[-1].end, probes=probes)
    recording = Recording(file="a.wav", setting="phone")
    (encounter,) = judge_transcript(level.book, recording, level.words(said), BASE).encounters
    return next(f for f in encounter.findings if f.rule == rule)


def staff(start: float, text: str, confidence: float | None = None, *labels: Label) -> Segment:
    return Segment(start=start, end=start + 3, text=text, role="staff", confidence=confidence, labels=labels)


def test_the_layers_are_in_order_and_the_last_is_the_product() -> None:
    assert list(LEVELS) == ["plain", "homophones", "meaning", "second-listen", "gate"]
    assert LEVELS["gate"].book == BOOK  # the rules once loaded: loaded again they may be other objects


def test_homophones() -> None:
    said = staff(0, "我布之道啊。"), staff(9, "嗯。")
    found = {name: finding(level, "forbidden.dont-know", *said) for name, level in LEVELS.items()}
    assert found["plain"].verdict == "pass"
    assert [e.match for e in found["homophones"].evidence] == ["sounds-like"]


def test_what_was_written_down_needs_no_homophones() -> None:
    assert finding(LEVELS["plain"], "forbidden.dont-know", staff(0, "我不知道啊。"), staff(9, "嗯。")).verdict == "fail"


def test_meaning() -> None:
    labelled = staff(0, "天气不错", None, Label(name="forbid-ask-others", confidence=0.9))
    verdicts = {
        name: finding(level, "forbidden.ask-others", labelled, staff(4, "好")).verdict for name, level in LEVELS.items()
    }
    assert (verdicts["homophones"], verdicts["meaning"]) == ("pass", "unclear")


def test_second_listen() -> None:
    said = staff(1, "喂,这里是医保"), staff(9, "请讲")
    probe = Probe(start=1.1, end=1.6, channel=0, phrase="您好", variant="喂您好", score=1.0)
    matches = {
        name: [e.match for e in finding(level, "words.hello", *said, probes=(probe,)).evidence]
        for name, level in LEVELS.items()
    }
    assert matches["meaning"] == ["absence"]
    assert matches["second-listen"] == matches["gate"] == ["second-listen"]


@pytest.mark.parametrize(("name", "verdict"), [("second-listen", "fail"), ("gate", "unclear")])
def test_gate(name: str, verdict: str) -> None:
    said = staff(0, "您好", 0.9), staff(9, "这不归我管,你去问别人。", 0.2)
    assert finding(LEVELS[name], "forbidden.ask-others", *said).verdict == verdict
