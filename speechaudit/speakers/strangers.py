"""Words on the staff's side in a voice to whom the other side never speaks: an announcement, or somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from speechaudit.model import Leg, Segment, Span, StrangeVoice, Transcript
from speechaudit.speakers.clause_odds import FindTelltales
from speechaudit.speakers.cluster import mean_voice, unit_vectors
from speechaudit.speakers.machines import mark_announcements
from speechaudit.speakers.samples import SampleReader

# Cosine of the voice of some words and the most alike of those that the other side talks with, up to which it is
# another's. One person has 0.75 and more, another 0.44 to 0.61, made voices 0.64 to 0.70.
UNLIKE = 0.68
WINDOW, STEP = 1.5, 0.75
SHORTEST = WINDOW + STEP  # seconds of words that are compared
LEAST = 4  # windows of those whom the other side talks with
MOST = 24  # windows of them that are heard
PAUSE = 1.0  # seconds before words behind the last answer, or amid those of the staff


def tell_strangers(
    transcript: Transcript, sides: Sequence[SampleReader], find: FindTelltales, legs: Sequence[Leg]
) -> Transcript:
    """Return the transcript of a call in which a voice with which the other side never talks is likely a machine's.

    `sides` are the channels, of which each is a party. Raises ModelError if the network cannot be loaded.
    """
    strange = strange_voices(transcript, sides)
    return mark_announcements(transcript, find, "phone", legs, strange) if strange else transcript


def strange_voices(transcript: Transcript, sides: Sequence[SampleReader]) -> tuple[StrangeVoice, ...]:
    """Return the words on the staff's side in a voice with which the other side never talks.

    `sides` are the channels. Only what stands apart from the talk is compared, so in most calls nothing is.
    Raises ModelError if the network cannot be loaded.
    """
    said = [segment for segment in transcript.segments if segment.role != "machine"]
    found = (each for channel, sound in enumerate(sides) for each in _strange(said, channel, sound))
    return tuple(found)


def _strange(said: Sequence[Segment], channel: int, sound: SampleReader) -> Iterator[StrangeVoice]:
    from speechaudit.speakers.embed import embed

    apart, talking = unanswered(said, channel)
    windows = [window for segment in talking for window in _windows(segment)][:MOST]
    if not apart or len(windows) < LEAST:
        return
    heard = embed(sound, windows)
    known = unit_vectors(heard[:-1] + heard[1:])  # one window alone is noisy
    for segment in apart:
        own = mean_voice(embed(sound, list(_windows(segment))[:MOST]))
        if float((known @ own).max()) <= UNLIKE:
            yield StrangeVoice(start=segment.start, end=segment.end, channel=channel)


def unanswered(said: Sequence[Segment], channel: int) -> tuple[list[Segment], list[Segment]]:
    """Return the staff's words of a channel that stand apart from the talk, and those in the talk, both ordered.

    In the talk are words right before or behind the other side's. Apart stands what is long enough to have a voice and
    lies before the staff's own first words, or behind others of the staff's after a pause.
    """
    mine = [segment.channel == channel and segment.role != "citizen" for segment in said]
    if not any(mine) or all(mine):
        return [], []
    first = mine.index(False)
    apart, talking = [], []
    for at, segment in enumerate(said):
        if not mine[at]:
            continue
        if not all(mine[max(0, at - 1) : at + 2]):
            talking.append(segment)
        elif segment.duration >= SHORTEST and (at < first or segment.start - said[at - 1].end >= PAUSE):
            apart.append(segment)
    return apart, talking


def _windows(segment: Segment) -> Iterator[Span]:
    """Yield windows over a segment; none where it is shorter than one."""
    steps = int((segment.duration - WINDOW) / STEP) + 1 if segment.duration >= WINDOW else 0
    yield from (Span(start=segment.start + k * STEP, end=segment.start + k * STEP + WINDOW) for k in range(steps))
