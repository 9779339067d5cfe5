"""The page that `make bench-hearing` writes: no figure by hand, and by which processor."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench import hours
from bench.hearing import Item, long_ones, processor, shares, some, tables_of
from speechaudit.asr.sound import decode
from speechaudit.model import Segment, Transcript

CPUINFO = "processor\t: 0\nmodel name\t: Some Processor 9\n\n"


def test_the_processor_is_told_with_the_instructions_that_are_taken_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    monkeypatch.setenv("CT2_FORCE_CPU_ISA", "generic")
    assert processor(tmp_path / "cpuinfo") == "Some Processor 9, GENERIC"
    (tmp_path / "cpuinfo").write_text("Hardware\t: a board\n")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert processor(tmp_path / "cpuinfo") == "aarch64, GENERIC"


def test_the_stages_add_up_to_the_whole() -> None:
    stages = {
        "decode": 1.0,
        "speech": 1.0,
        "words": 6.0,
        "voices": 0.0,
        "roles": 1.0,
        "second_listen": 1.0,
        "rules": 0.0,
    }
    lines = list(shares(stages, 100.0))
    assert "0.100 wall seconds" in lines[0]
    assert "| `words` | 0.0600 | 60% |" in lines
    assert len(lines) == 2 + len(stages)


def counter(folder: Path, name: str, words: str, seconds: float) -> Item:
    """A counter recording with a second of voice-like noise in its middle."""
    samples = np.full(round(seconds * hours.RATE), 1e-3, np.float32)
    samples[: hours.RATE // 2] = 0.5
    soundfile.write(folder / f"{name}.wav", samples, hours.RATE)
    said = Transcript(segments=(Segment(start=0.0, end=0.5, text=words),), duration=seconds)
    return Item(path=folder / f"{name}.wav", said=said, kind="test counter, 1 channel", seconds=seconds)


def test_hours_hold_what_is_said_in_their_order_and_say_what_they_are_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.hearing.HOURS", {60.0: ("ours",)})
    found = [counter(tmp_path, "a", "您好", 3.0), counter(tmp_path, "b", "再见", 2.0)]
    (made,) = long_ones(found, tmp_path)
    assert [segment.text for segment in made.said.segments] == ["您好", "再见", "您好"]
    assert made.kind == "0 h made of 2 counter recordings laid 3 times, 13% of the time"
    assert made.ways == ("ours",)
    with decode(made.path) as sound:
        assert sound.duration == 60.0
        samples = sound.read(0)
    loud = np.flatnonzero(np.diff((np.abs(samples) > 0.1).astype(int)) == 1) / hours.RATE
    assert loud == pytest.approx([13.0, 29.0, 44.0], abs=0.01)
    between = samples[: 12 * hours.RATE]
    assert 5e-4 < np.sqrt((between**2).mean()) < 2e-3
    assert list(long_ones([], tmp_path)) == []


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    item = counter(tmp_path, "a", "您好", 3.0)
    with pytest.raises(ValueError, match="6 s do not fit into 5 s"):
        hours.lay([item.path], [0, 0], 5.0, tmp_path / "out.flac")


def test_each_kind_of_sound_has_its_recordings(tmp_path: Path) -> None:
    said = Transcript(segments=(), duration=1.0)
    found = [
        Item(path=tmp_path / f"{number}", said=said, kind="call" if number < 6 else "counter", seconds=1.0)
        for number in range(8)
    ]
    assert [item.path.name for item in some(found, 2)] == ["0", "3", "6", "7"]


def test_a_recording_is_heard_in_the_ways_that_it_is_meant_for(tmp_path: Path) -> None:
    item = counter(tmp_path, "a", "您好请讲", 2.0)
    long = replace(item, kind="1 h", ways=("ours",))
    heard = Transcript(segments=(Segment(start=0.0, end=1.0, text="你好请讲吧"),), duration=2.0)
    lines = tables_of([item, long], {"ours": lambda _: item.said, "theirs": lambda _: heard})
    ours, theirs, alone = (line.split(" | ") for line in lines if line.startswith(("| ours", "| theirs")))
    assert (ours[1], theirs[1], alone[1]) == ("0.000", "0.500", "0.000")
    assert theirs[2] == "1, 0, 1 of 4"
    assert [line.strip() for line in lines if line.strip().startswith("##")] == [
        "## test counter, 1 channel: 1 recordings, 2 s",
        "## 1 h: 1 recordings, 2 s",
    ]
