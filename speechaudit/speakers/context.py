"""Whose a doubtful turn is: by its sound, its words, and who spoke before and after, over the whole recording at once.

A turn that sounds nearly as much like the one as like the other belongs to none by sound alone (`MIN_MARGIN`). Where it
is known which voice is staff and which a citizen, sound, words and order together often tell. They are weighed as in a
hidden Markov model with two states (Rabiner 1989, forward and backward): nothing is decided one turn after the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from speechaudit.model import Recording, Role, Segment, Transcript
from speechaudit.speakers.assign import assign_speakers
from speechaudit.speakers.perhaps import settle_voices
from speechaudit.speakers.roles import ANSWERED_ODDS, assign_roles, was_answered
from speechaudit.speakers.turns import MIN_MARGIN, Resemblance, SpeakerTurn, Voices, nearby
from speechaudit.speakers.wording import weigh_wording
from speechaudit.text import letters

SURE: Final = 0.95  # how probable a side must be
SOUND_WEIGHT: Final = 25.0  # log-odds for a difference of cosines of 1 in a whole window: fitted
WHOLE: Final = 1.5  # seconds of a window; a shorter turn tells less
SHORTEST: Final = 0.7  # seconds; the window of a shorter turn holds much of its neighbours
MOST_ODDS: Final = 5.0  # log-odds that the sound or the words of one turn have at most
LEAST_LIKENESS: Final = 0.5  # a turn that is less like its voice may be a stranger's, whatever stands around it
# How probable it is that the same side goes on: without a pause, behind one, and behind a longer one.
GOES_ON, AFTER_PAUSE, AFTER_SILENCE = 0.85, 0.65, 0.5
PAUSE, SILENCE = 0.05, 2.0  # seconds
LEAST_CHARACTERS: Final = 4  # under so many a text has no side
SIDES: Final[Mapping[Role, int]] = {"staff": 1, "citizen": -1}


def roles_by_voice(
    said: Transcript,
    voices: Voices,
    recording: Recording,
    labelled: Callable[[Transcript], Transcript],
    alike: Resemblance | None = None,
) -> Transcript:
    """Return the transcript of one channel with voices and roles; `labelled` gives segments their learned sides.

    `alike` says which voice is that of a profile. Doubtful turns get their voice once it is known who is staff, and
    roles are told once more.
    """

    def read(heard: Voices) -> Transcript:
        return labelled(assign_speakers(said, heard))

    settled = settle_voices(read(voices.alternative), voices) if voices.alternative and not alike else voices
    first = assign_roles(read(settled), recording, 1, alike)
    whole = settle_turns(first, settled, ANSWERED_ODDS if was_answered(recording) else 0.0)
    return first if whole == settled else assign_roles(read(whole), recording, 1, alike)


def settle_turns(said: Transcript, voices: Voices, answered: float = 0.0) -> Voices:
    """Return the voices with those doubtful turns assigned that sound, words and order tell.

    `said` has these voices, labels and roles; `answered` is the log-odds that staff are heard first. Where not both
    sides are known, or there is another reading, nothing is changed.
    """
    side = _sides(said)
    if set(side.values()) != {1, -1} or voices.alternative is not None:
        return voices
    own = [_odds(turn, said, side) for turn in voices.turns]
    odds = _posterior(voices.turns, [own[0] + answered, *own[1:]])
    turns = zip(voices.turns, odds, strict=True)
    return replace(voices, turns=tuple(_settled(turn, told, voices.turns, side) for turn, told in turns))


def _sides(said: Transcript) -> dict[int, int]:
    """Return 1 for each voice that is staff, -1 for each that is a citizen, by its number."""
    numbers = {segment.speaker: int(segment.speaker[1:]) - 1 for segment in said.segments if segment.speaker}
    known = ((numbers[own.speaker], SIDES[own.role]) for own in said.segments if own.speaker and own.role in SIDES)
    return dict(known)


def _odds(turn: SpeakerTurn, said: Transcript, side: Mapping[int, int]) -> float:
    """Log-odds for staff by sound, and where that leaves doubt by the words that nobody has."""
    told = max(0.0, turn.margin) * min(1.0, turn.duration / WHOLE)
    sound = _bounded(side.get(turn.voice, 0) * SOUND_WEIGHT * told)
    if turn.margin >= MIN_MARGIN:
        return sound
    return sound + _bounded(sum(_share(own, turn) for own in nearby(said.segments, turn) if own & turn))


def _share(segment: Segment, turn: SpeakerTurn) -> float:
    """Log-odds of words without a voice, as far as they lie in this turn."""
    if segment.speaker or segment.role != "unknown" or len(letters(segment.text)) < LEAST_CHARACTERS:
        return 0.0
    return weigh_wording([segment]).odds * segment.overlap(turn) / max(segment.duration, turn.overlap(segment))


def _bounded(odds: float) -> float:
    return max(-MOST_ODDS, min(MOST_ODDS, odds))


def _posterior(turns: Sequence[SpeakerTurn], odds: Sequence[float]) -> list[float]:
    """Return the log-odds of each turn with what stands before and behind it."""
    gaps = [two.start - one.end for one, two in pairwise(turns)]
    before = _messages(odds, gaps)
    behind = _messages(odds[::-1], gaps[::-1])[::-1]
    return [own + one + two for own, one, two in zip(odds, before, behind, strict=True)]


def _messages(odds: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Return what all earlier turns tell of each, as log-odds."""
    told = [0.0]
    for own, gap in zip(odds, gaps, strict=False):
        same = GOES_ON if gap < PAUSE else AFTER_PAUSE if gap < SILENCE else AFTER_SILENCE
        staff = 1 / (1 + math.exp(-(own + told[-1])))
        next_staff = same * staff + (1 - same) * (1 - staff)
        told.append(math.log(next_staff / (1 - next_staff)))
    return told


def _settled(turn: SpeakerTurn, odds: float, turns: Sequence[SpeakerTurn], side: Mapping[int, int]) -> SpeakerTurn:
    """The turn with a voice of the side that it surely has; as it was if it had one, is short, or like nobody."""
    doubtful = turn.margin < MIN_MARGIN and turn.voice in side
    telling = turn.likeness >= LEAST_LIKENESS and turn.duration >= SHORTEST
    if not (doubtful and telling) or abs(odds) < math.log(SURE / (1 - SURE)):
        return turn
    told = 1 if odds > 0 else -1
    if side[turn.voice] == told:
        return replace(turn, margin=MIN_MARGIN)
    others = [own for own in nearby(turns, turn) if own.margin >= MIN_MARGIN and side.get(own.voice) == told]
    if not others:
        return turn
    nearest = min(others, key=lambda own: abs(own.start - turn.start))
    return replace(turn, voice=nearest.voice, margin=MIN_MARGIN)
