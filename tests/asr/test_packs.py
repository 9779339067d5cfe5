"""Windows for the recogniser and the way back to the time of the recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.asr.packs import LONGEST, PAD_BEFORE, Pack, packed, padded
from speechaudit.asr.sound import FRAME
from speechaudit.model import Span, Word

DURATION = 400.0
QUIET = np.full(int(DURATION / FRAME), -40, np.float32)


def word(start: float, end: float, text: str = "您") -> Word:
    return Word(start=start, end=end, text=text, confidence=0.9)


@st.composite
def speeches(draw: st.DrawFn) -> list[Span]:
    found, at = [], 0.0
    for pause, length in draw(st.lists(st.tuples(st.floats(0.5, 20), st.floats(0.1, 90)), max_size=12)):
        start, at = at + pause, at + pause + length
        if at > DURATION:
            break
        found.append(Span(start=start, end=at))
    return found


@given(speeches())
def test_packs_hold_all_speech_once_and_in_order(speech: list[Span]) -> None:
    spans = [span for pack in packed(speech, QUIET, DURATION) for span in pack.spans]
    assert all(a.end <= b.start for a, b in pairwise(spans))
    for one in speech:
        assert sum(one.overlap(span) for span in spans) == pytest.approx(one.duration)
    assert all(pack.duration <= LONGEST + FRAME for pack in packed(speech, QUIET, DURATION))


def test_room_is_left_before_and_after() -> None:
    assert padded([Span(start=5, end=6), Span(start=0.2, end=1)], 6.1)[0] == Span(start=5 - PAD_BEFORE, end=6.1)


def test_a_long_speech_is_cut_where_it_is_quietest() -> None:
    loudness = QUIET + 20
    loudness[int(25 / FRAME)] = -60
    first, *_ = packed([Span(start=1, end=60)], loudness, DURATION)
    assert first.spans[-1].end == pytest.approx(25, abs=FRAME)


def test_it_is_cut_in_a_pause_even_where_a_moment_within_a_word_is_quieter() -> None:
    loudness = QUIET + 20
    loudness[int(25 / FRAME)] = -60
    first, *_ = packed([Span(start=1, end=18), Span(start=18.6, end=27), Span(start=27.5, end=40)], loudness, DURATION)
    assert 18 <= first.spans[-1].end <= 18.6


PACK = Pack((Span(start=10, end=13), Span(start=100, end=104)), (Span(start=11, end=12.6), Span(start=101, end=103.6)))


@pytest.mark.parametrize(
    ("heard", "placed"),
    [
        (word(1.0, 1.4), (11.0, 11.4)),
        (word(3.5, 4.0), (100.5, 101.0)),
        (word(2.0, 3.6), (100.0, 100.6)),  # timed from the pause: the end tells where it was said
        (word(0.2, 2.5), (11.9, 12.5)),  # nobody says one character for two seconds
        (word(6.8, 7.4), (103.8, 104.0)),
    ],
)
def test_words_return_to_the_span_in_which_they_end(heard: Word, placed: tuple[float, float]) -> None:
    found = PACK.place(heard)
    assert (found.start, found.end) == pytest.approx(placed)


@given(speeches().filter(bool), st.floats(0, 30), st.floats(0, 10))
def test_a_placed_word_lies_inside_one_span(speech: list[Span], start: float, length: float) -> None:
    for pack in packed(speech, QUIET, DURATION):
        found = pack.place(word(start, start + length))
        assert any(span.start <= found.start <= found.end <= span.end for span in pack.spans)


def around(span: Span) -> Pack:
    """The window of one lost piece of speech."""
    return Pack(padded((span,), DURATION), (span,))


def test_speech_without_a_word_is_heard_alone_unless_it_is_a_sound_in_passing() -> None:
    said, more, sound = Span(start=1, end=2.6), Span(start=9, end=10.6), Span(start=21, end=21.2)
    pack = Pack(padded((said, more, sound), DURATION), (said, more, sound))
    assert pack.without([word(1.2, 2.4)]) == (around(more),)
    assert pack.without([word(1.2, 2.4), word(9.2, 10.4)]) == ()
    assert pack.without([]) == (around(said), around(more))
    assert around(said).without([]) == ()


def test_a_short_piece_is_heard_with_the_longer_one_beside_it() -> None:
    long, short = Span(start=1, end=2.3), Span(start=2.8, end=3.3)
    greeting = Span(start=10, end=12)
    pack = Pack(padded((long, short, greeting), DURATION), (long, short, greeting))
    assert pack.without([word(10.2, 11.8)]) == (Pack(padded((long, short), DURATION), (long, short)),)


def test_what_was_left_out_within_an_utterance_is_heard_alone() -> None:
    pack = Pack(padded((Span(start=1, end=12),), DURATION), (Span(start=1, end=12),))
    (left_out, last) = pack.without([word(1.1, 3), word(6, 10)])
    assert left_out == around(Span(start=3.3, end=5.7))
    assert last == around(Span(start=10.3, end=12))
    assert left_out.holds(word(5.6, 6.2))
    assert not left_out.holds(word(6, 6.4))


def test_a_window_knows_where_its_speech_ends_and_how_much_it_holds() -> None:
    assert PACK.end_of_speech == pytest.approx(6.6)
    assert PACK.speech_seconds == pytest.approx(4.2)
    cut = Pack((Span(start=10, end=38),), (Span(start=11, end=60),))
    assert (cut.end_of_speech, cut.speech_seconds) == (28, 27)


@given(speeches().filter(bool))
def test_speech_is_in_the_window_that_holds_it_and_ends_within(speech: list[Span]) -> None:
    packs = list(packed(speech, QUIET, DURATION))
    for pack in packs:
        assert all(any(one.overlap(span) > 0 for span in pack.spans) for one in pack.speech)
        assert 0 < pack.end_of_speech <= pack.duration + 1e-6
    assert {one for pack in packs for one in pack.speech} == set(speech)
