"""The transcriber that repeats."""

from __future__ import annotations

from pathlib import Path

from speechaudit.asr.replay import ReplayTranscriber
from speechaudit.asr.transcriber import Transcriber
from speechaudit.asr.turns import merged, segments
from speechaudit.model import MadeBy, Span, Transcript
from speechaudit.reasons import because
from tests.asr.words import spoken

MADE_BY = MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="cpu", compute_type="int8")


def test_a_saved_transcript_comes_back_with_its_spans() -> None:
    said = merged([segments(spoken("您好 请讲"), 0), segments(spoken("喂", start=3), 1)])
    replay: Transcriber = ReplayTranscriber(Transcript(segments=said, duration=9.0), MADE_BY, (because("dual-mono"),))
    seen: list[float] = []
    with replay.open(Path("none.wav")) as session:
        recognition = session.transcribe(progress=seen.append)
        assert (session.listen((), recognition), session.mono(recognition)) == ((), None)
    assert recognition.transcript.segments == said
    assert (recognition.channels, recognition.duration, recognition.limits) == (2, 9.0, (because("dual-mono"),))
    assert recognition.speech[1] == (Span(start=3, end=3.25),)
    assert (seen, replay.made_by) == ([1.0], MADE_BY)


def test_an_empty_transcript_is_one_silent_channel() -> None:
    with ReplayTranscriber(Transcript(segments=(), duration=0.0), MADE_BY).open(Path("x")) as session:
        recognition = session.transcribe(progress=print)
    assert (recognition.channels, recognition.speech) == (1, ((),))
