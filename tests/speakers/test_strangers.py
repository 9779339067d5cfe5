"""Words in a voice with which the other side never talks, in the sound of two members of staff."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from speechaudit.asr.sound import RATE, decode
from speechaudit.model import Segment, Span, Transcript
from speechaudit.rules import plays, rulebook
from speechaudit.speakers import tell_strangers
from speechaudit.speakers.strangers import strange_voices, unanswered

SAMPLES = Path(__file__).parents[2] / "samples"
WOMAN, MAN = "phone-stereo-bad-right", "phone-stereo-outgoing-right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A channel in memory."""

    samples: npt.NDArray[np.float32]
    speech: tuple[Span, ...] = ()

    @property
    def duration(self) -> float:
        return len(self.samples) / RATE

    def read(self, span: Span) -> npt.NDArray[np.float32]:
        return self.samples[round(span.start * RATE) : round(span.end * RATE)]


def staff_of(name: str) -> tuple[npt.NDArray[np.float32], list[Segment]]:
    """The staff's channel of a sample, and its play."""
    channel = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["staff_channel"]
    with decode(SAMPLES / f"{name}.wav") as sound:
        samples = np.asarray(sound.read(channel, 0, sound.duration), np.float32)
    said = plays.parse((SAMPLES / "plays" / f"{name}.play").read_text("utf-8")).transcript.segments
    return samples, [replace(segment, channel=int(segment.role == "citizen")) for segment in said]


@pytest.fixture(scope="module")
def call() -> tuple[Transcript, Side, Side]:
    """A call of the woman, behind words of the man, and the same behind words of her own."""
    own, said = staff_of(WOMAN)
    other, others = staff_of(MAN)
    longest = max((s for s in others if s.role == "staff"), key=lambda s: s.duration)
    longest_of_hers = max((s for s in said if s.role == "staff"), key=lambda s: s.duration)
    before = longest.duration + 4.0
    silence = np.zeros(4 * RATE, np.float32)
    his_words = other[round(longest.start * RATE) : round(longest.end * RATE)]
    her_words = np.resize(own[round(longest_of_hers.start * RATE) : round(longest_of_hers.end * RATE)], len(his_words))
    moved = [replace(s, start=s.start + before, end=s.end + before) for s in said]
    first = Segment(start=0.0, end=longest.duration, text="这里是幸福市民之家。", role="staff")
    transcript = Transcript(segments=(first, *moved), duration=before + len(own) / RATE)
    his, hers = (Side(samples=np.concatenate([words, silence, own])) for words in (his_words, her_words))
    return transcript, his, hers


def test_a_voice_that_nobody_talks_with_is_told(call: tuple[Transcript, Side, Side]) -> None:
    transcript, his, _ = call
    (strange,) = strange_voices(transcript, (his,))
    assert (strange.start, strange.end, strange.channel) == (0.0, transcript.segments[0].end, 0)
    told = tell_strangers(transcript, (his,), rulebook.load().announcements, ())
    assert told.segments[0].role in ("machine", "unknown")
    assert [s.role for s in told.segments[1:]] == [s.role for s in transcript.segments[1:]]


def test_the_voice_of_whoever_goes_on_is_none(call: tuple[Transcript, Side, Side]) -> None:
    transcript, _, hers = call
    assert tell_strangers(transcript, (hers,), rulebook.load().announcements, ()) is transcript


def said(*turns: tuple[str, float, float]) -> list[Segment]:
    return [Segment(start=a, end=b, text="", role="citizen" if w == "C" else "staff") for w, a, b in turns]


def test_what_stands_apart_is_what_nobody_answers() -> None:
    turns = said(("S", 0, 4), ("S", 8, 11), ("C", 12, 15), ("S", 16, 20), ("C", 21, 23), ("S", 24, 25), ("S", 28, 34))
    apart, talking = unanswered(turns, 0)
    assert [s.start for s in apart] == [0, 28]
    assert [s.start for s in talking] == [8, 16, 24]


def test_what_goes_on_without_a_pause_and_what_is_brief_is_not_compared() -> None:
    assert unanswered(said(("C", 0, 1), ("S", 2, 5), ("S", 5.5, 9), ("S", 12, 13)), 0)[0] == []
    assert unanswered(said(("S", 0, 4), ("S", 8, 11)), 0) == ([], [])
