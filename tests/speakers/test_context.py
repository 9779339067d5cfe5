"""Whose a doubtful turn is: sound, words and order together, and what stays nobody's."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from speechaudit.model import Label, Role, Segment, Transcript
from speechaudit.speakers import diarize
from speechaudit.speakers.context import settle_turns
from speechaudit.speakers.roles import ANSWERED_ODDS
from speechaudit.speakers.turns import MIN_MARGIN, SpeakerTurn, Voices

STAFF, CITIZEN = 0, 1
ROLES: tuple[Role, Role] = ("staff", "citizen")


def turn(start: float, voice: int, margin: float, likeness: float = 0.8) -> SpeakerTurn:
    """A turn of a whole window."""
    return SpeakerTurn(start=start, end=start + 1.5, voice=voice, margin=margin, likeness=likeness)


def said(turns: tuple[SpeakerTurn, ...], staff_like: float | None = None) -> Transcript:
    """Words in each turn, without a voice where it is doubtful, and there with what they tell of the side."""
    labels = () if staff_like is None else (Label(name="staff-like", confidence=staff_like),)
    segments = []
    for own in turns:
        one = Segment(start=own.start, end=own.end, text="红红绿绿的")
        known = own.margin >= MIN_MARGIN
        segments.append(
            replace(one, speaker=f"S{own.voice + 1}", role=ROLES[own.voice]) if known else replace(one, labels=labels)
        )
    return Transcript(segments=tuple(segments), duration=60.0)


def settled(turns: tuple[SpeakerTurn, ...], staff_like: float | None = None) -> tuple[SpeakerTurn, ...]:
    return settle_turns(said(turns, staff_like), Voices(turns=turns)).turns


# The member of staff goes on without a pause, then the citizen answers behind one.
GOING_ON = (turn(0.0, STAFF, 0.3), turn(1.5, STAFF, 0.08), turn(3.0, STAFF, 0.3), turn(5.0, CITIZEN, 0.3))
BETWEEN = (turn(0.0, STAFF, 0.3), turn(2.0, CITIZEN, 0.05), turn(4.0, STAFF, 0.3), turn(6.0, CITIZEN, 0.3))


def test_what_stands_in_one_breath_with_a_voice_is_its_own() -> None:
    found = settled(GOING_ON)
    assert [own.voice for own in found] == [STAFF, STAFF, STAFF, CITIZEN]
    assert found[1].margin == MIN_MARGIN


@pytest.mark.parametrize(
    ("staff_like", "voice", "margin"),
    [(0.02, CITIZEN, MIN_MARGIN), (0.5, CITIZEN, 0.05), (0.999, STAFF, MIN_MARGIN)],
    ids=["as citizens say", "as anybody says", "as staff say"],
)
def test_between_pauses_the_words_must_tell(staff_like: float, voice: int, margin: float) -> None:
    found = settled(BETWEEN, staff_like)[1]
    assert (found.voice, found.margin) == (voice, margin)


def test_who_answers_a_call_is_heard_first() -> None:
    opening = (turn(0.0, STAFF, 0.05), turn(2.0, STAFF, 0.3), turn(4.0, CITIZEN, 0.3))
    voices = Voices(turns=opening)
    assert settle_turns(said(opening), voices).turns[0] == opening[0]
    assert settle_turns(said(opening), voices, ANSWERED_ODDS).turns[0].margin == MIN_MARGIN


def test_who_is_like_nobody_may_be_a_stranger() -> None:
    strange = tuple(replace(own, likeness=0.45) if own.margin < MIN_MARGIN else own for own in GOING_ON)
    assert settled(strange) == strange


def test_short_turns_tell_less_by_their_sound() -> None:
    short = (GOING_ON[0], replace(GOING_ON[1], end=2.0), GOING_ON[3])
    assert settled(short) == short


def test_without_both_sides_nothing_is_settled() -> None:
    alone = GOING_ON[:3]
    voices = Voices(turns=alone)
    assert settle_turns(said(alone), voices) is voices


def test_another_reading_and_other_voices_stay_as_they_are() -> None:
    voices = Voices(turns=GOING_ON, alternative=Voices(turns=BETWEEN))
    assert settle_turns(said(GOING_ON), voices) is voices
    third = (*GOING_ON[:3], replace(turn(4.5, 2, 0.09), voice=2), GOING_ON[3])
    spoken = said(GOING_ON)
    assert settle_turns(spoken, Voices(turns=third)).turns[3] == third[3]


def test_what_was_sure_stays_even_where_words_speak_against_it() -> None:
    sure = tuple(replace(own, margin=0.12) for own in BETWEEN)
    assert settled(sure) == sure


def test_what_is_kept_of_a_piece_has_how_like_its_voice_each_turn_is() -> None:
    piece = diarize._DiarizedChunk(GOING_ON, np.eye(2, 192, dtype=np.float32))
    again = diarize._DiarizedChunk.restored(json.loads(json.dumps(piece.saved())))
    assert again.turns == piece.turns
    assert again.seconds == [3.0, 1.5]
