"""Figures of an encounter against dialogues whose figures can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.measures import measure
from speechaudit.model import Acoustics, Recording, Role, Segment, Transcript, Word
from speechaudit.reports.manner import MEASURES

CALL = Recording(file="a.wav", setting="phone", ring_seconds=6.0)


def said(role: Role, start: float, end: float, text: str = "这里是办事大厅", loudness: float | None = None) -> Segment:
    """Staff sit in channel 0, everybody else in 1."""
    sound = None if loudness is None else Acoustics(loudness=loudness, level=loudness, noise=-60.0, clipped=0.0)
    return Segment(start=start, end=end, text=text, role=role, channel=int(role != "staff"), acoustics=sound)


def figures(*segments: Segment, recording: Recording = CALL) -> dict[str, float]:
    ordered = tuple(sorted(segments, key=lambda s: s.start))
    return measure(Transcript(segments=ordered, duration=100.0), recording, 0.35)


def test_seconds_rates_and_shares() -> None:
    found = figures(said("staff", 0, 3, "您好,请讲。"), said("citizen", 4, 5, "喂"), said("staff", 8, 9, "请稍等"))
    assert (found["staff_seconds"], found["citizen_seconds"], found["unknown_seconds"]) == (4.0, 1.0, 0.0)
    assert found["staff_characters_per_minute"] == 105.0
    assert found["staff_fastest_turn"] == 180.0
    assert found["staff_talk_share"] == 0.8
    assert found["longest_silence"] == 3.0
    assert found["ring_seconds"] == 6.0


def test_where_somebody_is_unknown_nobody_has_a_share_of_the_talk() -> None:
    assert "staff_talk_share" not in figures(said("staff", 0, 3), said("unknown", 4, 5))


def test_a_turn_too_short_to_have_a_rate_has_none() -> None:
    assert "staff_fastest_turn" not in figures(said("staff", 0, 0.5, "好的好的"))


def test_segments_a_moment_apart_are_one_turn() -> None:
    apart = figures(said("staff", 0, 1, "一二三四五六七八"), said("staff", 3, 6, "一二三"))
    together = figures(said("staff", 0, 1, "一二三四五六七八"), said("staff", 1.5, 4.5, "一二三"))
    assert (apart["staff_fastest_turn"], together["staff_fastest_turn"]) == (480.0, 165.0)


def test_loudness_is_the_mean_of_power_and_is_compared() -> None:
    found = figures(
        said("staff", 0, 2, loudness=-20), said("staff", 5, 7, loudness=-30), said("citizen", 9, 11, "好", -33)
    )
    assert found["staff_loudness"] == pytest.approx(-22.6, abs=0.01)
    assert found["staff_louder_than_citizen"] == pytest.approx(10.4, abs=0.01)


def test_the_loudest_turn_is_told_against_the_speakers_own_usual_loudness() -> None:
    calm = [said("staff", 4 * n, 4 * n + 2, loudness=-26 - n) for n in range(3)]
    assert figures(*calm, said("staff", 12, 14, loudness=-12))["staff_loudest_turn"] == pytest.approx(14.5)
    assert "staff_loudest_turn" not in figures(*calm[:2])


def test_a_turn_that_begins_while_the_other_goes_on_is_an_interruption() -> None:
    found = figures(said("citizen", 0, 6), said("staff", 4, 8))
    assert (found["interruptions_by_staff"], found["interruptions_by_citizen"]) == (1, 0)
    assert (found["overlap_seconds"], found["overlap_share"]) == (2.0, 0.25)


@pytest.mark.parametrize("text", ["嗯。", "对,对对。", "好的好的是是", "嗯嗯,好"])
def test_who_says_yes_does_not_interrupt(text: str) -> None:
    found = figures(said("citizen", 0, 6), said("staff", 4, 5, text))
    assert (found["interruptions_by_staff"], found["overlap_seconds"]) == (0, 1.0)


@pytest.mark.parametrize("staff", [(5.6, 8), (0.2, 6), (6, 8)])
def test_neither_a_seam_nor_a_common_beginning_is_an_interruption(staff: tuple[float, float]) -> None:
    found = figures(said("citizen", 0, 6), said("staff", *staff))
    assert (found["interruptions_by_staff"], found["interruptions_by_citizen"]) == (0, 0)


def test_who_goes_on_after_being_interrupted_has_not_cut_in() -> None:
    found = figures(said("citizen", 0, 6), said("staff", 4, 9), said("citizen", 6.5, 12))
    assert (found["interruptions_by_staff"], found["interruptions_by_citizen"]) == (1, 0)


def test_in_one_channel_nobody_is_said_to_interrupt() -> None:
    mono = [Segment(start=0, end=6, text="我想问", role="citizen"), Segment(start=4, end=8, text="不行", role="staff")]
    assert not [name for name in figures(*mono) if name.startswith(("overlap", "interruptions"))]


def test_in_one_channel_the_overlap_is_what_the_voices_say() -> None:
    citizen = Segment(start=0, end=6, text="我想问", role="citizen", overlapped=0.5)
    staff = Segment(start=6, end=10, text="您说", role="staff", overlapped=0.0)
    found = figures(citizen, staff)
    assert (found["overlap_seconds"], found["overlap_share"]) == (3.0, 0.3)
    assert "interruptions_by_staff" not in found


def test_signal_to_noise_takes_the_noise_out_of_the_voice() -> None:
    """A level of -57 dB over a noise of -60 dB is a voice of -60 dB: as loud as the noise."""
    sound = Acoustics(loudness=-57.0, level=-56.99, noise=-60.0, clipped=0.02)
    found = figures(Segment(start=0, end=3, text="您好", role="staff", acoustics=sound))
    assert found["signal_to_noise"] == pytest.approx(0, abs=0.05)
    assert found["clipped_share"] == 0.02


def test_the_citizens_noise_and_doubtful_words_are_not_the_staffs() -> None:
    words = [Word(start=0, end=1, text="您", confidence=0.3), Word(start=1, end=2, text="好", confidence=0.9)]
    staff = Segment(start=0, end=2, text="您好", role="staff", words=tuple(words))
    citizen = Segment(start=3, end=4, text="您", role="citizen", words=tuple(words[:1]), channel=1)
    found = figures(staff, citizen)
    assert found["low_confidence_share"] == 0.5
    assert "signal_to_noise" not in found


def test_nothing_said_gives_lengths_alone() -> None:
    quiet = Recording(file="a.wav", setting="counter")
    assert figures(recording=quiet) == {"staff_seconds": 0.0, "citizen_seconds": 0.0, "unknown_seconds": 0.0}


def test_every_figure_is_explained_and_those_in_reports_exist() -> None:
    page = (Path(__file__).parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
    sides: tuple[Role, ...] = ("staff", "citizen")
    word = Word(start=0, end=1, text="您", confidence=0.9)
    talk = [said(role, 4 * n + i, 4 * n + i + 2, loudness=-20) for n in range(3) for i, role in enumerate(sides)]
    names = set(figures(*[replace(segment, words=(word,)) for segment in talk]))
    assert {name for name in names if f"`{name}`" not in page} == set()
    assert {name for name, *_ in MEASURES} <= names


@st.composite
def dialogues(draw: st.DrawFn) -> Sequence[Segment]:
    segments, at = [], 0.0
    for _ in range(draw(st.integers(0, 12))):
        start = max(0.0, at + draw(st.floats(-2, 5)))
        at = start + draw(st.floats(0, 6))
        role: Role = draw(st.sampled_from(["staff", "citizen", "unknown"]))
        text = draw(st.sampled_from(["嗯", "您好", "这个不归我们管", "", "。"]))
        segments.append(said(role, start, at, text, draw(st.none() | st.floats(-70, 0))))
    return segments


@given(dialogues())
def test_figures_are_finite_plain_and_shares_lie_within_one(segments: Sequence[Segment]) -> None:
    found = figures(*segments)
    assert all(type(value) in (int, float) and abs(value) < 1e6 for value in found.values())
    assert all(0 <= value <= 1 for name, value in found.items() if name.endswith("_share"))
    assert found.get("interruptions_by_staff", 0) <= len(segments)
