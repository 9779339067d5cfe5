"""Joins what was said (words with times) with who was heard (turns): segments are cut where the voice changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from speechaudit.checkpoint import NO_CHECKPOINT, Checkpoint
from speechaudit.model import Segment, Span, Transcript, Word, with_words
from speechaudit.speakers.samples import SampleReader
from speechaudit.speakers.turns import MIN_MARGIN, SpeakerTurn, Voices, covered_share, nearby, speaker_label

Progress = Callable[[float], None]
MAX_DISTANCE = 0.5  # seconds that a word may lie beside the turn it belongs to: recognisers time words loosely
MIN_MAIN_SHARE = 0.8  # share of a segment without word times that one voice must hold
MAX_SNAP = 0.45  # seconds that a cut may move to the end of a sentence
SENTENCE_ENDS = "。？！?!"
MAX_VOICES = 3
MIN_OVERLAP = 0.5  # seconds that two speak at once after which the words of neither are surely theirs
MAX_WORD_OVERLAP = 0.5  # share of a word


def hear_voices(
    sound: SampleReader,
    most: int = MAX_VOICES,
    *,
    progress: Progress = lambda _: None,
    checkpoint: Checkpoint = NO_CHECKPOINT,
) -> Voices:
    """Return the voices of one channel: at most `most` (<= 4) within a few minutes, any number in hours.

    `progress` gets the fraction done. `checkpoint` holds what was finished before; further pieces are put there.
    Raises ModelError if a network cannot be loaded.
    """
    from speechaudit.speakers.diarize import diarize

    return diarize(sound, most, progress, checkpoint)


def assign_speakers(transcript: Transcript, voices: Voices) -> Transcript:
    """Return the transcript with the voice of each segment ("S1" is heard most), cut where the voice changes.

    `voices` are those of the sound that the transcript was made from. Where the voice is in doubt or two speak at once
    `speaker` stays None.
    """
    pieces = [piece for segment in transcript.segments for piece in _cut(segment, voices)]
    return replace(transcript, segments=tuple(sorted(pieces, key=lambda piece: piece.start)))


def _cut(segment: Segment, voices: Voices) -> Iterator[Segment]:
    turns = nearby(voices.turns, segment)
    together = nearby(voices.overlaps, segment)
    if not segment.words:
        yield _with_overlap(replace(segment, speaker=_label_or_none(_main_voice(segment, turns))), together)
        return
    long = [span for span in together if span.duration >= MIN_OVERLAP]
    heard = _at_sentence_ends(segment.words, [_voice_at(word, turns) for word in segment.words], turns)
    owners = [
        (voice, covered_share(word, long) > MAX_WORD_OVERLAP) for word, voice in zip(segment.words, heard, strict=True)
    ]
    groups = [list(group) for _, group in groupby(zip(segment.words, owners, strict=True), key=lambda pair: pair[1])]
    for group in groups:
        voice, both = group[0][1]
        words = [word for word, _ in group]
        piece = segment if len(groups) == 1 else with_words(segment, words)
        yield _with_overlap(replace(piece, speaker=None if both else _label_or_none(voice)), together)


def _with_overlap(segment: Segment, together: Sequence[Span]) -> Segment:
    return replace(segment, overlapped=round(covered_share(segment, together), 3))


def _label_or_none(voice: int | None) -> str | None:
    return None if voice is None else speaker_label(voice)


def _voice_at(span: Span, turns: Iterable[SpeakerTurn]) -> int | None:
    """The voice of the turn that shares most with `span`, else of the nearest one; None if in doubt or far from all."""
    best = max(turns, key=lambda turn: (turn.overlap(span), -_distance(turn, span)), default=None)
    if best is None or best.margin < MIN_MARGIN or _distance(best, span) > MAX_DISTANCE:
        return None
    return best.voice


def _distance(one: Span, two: Span) -> float:
    return max(0.0, one.start - two.end, two.start - one.end)


def _main_voice(segment: Segment, turns: Sequence[SpeakerTurn]) -> int | None:
    """The voice that surely holds nearly all of a segment, or None."""
    shares: dict[int | None, float] = {}
    for turn in turns:
        voice = turn.voice if turn.margin >= MIN_MARGIN else None
        shares[voice] = shares.get(voice, 0.0) + turn.overlap(segment)
    total = sum(shares.values())
    if not total:
        return _voice_at(segment, turns)
    voice = max(shares, key=lambda name: shares[name])
    return voice if shares[voice] >= MIN_MAIN_SHARE * total else None


def _at_sentence_ends(
    words: Sequence[Word], voices: Sequence[int | None], turns: Sequence[SpeakerTurn]
) -> list[int | None]:
    """Move each change of voice to the end of a sentence one word away: people rarely take over within one."""
    changes = [two.start for one, two in pairwise(turns) if one.voice != two.voice]
    moved = list(voices)
    for i in range(1, len(words)):
        if voices[i] == voices[i - 1] or _ends_sentence(words[i - 1]) or not changes:
            continue
        change = min(changes, key=lambda time: abs(time - words[i].start))
        nearby = {abs(words[k].end - change): k for k in (i - 2, i) if k >= 0 and _ends_sentence(words[k])}
        if nearby and min(nearby) <= MAX_SNAP:
            later = nearby[min(nearby)] == i
            moved[i - 1 + later] = voices[i - later]
    return moved


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip()[-1:] in SENTENCE_ENDS if word.text.strip() else False
