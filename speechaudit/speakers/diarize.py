"""Who spoke when in one channel of sound: each window of speech goes to the voice that it sounds most like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from speechaudit.checkpoint import NO_CHECKPOINT, SHORTEST_KEPT, Checkpoint
from speechaudit.model import Span
from speechaudit.speakers.cluster import find_voices, link_voices, two_similar_voices
from speechaudit.speakers.embed import embed
from speechaudit.speakers.overlap import overlaps
from speechaudit.speakers.samples import SampleReader
from speechaudit.speakers.stretches import VoiceReading, perhaps_apart, surely_apart, whole_reading
from speechaudit.speakers.turns import MIN_MARGIN, SpeakerTurn, Voices

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Progress = Callable[[float], None]
WINDOW, STEP = 1.5, 0.75  # CAM++ tells voices apart well from 1.5 s on
FINE_WINDOW, FINE_STEP = 1.0, 0.2  # the second look at a change of voice
MIN_CLUSTERED_WINDOW = 1.0  # shorter windows do not take part in finding the voices
STRANGER_SIMILARITY = 0.4  # likeness of a window to a voice that is not its own
CHUNK_WINDOWS = 240  # windows in which voices are sought at a time: people come and go, and in three minutes few do
SAVED_FORMAT = 5  # of what is kept of a piece, and of how it was found
MIN_REGION = 0.2  # seconds of speech in which a voice may be looked for
_VOICES_FOUND = 0.7  # how far it is when each window has its voice


@dataclass(frozen=True, slots=True)
class _DiarizedChunk:
    """A part of a recording with its own voices, in the order of `centres`.

    `alternative` is the same part with two voices in the stretches `doubtful` of it, where one was found and sound
    alone cannot rule out two; other voices keep their places.
    """

    turns: tuple[SpeakerTurn, ...]
    centres: Floats
    alternative: _DiarizedChunk | None = None
    doubtful: tuple[Span, ...] = ()

    def saved(self) -> list[Any]:
        """Return the chunk as JSON holds it."""
        turns = [[t.start, t.end, t.voice, t.margin, t.likeness] for t in self.turns]
        doubtful = [[span.start, span.end] for span in self.doubtful]
        return [turns, self.centres.tolist(), self.alternative and self.alternative.saved(), doubtful]

    @classmethod
    def restored(cls, saved: list[Any]) -> _DiarizedChunk:
        """Return the chunk that was saved."""
        import numpy as np

        turns, centres, alternative, doubtful = saved
        return cls(
            turns=tuple(
                SpeakerTurn(start=start, end=end, voice=voice, margin=margin, likeness=likeness)
                for start, end, voice, margin, likeness in turns
            ),
            centres=np.array(centres, np.float32),
            alternative=alternative and cls.restored(alternative),
            doubtful=tuple(Span(start=start, end=end) for start, end in doubtful),
        )

    @property
    def seconds(self) -> list[float]:
        """Seconds for which each voice was surely heard."""
        sure = [turn for turn in self.turns if turn.margin >= MIN_MARGIN]
        return [sum(turn.duration for turn in sure if turn.voice == voice) for voice in range(len(self.centres))]


def diarize(
    sound: SampleReader, most: int, progress: Progress = lambda _: None, checkpoint: Checkpoint = NO_CHECKPOINT
) -> Voices:
    """Return who speaks when in one channel: at most `most` voices (<= 4) within a few minutes.

    Neighbouring turns may be of one voice: each keeps its own margin, so that doubt stays where it is. `progress` gets
    the fraction done; `checkpoint` holds what was finished before; further pieces are put there.
    Raises ModelError if a network cannot be loaded.
    """
    kept = checkpoint if sound.duration >= SHORTEST_KEPT else NO_CHECKPOINT
    regions = tuple(span for span in sound.speech if span.duration >= MIN_REGION)
    own = list(_diarized_chunks(sound, regions, most, lambda done: progress(_VOICES_FOUND * done), kept))
    together = overlaps(sound, regions, lambda done: progress(_VOICES_FOUND + (1 - _VOICES_FOUND) * done), kept)
    return _linked(own, together)


def _diarized_chunks(
    sound: SampleReader, regions: Sequence[Span], most: int, progress: Progress, kept: Checkpoint
) -> Iterator[_DiarizedChunk]:
    cut = _chunks(regions)
    for number, windows in enumerate(cut, 1):
        name = f"voices {number} of {len(cut)}, {most} at most, form {SAVED_FORMAT}"
        if (found := kept.get(name)) is None:
            piece = _diarized_chunk(sound, windows, most, alone=len(cut) == 1)
            kept.put(name, piece.saved())
        else:
            piece = _DiarizedChunk.restored(found)
        progress(number / len(cut))
        yield piece


def _chunks(regions: Sequence[Span]) -> list[list[Span]]:
    """The windows of all regions, parted between regions into pieces of about `CHUNK_WINDOWS`."""
    windows = [sliding_windows(region) for region in regions]
    total = sum(map(len, windows))
    count = max(1, round(total / CHUNK_WINDOWS))
    pieces: list[list[Span]] = [[] for _ in range(count)]
    before = 0
    for own in windows:
        pieces[before * count // total].extend(own)
        before += len(own)
    return [piece for piece in pieces if piece]


def _diarized_chunk(sound: SampleReader, windows: Sequence[Span], most: int, *, alone: bool) -> _DiarizedChunk:
    """One piece; only where it is the whole recording two voices are looked for that sound like one."""
    embeddings = embed(sound, windows)
    clear = [window.duration >= MIN_CLUSTERED_WINDOW for window in windows]
    kept = embeddings[clear] if any(clear) else embeddings

    def read(reading: VoiceReading) -> _DiarizedChunk:
        doubtful = tuple(_span_of([windows[i] for i in reading.stretches[cut]]) for cut in reading.cut)
        turns = _nearest_voices(windows, embeddings, reading)
        return _DiarizedChunk(tuple(_trimmed(sound, turns, reading.centres)), reading.centres, doubtful=doubtful)

    found = surely_apart(whole_reading(windows, find_voices(kept, most)), embeddings, clear)
    if not alone or most < 2:
        return read(found)
    if len(found.centres) > 1:
        other = perhaps_apart(found, embeddings, clear)
        return replace(read(found), alternative=read(other) if other is not found else None)
    two = two_similar_voices(kept)
    whole = None if two is None else replace(read(whole_reading(windows, two)), doubtful=(_span_of(windows),))
    return replace(read(found), alternative=whole)


def _span_of(windows: Sequence[Span]) -> Span:
    return Span(start=windows[0].start, end=windows[-1].end)


def _linked(pieces: Sequence[_DiarizedChunk], together: tuple[Span, ...]) -> Voices:
    """All pieces with one number for each voice; another reading goes on counting, and only a piece alone has one."""
    linked = link_voices([(piece.centres, piece.seconds) for piece in pieces])
    turns = (turn for own, piece in zip(linked.numbers, pieces, strict=True) for turn in _numbered(piece, own))
    other = next((piece.alternative for piece in pieces if piece.alternative), None)
    names = [*linked.numbers[0], *range(len(linked.numbers[0]), len(other.centres))] if other else []
    return Voices(
        turns=tuple(turns),
        overlaps=together,
        embeddings=tuple(tuple(row) for row in linked.embeddings.tolist()),
        seconds=tuple(linked.seconds),
        alternative=Voices(turns=tuple(_numbered(other, names)), overlaps=together) if other else None,
        doubtful=other.doubtful if other else (),
    )


def _numbered(piece: _DiarizedChunk, names: Sequence[int]) -> Iterator[SpeakerTurn]:
    return (replace(turn, voice=names[turn.voice]) for turn in piece.turns)


def sliding_windows(region: Span) -> tuple[Span, ...]:
    """Return windows of 1.5 s that cover `region` evenly, about 0.75 s apart; a short region is one window."""
    if region.duration <= WINDOW:
        return (region,)
    steps = max(1, round((region.duration - WINDOW) / STEP))
    step = (region.duration - WINDOW) / steps
    return tuple(Span(start=region.start + i * step, end=region.start + i * step + WINDOW) for i in range(steps + 1))


def _nearest_voices(windows: Sequence[Span], embeddings: Floats, reading: VoiceReading) -> list[SpeakerTurn]:
    """Each window with the voice that it sounds most like, of those that may speak there."""
    import numpy as np

    turns: list[SpeakerTurn] = []
    for stretch, own in zip(reading.stretches, reading.own, strict=True):
        likeness = embeddings[list(stretch)] @ reading.centres[list(own)].T
        order = np.sort(likeness, axis=1)
        margins = order[:, -1] - STRANGER_SIMILARITY
        if len(own) > 1:
            margins = np.minimum(margins, order[:, -1] - order[:, -2])
        named = zip((windows[i] for i in stretch), likeness.argmax(axis=1), margins, order[:, -1], strict=True)
        turns += [
            SpeakerTurn(start=at.start, end=at.end, voice=own[int(voice)], margin=float(margin), likeness=float(like))
            for at, voice, margin, like in named
        ]
    return turns


def _trimmed(sound: SampleReader, turns: Sequence[SpeakerTurn], centres: Floats) -> list[SpeakerTurn]:
    """Windows overlap: the border is half way, or where a second look finds the change of voice."""
    cut = list(turns)
    for i, (one, two) in enumerate(pairwise(turns)):
        if one.end > two.start:
            border = (one.end + two.start) / 2 if one.voice == two.voice else _change_point(sound, one, two, centres)
            cut[i], cut[i + 1] = replace(cut[i], end=border), replace(cut[i + 1], start=border)
    return cut


def _change_point(sound: SampleReader, one: SpeakerTurn, two: SpeakerTurn, centres: Floats) -> float:
    """The moment between the middles of two windows that best parts the first voice from the second."""
    import numpy as np

    first, last = (one.start + one.end) / 2, (two.start + two.end) / 2
    middles = np.arange(first + FINE_STEP / 2, last, FINE_STEP)
    embeddings = embed(
        sound, [Span(start=middle - FINE_WINDOW / 2, end=middle + FINE_WINDOW / 2) for middle in middles]
    )
    lead = embeddings @ (centres[one.voice] - centres[two.voice])
    gains = np.concatenate([[0.0], np.cumsum(lead)])
    return float(first + int(gains.argmax()) * FINE_STEP)
