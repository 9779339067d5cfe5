"""Voices of one service after another: what is one voice in all of a recording may be two in a stretch of it.

Four people in three minutes, three of them for ten seconds each, are too many for the clusters of the whole. Between
two pauses there are seldom more than two. Pure numbers, no sound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from speechaudit.model import Span
from speechaudit.speakers.cluster import MAX_RATIO, MAX_RATIO_SIMILAR, mean_likeness, two_clusters, unit_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Places = NDArray[np.intp]

PAUSE = 8.0  # seconds without speech between two stretches
OWN_SHARE = 0.85  # share of the windows of a stretch from which on it has one voice
# Windows from which on a stretch may be cut in two. Of one person cut in two, nine windows had a ratio of 0.82 or more
# in 50 of 52 cases, fourteen in all 23, twenty 0.93 or more in all 9.
MIN_WINDOWS, MIN_WINDOWS_SIMILAR = 9, 16


@dataclass(frozen=True, slots=True)
class VoiceReading:
    """Which voices there are, and where.

    `centres` has shape (voices, 192); `stretches` holds the numbers of the windows of each stretch, `own` the voices
    that may speak there, `cut` which stretches have two that were taken for one.
    """

    centres: Floats
    stretches: tuple[tuple[int, ...], ...]
    own: tuple[tuple[int, ...], ...]
    cut: tuple[int, ...] = ()


def whole_reading(windows: Sequence[Span], centres: Floats) -> VoiceReading:
    """Return the reading in which every voice may speak everywhere; stretches are parted by pauses."""
    found: list[list[int]] = []
    for number, window in enumerate(windows):
        if not found or window.start - windows[number - 1].end >= PAUSE:
            found.append([])
        found[-1].append(number)
    return VoiceReading(centres, tuple(map(tuple, found)), (tuple(range(len(centres))),) * len(found))


def surely_apart(reading: VoiceReading, embeddings: Floats, clear: Sequence[bool]) -> VoiceReading:
    """Return the reading in which stretches of one voice are cut in two where these surely are two people.

    `embeddings` are those of all windows, shape (windows, 192); only `clear` ones take part.
    """
    cut = _cut(reading, embeddings, clear, MAX_RATIO[2], MIN_WINDOWS)
    spoken = sorted({voice for own in cut.own for voice in own})
    own = tuple(tuple(spoken.index(voice) for voice in voices) for voices in cut.own)
    return replace(cut, centres=cut.centres[spoken], own=own)


def perhaps_apart(reading: VoiceReading, embeddings: Floats, clear: Sequence[bool]) -> VoiceReading:
    """Return the reading in which they are cut in two where sound cannot rule out two.

    Known voices keep their number; it is `reading` itself where nothing is to be cut.
    """
    return _cut(reading, embeddings, clear, MAX_RATIO_SIMILAR, MIN_WINDOWS_SIMILAR)


def _cut(reading: VoiceReading, embeddings: Floats, clear: Sequence[bool], limit: float, least: int) -> VoiceReading:
    import numpy as np

    heard = [np.array([i for i in stretch if clear[i]], np.intp) for stretch in reading.stretches]
    voices = [_voices(embeddings[own], reading.centres, named) for own, named in zip(heard, reading.own, strict=True)]
    halves: dict[int, tuple[Places, Places]] = {}
    for number, (own, named) in enumerate(zip(heard, voices, strict=True)):
        whole = number not in reading.cut and len(own) >= least
        if (
            whole
            and np.bincount(named).max() >= OWN_SHARE * len(named)
            and (two := two_clusters(embeddings[own], limit))
        ):
            halves[number] = own[two[0]], own[two[1]]
    others = [i for i in range(len(heard)) if i not in halves]
    known = {
        voice: np.concatenate([np.zeros(0, np.intp), *(heard[i][voices[i] == voice] for i in others)])
        for voice in range(len(reading.centres))
    }
    return _joined(reading, embeddings, known, halves) if halves else reading


def _voices(embeddings: Floats, centres: Floats, own: tuple[int, ...]) -> Places:
    """The voice of each window, one of `own`."""
    import numpy as np

    found: Places = np.array(own, np.intp)[(embeddings @ centres[list(own)].T).argmax(axis=1)]
    return found


def _joined(
    reading: VoiceReading, embeddings: Floats, known: Mapping[int, Places], halves: Mapping[int, tuple[Places, Places]]
) -> VoiceReading:
    """The reading with the halves of stretches as voices: those that they are alike, else new ones."""
    import numpy as np

    parts = [embeddings[part] for part in (*known.values(), *(half for two in halves.values() for half in two))]
    home = [-1] * len(known) + [number for number in halves for _ in range(2)]
    voice_of = _alike(parts, home)
    numbers = sorted({*range(len(known)), *voice_of})
    heard = tuple(numbers.index(voice) for voice in sorted({voice_of[i] for i, part in enumerate(parts) if len(part)}))
    own = [tuple(voice for voice in voices if len(known[voice])) or heard for voices in reading.own]
    for number in halves:
        own[number] = tuple(numbers.index(voice_of[k]) for k in range(len(home)) if home[k] == number)
    sums = [sum(parts[i].sum(axis=0) for i in range(len(parts)) if voice_of[i] == voice) for voice in numbers]
    centres = [total if np.any(total) else reading.centres[voice] for voice, total in zip(numbers, sums, strict=True)]
    return VoiceReading(unit_vectors(np.stack(centres)), reading.stretches, tuple(own), tuple(halves))


def _alike(parts: Sequence[Floats], home: Sequence[int]) -> list[int]:
    """For each part the first part of the same voice, the likest joined first; those of one home are different."""
    import numpy as np

    within = mean_likeness(parts)
    sums = np.stack([part.sum(axis=0) for part in parts])
    sizes = np.array([[max(1, len(part))] for part in parts])
    apart = np.equal.outer(home, home)
    voice_of = list(range(len(parts)))
    for _ in parts:
        likeness = np.where(apart, 0.0, (sums / sizes) @ (sums / sizes).T / within)
        one, two = sorted(map(int, divmod(int(likeness.argmax()), len(parts))))
        if likeness[one, two] < MAX_RATIO[2]:
            break
        sums[one], sizes[one] = sums[one] + sums[two], sizes[one] + sizes[two]
        sums[two], apart[one] = 0.0, apart[one] | apart[two]
        apart[:, one] = apart[one]
        voice_of = [one if voice == two else voice for voice in voice_of]
    return voice_of
