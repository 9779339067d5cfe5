"""One voice or several on the staff's side, by sound and by embeddings that are made up: vectors around a direction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from speechaudit.asr.condition import inspect
from speechaudit.asr.mono import MonoSound
from speechaudit.asr.sound import decode
from speechaudit.model import Segment, Transcript
from speechaudit.rules import plays
from speechaudit.speakers.colleagues import enclosed, likened, tell_colleagues, voices_of

SAMPLES = Path(__file__).parents[2] / "samples"
RANDOM = np.random.default_rng(7)


def voice(direction: int, windows: int) -> npt.NDArray[np.float32]:
    made = RANDOM.normal(0.0, 0.05, (windows, 192))
    made[:, direction] += 1.0
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def owners(*windows: int) -> list[int]:
    return [n for n, count in enumerate(windows) for _ in range(count)]


def test_one_voice_is_one():
    assert voices_of(owners(3, 4, 5, 4), voice(0, 16)) == {0: "S1", 1: "S1", 2: "S1", 3: "S1"}


def test_another_voice_begins_where_it_begins():
    found = voices_of(owners(4, 4, 5, 5), np.concatenate([voice(0, 8), voice(1, 10)]))
    assert found == {0: "S1", 1: "S1", 2: "S2", 3: "S2"}


def test_who_comes_back_soon_leaves_it_in_doubt():
    heard = np.concatenate([voice(0, 8), voice(1, 6), voice(0, 8)])
    assert set(voices_of(owners(8, 6, 8), heard).values()) == {None}


def test_who_comes_back_after_long_is_known_again():
    heard = np.concatenate([voice(0, 20), voice(1, 30), voice(0, 6)])
    assert voices_of(owners(20, 30, 6), heard) == {0: "S1", 1: "S2", 2: "S1"}


def test_a_voice_that_says_too_little_at_the_end_is_nobodys():
    assert voices_of(owners(5, 5, 2), np.concatenate([voice(0, 10), voice(0, 2)])) == {0: "S1", 1: "S1", 2: None}


def test_voices_between_one_and_two_are_told_for_nobody():
    near = voice(0, 10) + 0.75 * voice(1, 10)
    between = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    assert set(voices_of(owners(5, 5, 5, 5), np.concatenate([voice(0, 10), between])).values()) == {None}


def test_with_too_little_to_compare_nothing_is_told():
    assert voices_of(owners(2, 3), voice(0, 5)) == {0: None, 1: None}


def test_without_sound_nothing_is_told():
    said = Transcript(segments=(Segment(start=0, end=3, text="您好", role="staff"),), duration=3.0)
    assert tell_colleagues(said, (None, None)) == said


def test_a_word_between_words_of_one_voice_is_of_that_voice():
    assert dict(enclosed(range(8), {1: "S1", 3: "S1", 5: "S2", 7: "S2"})) == {2: "S1", 6: "S2"}


def test_a_word_beside_another_voice_is_of_whom_it_clearly_sounds_like():
    known = np.concatenate([voice(0, 4), voice(1, 4)])
    between = known.mean(axis=0, keepdims=True)
    heard = np.concatenate([voice(1, 1), between / np.linalg.norm(between)])
    assert likened([4, 9], heard, ["S1"] * 4 + ["S2"] * 4, known) == {4: "S2", 9: None}
    assert likened([], heard[:0], ["S1"] * 4 + ["S2"] * 4, known) == {}


@pytest.mark.slow
def test_a_colleague_is_heard_in_a_call_that_was_passed_on():
    name = "phone-stereo-menu-transfer-right"
    said = plays.parse((SAMPLES / "plays" / f"{name}.play").read_text("utf-8")).transcript
    sided = tuple(replace(segment, channel=int(segment.role != "citizen")) for segment in said.segments)
    with decode(SAMPLES / f"{name}.opus") as sound:
        sides = [MonoSound(sound=sound, source=track.source, speech=()) for track in inspect(sound).tracks]
        told = tell_colleagues(replace(said, segments=sided), sides)
    assert [s.speaker for s in told.segments if s.role == "staff"] == ["S1", "S1", "S2", "S2", "S2"]
    assert {s.speaker for s in told.segments if s.role != "staff"} == {None}
