"""A citizen who waits, asks again, or comes back from an errand is served once; two citizens in turn are two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from speechaudit.encounters import split
from speechaudit.model import Recording, Segment, Transcript

COUNTER = Recording(file="a.wav", setting="counter")
PAUSES = yaml.safe_load((Path(__file__).parent / "pauses.yml").read_text(encoding="utf-8"))


def said(lines: Sequence[str | int], known: str) -> tuple[Segment, ...]:
    now = 0.0
    found: list[Segment] = []
    for line in lines:
        if isinstance(line, int):
            now += line
            continue
        who, text = line.split(" ")
        segment = Segment(start=now, end=now + len(text) / 4, text=text, role="staff" if who == "S" else "citizen")
        found.append(replace(segment, role="unknown") if known == "words" else segment)
        if known == "voices":
            found[-1] = replace(segment, speaker=who)
        now = found[-1].end + 0.7
    return tuple(found)


def services(segments: Sequence[Segment]) -> int:
    transcript = Transcript(segments=tuple(segments), duration=segments[-1].end + 1)
    return len(split(transcript, COUNTER).encounters)


@pytest.mark.parametrize("known", ["roles", "voices", "words"])
@pytest.mark.parametrize("name", PAUSES["one"])
def test_one_service(name: str, known: str) -> None:
    assert services(said(PAUSES["one"][name], known)) == 1


@pytest.mark.parametrize("known", ["roles", "voices", "words"])
@pytest.mark.parametrize("name", PAUSES["two"])
def test_two_services(name: str, known: str) -> None:
    assert services(said(PAUSES["two"][name], known)) == 2


def test_the_same_question_again_is_one_service_though_few_words_sound_like_another_voice() -> None:
    asked: list[str | int] = ["S 您好,请坐。", "C1 请问这个表要填几份?"]
    again: list[str | int] = [12, "C2 同志,我问一下这个表要填几份?", 15, "C2 有人吗?", "S 两份。"]
    assert services(said([*asked, *again], "voices")) == 1
    answered: list[str | int] = ["S 两份。", "C1 谢谢。", 14, "C2 你好,请问这个表要填几份?", "S 两份。"]
    assert services(said([*asked, *answered], "voices")) == 2
