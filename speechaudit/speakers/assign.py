"""Joins what was said (words with times) with who was heard (turns): segments are cut where the voice changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from statistics import geometric_mean

from speechaudit.model import Segment, Span, Transcript, Word
from speechaudit.pieces import NONE, Pieces
from speechaudit.speakers.turns import MIN_MARGIN, Turn, Voices, name, near, share_in

Progress = Callable[[float], None]
NEAR = 0.5  # seconds that a word may lie beside the turn it belongs to: recognisers time words loosely
ONE_VOICE = 0.8  # share of a segment without word times that one voice must hold
SNAP = 0.45  # seconds that a cut may move to the end of a sentence
STOPS = "。？！?!"
MOST_VOICES = 3
LONG = 0.5  # seconds that two speak at once after which the words of neither are surely theirs
HALF = 0.5  # share of a word


def hear_voices(
    wav: Path, most: int = MOST_VOICES, *, progress: Progress = lambda _: None, pieces: Pieces = NONE
) -> Voices:
    """The voices of a 16 kHz mono 16-bit wav: at most `most` (<= 4) within a few minutes, any number in hours.

    `progress` gets the fraction done, 0.0 to 1.0. `pieces` are those of the recording that were finished before;
    further ones are put there.
    Raises AudioError if the wav cannot be used, ModelError if a network cannot be loaded.
    """
    from speechaudit.speakers.diarize import diarize

    return diarize(wav, most, progress, pieces)


def assign_speakers(transcript: Transcript, voices: Voices) -> Transcript:
    """Says for every segment which voice speaks ("S1" is heard most), and cuts segments where the voice changes.

    `voices` are those of the sound that the transcript was made from. Where the voice is in doubt or two speak at once
    `speaker` stays None.
    """
    pieces = [piece for segment in transcript.segments for piece in _cut(segment, voices)]
    return replace(transcript, segments=tuple(sorted(pieces, key=lambda piece: piece.start)))


def _cut(segment: Segment, voices: Voices) -> Iterator[Segment]:
    turns = near(voices.turns, segment)
    together = near(voices.overlaps, segment)
    if not segment.words:
        yield _told(replace(segment, speaker=_name(_main_voice(segment, turns))), together)
        return
    long = [span for span in together if span.duration >= LONG]
    heard = _at_sentence_ends(segment.words, [_voice_at(word, turns) for word in segment.words], turns)
    owners = [(voice, share_in(word, long) > HALF) for word, voice in zip(segment.words, heard, strict=True)]
    groups = [list(group) for _, group in groupby(zip(segment.words, owners, strict=True), key=lambda pair: pair[1])]
    for group in groups:
        voice, both = group[0][1]
        words = [word for word, _ in group]
        piece = segment if len(groups) == 1 else _piece(segment, words)
        yield _told(replace(piece, speaker=None if both else _name(voice)), together)


def _told(segment: Segment, together: Sequence[Span]) -> Segment:
    return replace(segment, overlapped=round(share_in(segment, together), 3))


def _piece(segment: Segment, words: Sequence[Word]) -> Segment:
    return replace(
        segment,
        start=words[0].start,
        end=max(word.end for word in words),
        text="".join(word.text for word in words).strip(),
        words=tuple(words),
        confidence=geometric_mean(max(word.confidence, 1e-6) for word in words),
    )


def _name(voice: int | None) -> str | None:
    return None if voice is None else name(voice)


def _voice_at(span: Span, turns: Iterable[Turn]) -> int | None:
    """The voice of the turn that shares most with `span`, else of the nearest one; None if in doubt or far from all."""
    best = max(turns, key=lambda turn: (turn.overlap(span), -_distance(turn, span)), default=None)
    if best is None or best.margin < MIN_MARGIN or _distance(best, span) > NEAR:
        return None
    return best.voice


def _distance(one: Span, two: Span) -> float:
    return max(0.0, one.start - two.end, two.start - one.end)


def _main_voice(segment: Segment, turns: Sequence[Turn]) -> int | None:
    """The voice that holds nearly all of a segment, or None."""
    shares: dict[int, float] = {}
    for turn in turns:
        shares[turn.voice] = shares.get(turn.voice, 0.0) + turn.overlap(segment)
    total = sum(shares.values())
    if not total:
        return _voice_at(segment, turns)
    voice = max(shares, key=lambda name: shares[name])
    return voice if shares[voice] >= ONE_VOICE * total else None


def _at_sentence_ends(words: Sequence[Word], voices: Sequence[int | None], turns: Sequence[Turn]) -> list[int | None]:
    """Moves each change of voice to the end of a sentence one word away: people rarely take over within one."""
    changes = [two.start for one, two in pairwise(turns) if one.voice != two.voice]
    moved = list(voices)
    for i in range(1, len(words)):
        if voices[i] == voices[i - 1] or _ends_sentence(words[i - 1]) or not changes:
            continue
        change = min(changes, key=lambda time: abs(time - words[i].start))
        near = {abs(words[k].end - change): k for k in (i - 2, i) if k >= 0 and _ends_sentence(words[k])}
        if near and min(near) <= SNAP:
            later = near[min(near)] == i
            moved[i - 1 + later] = voices[i - later]
    return moved


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip()[-1:] in STOPS if word.text.strip() else False
