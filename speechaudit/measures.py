"""Figures of one encounter that need no judgement: who spoke how long, how fast and loud, and how well it was heard.

Every name with its unit stands in docs/formats.md. A figure that cannot be had is left out, never set to nought.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import log10
from statistics import median

from speechaudit.model import Acoustics, Recording, Role, Segment, Transcript
from speechaudit.text import letters

PAUSE = 1.0  # seconds between two segments of one voice that are still one turn
SHORTEST = 0.1  # seconds of speech of which a rate can be told
LEAST_TURN = 1.0  # seconds of a turn that is long enough to have a rate and a loudness
FEWEST_TURNS = 3  # with fewer, a speaker has no usual loudness
CUT_IN = 0.5  # seconds of both speaking after which the later one has interrupted
_BACK_CHANNEL = re.compile(r"[嗯唔呃啊哦噢喔哎诶唉对好是的行哈呀吧]*")
_MOST_SNR = 60.0  # decibels: pauses without any sound say nothing finer
_ROLES: tuple[Role, ...] = ("staff", "citizen", "unknown")
_SIDES: tuple[Role, ...] = ("staff", "citizen")


def measure(transcript: Transcript, recording: Recording, minimum_confidence: float) -> dict[str, float]:
    """Return the figures by name, rounded to 0.01 (shares to 0.0001). `minimum_confidence` is of words, 0 to 1.

    Announcements count as `machine_seconds`, where there are any, and in nothing else. `ring_seconds` is there if
    somebody recorded it and the call came in: on calls to a citizen it is the citizen who lets it ring.
    """
    segments = transcript.people
    figures = dict(_lengths(segments))
    if transcript.announcements:
        figures["machine_seconds"] = _seconds(transcript.announcements)
    for role in _SIDES:
        figures |= _manner(role, [s for s in segments if s.role == role])
    figures |= _against(figures) | dict(_together(segments)) | dict(_quality(segments, minimum_confidence))
    if recording.ring_seconds is not None and recording.direction != "out":
        figures["ring_seconds"] = recording.ring_seconds
    return {name: round(value, 4 if name.endswith("_share") else 2) for name, value in figures.items()}


def turns(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Return the segments of one role as turns: what follows within `PAUSE` belongs together."""
    found: list[list[Segment]] = []
    for segment in segments:
        if found and segment.start - max(s.end for s in found[-1]) <= PAUSE:
            found[-1].append(segment)
        else:
            found.append([segment])
    return found


def _lengths(segments: Sequence[Segment]) -> Iterator[tuple[str, float]]:
    for role in _ROLES:
        yield f"{role}_seconds", _seconds(s for s in segments if s.role == role)
    if segments:
        yield "longest_silence", max((gap for gap in _gaps(segments)), default=0.0)


def _gaps(segments: Sequence[Segment]) -> Iterator[float]:
    """The times in which nobody speaks, between the first and the last word; 0.0 where speech follows on speech."""
    end = segments[0].end
    for segment in segments[1:]:
        yield max(0.0, segment.start - end)
        end = max(end, segment.end)


def _manner(role: Role, segments: Sequence[Segment]) -> dict[str, float]:
    """Return how fast and how loud one side speaks."""
    figures: dict[str, float] = {}
    long = [turn for turn in turns(segments) if _seconds(turn) >= LEAST_TURN]
    if _seconds(segments) >= SHORTEST:
        figures[f"{role}_characters_per_minute"] = _rate(segments)
    if long:
        figures[f"{role}_fastest_turn"] = max(_rate(turn) for turn in long)
    if (loudness := _loudness(segments)) is not None:
        figures[f"{role}_loudness"] = loudness
    levels = [level for turn in long if (level := _loudness(turn)) is not None]
    if len(levels) >= FEWEST_TURNS:
        figures[f"{role}_loudest_turn"] = max(levels) - median(levels)
    return figures


def _against(figures: dict[str, float]) -> dict[str, float]:
    """The staff compared with the citizen."""
    found: dict[str, float] = {}
    both = figures["staff_seconds"] + figures["citizen_seconds"]
    if both and not figures["unknown_seconds"]:
        found["staff_talk_share"] = figures["staff_seconds"] / both
    if "staff_loudness" in figures and "citizen_loudness" in figures:
        found["staff_louder_than_citizen"] = figures["staff_loudness"] - figures["citizen_loudness"]
    return found


