"""Where sound cannot say whether one person speaks or two who sound alike: the words decide, or nobody does."""

from __future__ import annotations

from dataclasses import replace

from speechaudit.model import Span, Transcript
from speechaudit.speakers.roles import words_separate_voices
from speechaudit.speakers.turns import Voices


def settle_voices(other: Transcript, voices: Voices) -> Voices:
    """Return the voices with their alternative in each doubtful stretch in which the words tell two people apart.

    `other` has the voices of the alternative, and labels. Where the words do not tell, one voice stays: of a whole
    recording as it was, for nobody is staff by it; of a stretch only what sounds like that voice elsewhere, and the
    rest is nobody's. The result has no alternative.
    """
    if voices.alternative is None:
        return voices
    known = {turn.voice for turn in voices.turns}
    turns = voices.turns
    for span in voices.doubtful:
        two = tuple(turn for turn in voices.alternative.turns if span & turn)
        if not words_separate_voices(_within(other, span)):
            if len(known) < 2:
                continue
            two = tuple(turn if turn.voice in known else replace(turn, margin=0.0) for turn in two)
        turns = (*(turn for turn in turns if not span & turn), *two)
    ordered = tuple(sorted(turns, key=lambda turn: turn.start))
    return replace(voices, turns=ordered, alternative=None, doubtful=())


def _within(transcript: Transcript, span: Span) -> Transcript:
    return replace(transcript, segments=tuple(segment for segment in transcript.segments if segment & span))
