"""What is not speech gives no word, before and behind real words too; and the real words stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.nonspeech import KINDS, about_words, samples_of
from speechaudit.asr.packs import PAD_BEFORE
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.whisper import WhisperTranscriber, load
from speechaudit.errors import AudioError
from speechaudit.model import Audit, Span
from speechaudit.pipeline import Overrides, audit_recording
from speechaudit.rules import rulebook
from speechaudit.rules.judge import judge
from speechaudit.sounds import sounds
from speechaudit.text import strip_marks
from tests.asr.words import greetings

pytestmark = pytest.mark.model

SAMPLES = Path(__file__).parents[2] / "samples"
CALL = SAMPLES / "phone-stereo-good-left.wav"
GREETING, FAREWELL = Span(start=0.6, end=5.6), Span(start=52.9, end=55.7)  # what staff say, channel 0
SECONDS = 3.0
SLACK = PAD_BEFORE  # seconds before speech that the recogniser hears too: a first word may be timed from there
# A crowd is speech; bench.nonspeech says what becomes of it.
SILENT_KINDS = [kind for kind in KINDS if not kind.startswith("crowd")]


@pytest.fixture(scope="module")
def whisper() -> WhisperTranscriber:
    return load("base", "cpu")


def said(span: Span) -> np.ndarray:
    with decode(CALL) as sound:
        return sound.read(0, span.start, span.end)


def noise(kind: str) -> np.ndarray:
    return samples_of(kind, SECONDS).astype(np.float32)


def audited(whisper: WhisperTranscriber, folder: Path, samples: np.ndarray) -> Audit:
    """The sound as the staff's side of a call; on the other side there is a faint hiss."""
    hiss = 0.001 * np.random.default_rng(1).standard_normal(len(samples))
    path = folder / "a.wav"
    soundfile.write(path, np.stack([samples, hiss], axis=1), RATE, "PCM_16")
    path.with_suffix(".json").write_text('{"setting": "phone", "staff_channel": 0}', encoding="utf-8")
    return audit_recording(path, rulebook.load(), whisper, Overrides())


def test_nobody_is_credited_or_charged_where_nobody_speaks(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    """A minute with three seconds of everything but speech, in the channel that is surely the staff's."""
    try:
        audit = audited(whisper, tmp_path, np.concatenate([noise(kind) for kind in SILENT_KINDS]))
    except AudioError as error:
        assert "没有检测到人声" in error.problem
    else:
        (call,) = audit.encounters
        assert call.score is not None
        assert call.score.total is None
        assert [finding for finding in call.findings if about_words(finding)] == []


BETWEEN = {
    "signals": ("mains hum", "ringback", "busy tone", "dialling"),
    "music": ("music: chords", "music: song with drums", "music: music box", "music: song over GSM"),
    "the office": ("keyboard", "printer", "paper", "doors and footsteps"),
}


@pytest.mark.parametrize("where", BETWEEN)
def test_noises_around_real_sentences_add_no_words_and_take_none(
    whisper: WhisperTranscriber, tmp_path: Path, where: str
) -> None:
    """A greeting and 谢谢您的来电,再见 directly behind noises, which no filter of inventions may take for one."""
    first, second, third, last = (noise(kind) for kind in BETWEEN[where])
    parts = [first, said(GREETING), second, third, said(FAREWELL), last]
    (call,) = audited(whisper, tmp_path, np.concatenate(parts)).encounters
    segments = call.transcript.segments
    text = strip_marks("".join(segment.text for segment in segments))
    assert greetings(text[:4]) == 1
    assert sounds("谢谢") in sounds(text)  # with some instruction sets base writes 鞋鞋
    spoken = list(spans(parts, 1, 4))
    words = [word for segment in segments for word in segment.words]
    assert [w for w in words if not any(s.start - SLACK < w.start and w.end < s.end + SLACK for s in spoken)] == []
    # The other side is dead, so nobody knows who speaks, and the whole is too noisy to be scored: what the rules say of
    # these words, if they are the staff's, is looked at.
    known = tuple(replace(segment, role="staff", role_confidence=1.0) for segment in segments)
    by_staff = replace(call, transcript=replace(call.transcript, segments=known))
    found = judge(rulebook.load(), "phone", by_staff, whisper.made_by.model)
    verdicts = {finding.rule: finding.verdict for finding in found}
    assert (verdicts["words.hello"], verdicts["words.goodbye"]) == ("pass", "pass")


def spans(parts: list[np.ndarray], *numbers: int) -> Iterator[Span]:
    ends = np.cumsum([len(part) for part in parts]) / RATE
    yield from (Span(start=float(ends[n - 1]), end=float(ends[n])) for n in numbers)