def _together(segments: Sequence[Segment]) -> Iterator[tuple[str, float]]:
    """Yield overlap, and interruptions where each side has a channel: in one, voices hide each other."""
    sides = {role: [s for s in segments if s.role == role] for role in _SIDES}
    staff, citizen = ({s.channel for s in side} for side in sides.values())
    if not staff or not citizen:
        return
    if staff & citizen:
        shares = [(s.duration, s.overlapped) for s in segments if s.overlapped is not None]
        if shares:
            yield from _overlap(sum(seconds * share for seconds, share in shares), _seconds(segments))
        return
    overlap = sum(a.overlap(b) for a in sides["staff"] for b in sides["citizen"])
    yield from _overlap(overlap, _seconds(sides["staff"]) + _seconds(sides["citizen"]) - overlap)
    yield "interruptions_by_staff", _interruptions(sides["staff"], sides["citizen"])
    yield "interruptions_by_citizen", _interruptions(sides["citizen"], sides["staff"])


def _overlap(seconds: float, speech: float) -> Iterator[tuple[str, float]]:
    yield "overlap_seconds", seconds
    if speech > 0:
        yield "overlap_share", min(1.0, seconds / speech)


def _interruptions(by: Sequence[Segment], of: Sequence[Segment]) -> int:
    """Turns that begin while the other speaks and go on for `CUT_IN`; with 嗯, 对 and the like somebody listens."""
    return sum(not _is_back_channel(turn) and _cuts_in(turn, of) for turn in turns(by))


def _is_back_channel(turn: Sequence[Segment]) -> bool:
    return _BACK_CHANNEL.fullmatch("".join(letters(s.text) for s in turn)) is not None


def _cuts_in(turn: Sequence[Segment], others: Iterable[Segment]) -> bool:
    start, end = turn[0].start, max(s.end for s in turn)
    return any(o.start + CUT_IN <= start and min(o.end, end) - start >= CUT_IN for o in others)


def _quality(segments: Sequence[Segment], minimum_confidence: float) -> Iterator[tuple[str, float]]:
    """Yield how well those were heard who may be staff."""
    judged = [s for s in segments if s.role != "citizen"]
    heard = [(s.duration, s.acoustics) for s in judged if s.acoustics]
    if sum(seconds for seconds, _ in heard):
        yield "signal_to_noise", _weighted((seconds, _signal_to_noise(sound)) for seconds, sound in heard)
        yield "clipped_share", _weighted((seconds, sound.clipped) for seconds, sound in heard)
    sure = [w.confidence >= minimum_confidence for s in judged for w in s.words]
    if sure:
        yield "low_confidence_share", sure.count(False) / len(sure)


def _signal_to_noise(sound: Acoustics) -> float:
    """Decibels by which the voice alone is above the background: what was measured holds both."""
    voice = 10 ** (sound.level / 10) - 10 ** (sound.noise / 10)
    return min(_MOST_SNR, 10 * log10(max(voice, 1e-10)) - sound.noise) if voice > 0 else 0.0


def _weighted(pairs: Iterable[tuple[float, float]]) -> float:
    """The mean of values that each last for some seconds."""
    known = list(pairs)
    return sum(seconds * value for seconds, value in known) / sum(seconds for seconds, _ in known)


def _loudness(segments: Sequence[Segment]) -> float | None:
    """Loudness in LUFS of several segments, by their power; None if nobody measured."""
    known = [(s.duration, 10 ** (s.acoustics.loudness / 10)) for s in segments if s.acoustics and s.duration]
    power = _weighted(known) if known else 0.0  # a segment as short as a rounding error has none
    return 10 * log10(power) if power else None


def _rate(segments: Sequence[Segment]) -> float:
    """Characters per minute of speaking, without the pauses between segments."""
    return 60 * sum(len(letters(s.text)) for s in segments) / _seconds(segments)


def _seconds(segments: Iterable[Segment]) -> float:
    return sum((s.duration for s in segments), 0.0)
