"""One voice or several on the staff's side of a call: colleagues take over once or twice, not by turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from speechaudit.model import Segment, Span, Transcript
from speechaudit.speakers.cluster import unit_vectors
from speechaudit.speakers.samples import SampleReader
from speechaudit.speakers.turns import MIN_MARGIN, speaker_label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# Likeness of the voices before and after a moment over likeness within each: up to OTHER they are two people's, from
# SAME on one's. Between them nobody can say. Measured by `bench.parts`: docs/decisions/parts-of-a-service.md.
OTHER, SAME = 0.75, 0.88
LEAST = 4  # windows on each side of a change
WINDOW, STEP = 1.5, 0.75
BRIEF = 0.6  # seconds of the shortest words that may be compared with voices that are known


def tell_colleagues(transcript: Transcript, sides: Sequence[SampleReader | None]) -> Transcript:
    """Return the transcript with the voice of each segment of the staff where each channel is a party.

    `sides` are the channels; where a channel is at hand, "S1" is who spoke there first. Where it is in doubt whether
    one or several spoke, nobody's voice is told. Raises ModelError if the network cannot be loaded.
    """
    said, voices = transcript.segments, dict[int, str | None]()
    for channel, sound in enumerate(sides):
        mine = [n for n, segment in enumerate(said) if segment.channel == channel and segment.role == "staff"]
        if sound is not None and mine:
            voices |= _told(sound, said, mine)
    return replace(transcript, segments=tuple(_with_voice(segment, voices.get(n)) for n, segment in enumerate(said)))


def _told(sound: SampleReader, said: Sequence[Segment], mine: Sequence[int]) -> dict[int, str | None]:
    from speechaudit.speakers.embed import embed

    windows = [(n, window) for n in mine for window in _windows(said[n])]
    owners, embeddings = [n for n, _ in windows], embed(sound, [window for _, window in windows])
    voices = voices_of(owners, embeddings)
    if len({voice for voice in voices.values() if voice}) < 2:
        return voices
    voices |= dict(enclosed(mine, voices))
    brief = [n for n in mine if n not in voices and said[n].duration >= BRIEF]
    return voices | likened(brief, embed(sound, [said[n] for n in brief]), [voices.get(n) for n in owners], embeddings)


def enclosed(mine: Sequence[int], voices: Mapping[int, str | None]) -> Iterator[tuple[int, str | None]]:
    """Yield those of too few words to be told that lie between words of one voice, and the voice."""
    told = [n for n in mine if n in voices]
    for before, after in pairwise(told):
        if voices[before] == voices[after]:
            yield from ((n, voices[before]) for n in mine if before < n < after)


def likened(
    brief: Sequence[int], heard: Floats, known: Sequence[str | None], embeddings: Floats
) -> dict[int, str | None]:
    """Return which of several known voices each of `brief` sounds like, clearly more than like any other, or None.

    `heard` are their embeddings, one a row; `known` the voices of the rows of `embeddings`, two or more.
    """
    import numpy as np

    names = sorted({name for name in known if name})
    rows = ([at for at, one in enumerate(known) if one == name] for name in names)
    centres = np.stack([embeddings[own].mean(axis=0) for own in rows])
    likeness = heard @ unit_vectors(centres).T
    second, best = np.sort(likeness, axis=1)[:, -2:].T
    chosen = zip(brief, likeness.argmax(axis=1), best - second >= MIN_MARGIN, strict=True)
    return {n: names[at] if clear else None for n, at, clear in chosen}


def _with_voice(segment: Segment, voice: str | None) -> Segment:
    return segment if voice is None else replace(segment, speaker=voice)


def _windows(segment: Segment) -> Iterator[Span]:
    """Yield windows of 1.5 s over a segment; none where it is shorter, for that tells nothing of a voice."""
    steps = int((segment.duration - WINDOW) / STEP) + 1 if segment.duration >= WINDOW else 0
    yield from (Span(start=segment.start + k * STEP, end=segment.start + k * STEP + WINDOW) for k in range(steps))


def voices_of(owners: Sequence[int], embeddings: Floats) -> dict[int, str | None]:
    """Return the voice of each owner of windows, None where it is in doubt.

    `owners` has the number of the segment of each row of `embeddings` (unit vectors), in order of time. Those who own
    the last rows are left out where several voices are told: no cut could be made so close to the end.
    """
    cuts = [0, *_changes(owners, embeddings, 0, len(owners)), len(owners)]
    late = {n for at, n in _starts(owners) if at > len(owners) - LEAST}
    if len(cuts) == 2:
        one = likeness_of_best_cut(owners, embeddings) >= SAME
        return {n: speaker_label(0) if one and n not in late else None for n in owners}
    found: dict[int, str | None] = {}
    known: list[Floats] = []
    for first, last in pairwise(cuts):
        voice = _voice(known, owners[first:last], embeddings[first:last])
        found |= dict.fromkeys(owners[first:last], None if voice is None else speaker_label(voice))
    return {n: voice for n, voice in found.items() if n not in late}


def _voice(known: list[Floats], owners: Sequence[int], own: Floats) -> int | None:
    """Return which of the voices that are known a stretch is of, a new one if of none, and None where in doubt."""
    if min((ratio for _, ratio in _cuts(owners, own, 0, len(owners))), default=1.0) < SAME:
        return None
    ratios = [ratio_of(one, own) for one in known]
    if not ratios or max(ratios) <= OTHER:
        known.append(own)
        return len(known) - 1
    return ratios.index(max(ratios)) if max(ratios) >= SAME else None


def _starts(owners: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first row of each owner."""
    yield from ((at, n) for at, n in enumerate(owners) if not at or owners[at - 1] != n)


def likeness_of_best_cut(owners: Sequence[int], embeddings: Floats) -> float:
    """Return the least likeness of what lies before and after a cut between segments; 0 where none can be made."""
    return min((ratio for _, ratio in _cuts(owners, embeddings, 0, len(owners))), default=0.0)


def _changes(owners: Sequence[int], embeddings: Floats, first: int, last: int) -> list[int]:
    """Return the rows at which another voice begins, ordered: the clearest cut, and then those on either side of it."""
    at, ratio = min(_cuts(owners, embeddings, first, last), key=lambda cut: cut[1], default=(0, 1.0))
    if ratio > OTHER:
        return []
    return [*_changes(owners, embeddings, first, at), at, *_changes(owners, embeddings, at, last)]


def _cuts(owners: Sequence[int], embeddings: Floats, first: int, last: int) -> Iterator[tuple[int, float]]:
    for at in range(first + LEAST, last - LEAST + 1):
        if owners[at] != owners[at - 1]:
            yield at, ratio_of(embeddings[first:at], embeddings[at:last])


def ratio_of(one: Floats, two: Floats) -> float:
    """Return the likeness between two sets of unit vectors over that within them."""
    between = float(one.mean(axis=0) @ two.mean(axis=0))
    sizes = len(one), len(two)
    within = sum(size * _within(own) for size, own in zip(sizes, (one, two), strict=True)) / sum(sizes)
    return between / within if within > 0 else 1.0


def _within(own: Floats) -> float:
    size, total = len(own), own.sum(axis=0)
    return float((total @ total - size) / (size * (size - 1))) if size > 1 else 1.0
