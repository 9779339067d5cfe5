"""Joins what was said (words with times) with who was heard (turns): segments are cut where the voice changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from statistics import geometric_mean

from speechaudit.model import Segment, Span, Transcript, Word
from speechaudit.speakers.turns import Turn

MIN_MARGIN = 0.1  # a turn that sounds this much like two voices belongs to none
NEAR = 0.5  # seconds that a word may lie beside the turn it belongs to: recognisers time words loosely
ONE_VOICE = 0.8  # share of a segment without word times that one voice must hold
SNAP = 0.45  # seconds that a cut may move to the end of a sentence
STOPS = "。？！?!"
MOST_VOICES = 3


def assign_speakers(transcript: Transcript, wav: Path, most: int = MOST_VOICES) -> Transcript:
    """Says for every segment which voice speaks ("S1" is heard most), and cuts segments where the voice changes.

    `wav` is the sound that the transcript was made from: 16 kHz, mono, 16 bit. At most `most` voices are told apart.
    Where the voice is in doubt `speaker` stays None. Raises AudioError if the wav cannot be used, ModelError if the
    network cannot be loaded.
    """
    from speechaudit.speakers.diarize import diarize

    return cut_at_turns(transcript, diarize(wav, most))


def cut_at_turns(transcript: Transcript, turns: Sequence[Turn]) -> Transcript:
    """The transcript with its segments cut at the changes of voice in `turns` (ordered, not overlapping)."""
    pieces = [piece for segment in transcript.segments for piece in _cut(segment, turns)]
    return replace(transcript, segments=tuple(sorted(pieces, key=lambda piece: piece.start)))


def _cut(segment: Segment, turns: Sequence[Turn]) -> Iterator[Segment]:
    if not segment.words:
        yield replace(segment, speaker=_name(_main_voice(segment, turns)))
        return
    voices = _at_sentence_ends(segment.words, [_voice_at(word, turns) for word in segment.words], turns)
    groups = [list(group) for _, group in groupby(zip(segment.words, voices, strict=True), key=lambda pair: pair[1])]
    if len(groups) == 1:
        yield replace(segment, speaker=_name(voices[0]))
        return
    for group in groups:
        yield _piece(segment, [word for word, _ in group], group[0][1])


def _piece(segment: Segment, words: Sequence[Word], voice: int | None) -> Segment:
    return replace(
        segment,
        start=words[0].start,
        end=max(word.end for word in words),
        text="".join(word.text for word in words).strip(),
        words=tuple(words),
        speaker=_name(voice),
        confidence=geometric_mean(max(word.confidence, 1e-6) for word in words),
    )


def _name(voice: int | None) -> str | None:
    return None if voice is None else f"S{voice + 1}"


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
