"""Two people who sound alike, through the pipeline: what the other reading of the voices is used for, and what not."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from speechaudit import pipeline, speakers
from speechaudit.asr.transcriber import Recognition
from speechaudit.model import MadeBy, Recording, Span, Transcript
from speechaudit.rules import rulebook
from speechaudit.speakers import Voices, settle_voices
from speechaudit.speakers.turns import SpeakerTurn

from .test_roles import PLAIN, dialogue

SAMPLE = Path(__file__).parents[2] / "samples" / "counter-good.flac"
MADE_BY = MadeBy(program="", transcriber="", model="", model_sha256="", device="", compute_type="")


def voices(*numbers: int) -> Voices:
    """A turn of one of the voices every 3 s, as `dialogue` lays its segments."""
    turns = tuple(
        SpeakerTurn(start=3.0 * i, end=3.0 * i + 2, voice=number, margin=0.5) for i, number in enumerate(numbers)
    )
    return Voices(
        turns=turns, embeddings=((1.0,) + (0.0,) * 191,) * len(set(numbers)), seconds=(20.0,) * len(set(numbers))
    )


class FixedTranscriber:
    """A transcriber that wrote down a dialogue and listens to nothing twice."""

    made_by = MADE_BY

    def __init__(self, said: Transcript) -> None:
        self.said = replace(said, segments=tuple(replace(own, speaker=None) for own in said.segments))

    def open(self, path, progress=None):
        return nullcontext(self)

    def transcribe(self, **_):
        return Recognition(transcript=self.said, channels=1, duration=self.said.duration)

    def mono(self, _):
        return "sound"

    def rescored(self, said, _):
        return said

    def listen(self, *_):
        return ()


def roles(said, found, monkeypatch):
    monkeypatch.setattr(speakers, "hear_voices", lambda *_, **__: found)
    recognition = pipeline.hear(
        SAMPLE, Recording(file="a.flac"), FixedTranscriber(said), rulebook.load(), lambda _: None
    )
    return [segment.role for segment in recognition.transcript.segments]


WHOLE = (Span(start=0.0, end=3.0 * len(PLAIN)),)
ALIKE = replace(voices(*[0] * len(PLAIN)), alternative=voices(*[0, 1] * (len(PLAIN) // 2)), doubtful=WHOLE)


def test_words_decide_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    assert roles(dialogue(*PLAIN), ALIKE, monkeypatch) == ["staff", "citizen"] * 3


def test_words_that_tell_no_sides_leave_one_voice_that_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    same = dialogue(*[("S1", "嗯,好的。")] * len(PLAIN))
    assert set(roles(same, ALIKE, monkeypatch)) == {"unknown"}


def test_without_another_reading_one_voice_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(roles(dialogue(*PLAIN), replace(ALIKE, alternative=None), monkeypatch)) == {"unknown"}


# A service of two people who are told apart, then one that is doubtful: of S1 alone, or of S1 and a third voice.
LATER = Span(start=3.0 * len(PLAIN), end=6.0 * len(PLAIN))
ORDER = [0, 1] * (len(PLAIN) // 2)
SECOND = replace(
    voices(*ORDER, *[0] * len(PLAIN)), alternative=voices(*ORDER, *[0, 2] * (len(PLAIN) // 2)), doubtful=(LATER,)
)


def test_words_decide_for_two_in_one_service(monkeypatch: pytest.MonkeyPatch) -> None:
    assert roles(dialogue(*PLAIN, *PLAIN), SECOND, monkeypatch) == ["staff", "citizen"] * 6


def test_of_a_service_whose_words_tell_nothing_only_the_known_voice_is_somebodys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others may be those of a citizen who sounds like the staff: never theirs."""
    silent = [("S1", "嗯,好的。")] * len(PLAIN)
    found = roles(dialogue(*PLAIN, *silent), SECOND, monkeypatch)
    assert found[: len(PLAIN)] == ["staff", "citizen"] * 3
    assert found[len(PLAIN) :] == ["staff", "unknown"] * 3


def test_settled_voices_keep_their_order_and_have_no_other_reading() -> None:
    settled = settle_voices(dialogue(*[("S1", "嗯,好的。")] * 2 * len(PLAIN)), SECOND)
    assert (settled.alternative, settled.doubtful) == (None, ())
    assert [turn.start for turn in settled.turns] == [3.0 * i for i in range(2 * len(PLAIN))]
    assert [turn.margin for turn in settled.turns[-2:]] == [0.5, 0.0]
