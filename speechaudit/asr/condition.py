"""In which condition a recording is: which channels are worth hearing, how loud they are, and what limits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from speechaudit.asr.audio import LEAST_MISSING
from speechaudit.asr.channels import Comparison, compare
from speechaudit.asr.frames import mask_of, spans_of
from speechaudit.asr.losses import Losses, cut_off, losses
from speechaudit.asr.music import music
from speechaudit.asr.sound import FRAME, Decibels, Sound
from speechaudit.errors import AudioError
from speechaudit.model import Span
from speechaudit.reasons import Reason, because

SHORTEST = 1.0
SILENT = -65.0
_LIVELY = 5  # minutes
_INEXACT = 0.002  # share by which the length that a header states may be wrong
BLEED = 25.0  # decibels: what is so much quieter than the other channel is cross-talk in any recording
_LEAK_SPREAD = 6.0  # decibels by which a leak may be louder than usual
_ALMOST = 1.5, 0.001  # decibels and seconds by which two copies differ that are told as the same


@dataclass(frozen=True, kw_only=True)  # no slots: what is computed over hours of loudness is remembered
class Track:
    """One channel worth hearing: where it lies in the sound, and its loudness in decibels per `FRAME`.

    What is more than `bleed` decibels quieter than the other channel at that moment may be the other's. In its `gaps`
    sound was lost; `music` is where music is played, once somebody looked for it.
    """

    source: int
    loudness: Decibels
    bleed: float = BLEED
    gaps: tuple[Span, ...] = ()
    music: tuple[Span, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether nothing in it could be a voice."""
        return bool(self.loudness.max() < SILENT)

    @cached_property
    def level(self) -> float:
        """Loudness of the loud parts in decibels; in a conversation, that of the voice.

        Of hours in which people speak now and then only the liveliest minutes count, or it would be that of the noise.
        """
        lively = _liveliest(self.loudness)
        audible = lively[lively >= SILENT]
        return float(np.percentile(audible, 95)) if audible.size else SILENT

    @cached_property
    def background(self) -> float:
        """Loudness of the quietest tenth of the time in decibels; under steady noise, that of the noise."""
        return float(np.percentile(self.loudness, 10)) if len(self.loudness) else SILENT

    def loudest(self, span: Span) -> float:
        """Return the loudness of the loudest moment of a span in decibels."""
        inside = self.loudness[int(span.start / FRAME) : int(span.end / FRAME) + 1]
        return float(inside.max(initial=SILENT))


def _liveliest(loudness: Decibels) -> Decibels:
    """The minutes with the loudest parts: a twentieth of all, but five at least."""
    frames = int(60 / FRAME)
    minutes = len(loudness) // frames
    if minutes <= _LIVELY:
        return loudness
    each = loudness[: minutes * frames].reshape(minutes, frames)
    order = np.argsort(np.percentile(each, 95, axis=1))
    found: Decibels = each[order[-max(_LIVELY, minutes // 20) :]].ravel()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The tracks of a recording in channel order, and what limits them. `cut_off`: its end is missing."""

    tracks: tuple[Track, ...]
    limits: tuple[Reason, ...]
    cut_off: bool

    @property
    def gaps(self) -> tuple[Span, ...]:
        """Where sound was lost in any track, ordered; no two touch."""
        return self._together(gap for track in self.tracks for gap in track.gaps)

    @property
    def music(self) -> tuple[Span, ...]:
        """Where music is played in any track, ordered; no two touch."""
        return self._together(played for track in self.tracks for played in track.music)

    def _together(self, spans: Iterable[Span]) -> tuple[Span, ...]:
        return tuple(spans_of(mask_of(spans, max(len(track.loudness) for track in self.tracks))))

    def with_music(self, sound: Sound) -> Condition:
        """Return this condition after looking for music in every track."""
        return replace(self, tracks=tuple(replace(t, music=music(sound, t.source)) for t in self.tracks))


def inspect(sound: Sound) -> Condition:
    """Judge the sound before anybody listens. Raises `AudioError` if it is too short or silent."""
    if sound.duration < SHORTEST:
        raise AudioError(
            sound.path,
            f"录音太短(只有 {sound.duration:.2f} 秒)",
            "请确认录音完整,或跳过这个文件",
            code="audio-too-short",
        )
    tracks = tuple(Track(source=channel, loudness=sound.loudness(channel)) for channel in range(sound.channels))
    if all(track.silent for track in tracks):
        raise AudioError(
            sound.path, "录音没有声音(全程静音)", "请检查录音线路和增益,或确认选对了文件", code="audio-silent"
        )
    lost = {track.source: losses(sound, track.source, track.level) for track in tracks if not track.silent}
    ends = cut_off(tuple(lost.values()), sound.duration)
    limits = [*_incomplete(sound), *_lost(tuple(lost.values()), ends)]
    if sound.channels == 2:
        tracks, more = _compare(sound, tracks)
        limits += more
    return Condition(
        tracks=tuple(_with_gaps(track, lost.get(track.source), ends, sound.duration) for track in tracks),
        limits=tuple(limits),
        cut_off=_shorter_than_stated(sound) or not sound.info.complete or ends is not None,
    )


def _shorter_than_stated(sound: Sound) -> bool:
    return sound.duration < (1 - _INEXACT) * (sound.info.duration or 0.0) - LEAST_MISSING


def _with_gaps(track: Track, lost: Losses | None, ends: float | None, duration: float) -> Track:
    behind = () if ends is None else (Span(start=ends, end=duration),)
    return replace(track, gaps=((lost.gaps if lost else ()) + behind))


def _lost(found: Sequence[Losses], ends: float | None) -> Iterator[Reason]:
    """Yield what people are told of losses: the end, and drop-outs before it."""
    gaps = [gap for each in found for gap in each.gaps if ends is None or gap.start < ends]
    if ends is not None:
        yield because("ends-in-nothing", at=ends)
    if gaps:
        yield because("gaps", count=len(gaps), seconds=sum(gap.duration for gap in gaps))


def _incomplete(sound: Sound) -> Iterator[Reason]:
    stated = sound.info.duration
    if stated and _shorter_than_stated(sound):
        yield because("ends-early", stated=stated, read=sound.duration)
    elif not sound.info.complete:
        yield because("cut-off", read=sound.duration)
    elif sound.bad_packets:
        yield because("damaged", count=sound.bad_packets)


def _compare(sound: Sound, tracks: tuple[Track, ...]) -> tuple[tuple[Track, ...], list[Reason]]:
    silent = [track.source for track in tracks if track.silent]
    if silent:
        return tracks, [because("right-silent" if silent[0] else "left-silent")]
    found = compare(sound, [track.level for track in tracks])
    if found.one_sound:
        return (max(tracks, key=lambda track: track.level),), [_same_sound(found)]
    leaks = [found.leak(into=track.source) for track in tracks]
    told = [because("cross-talk", decibels=min(leak for leak in leaks if leak))] if any(leaks) else []
    return tuple(_with_leak(track, leak) for track, leak in zip(tracks, leaks, strict=True)), told


def _same_sound(found: Comparison) -> Reason:
    decibels, seconds = (abs(float(np.median(values[found.alike]))) for values in (found.balance, found.lag))
    if decibels < _ALMOST[0] and seconds < _ALMOST[1]:
        return because("dual-mono")
    return because("same-sound", decibels=round(decibels, 1), milliseconds=round(1000 * seconds, 1))


def _with_leak(track: Track, leak: float | None) -> Track:
    """The track, where more than usual leaks in; the other's words must not outweigh those of its own side."""
    return track if leak is None else replace(track, bleed=min(BLEED, max(0.0, leak - _LEAK_SPREAD)))


def with_living_sides(condition: Condition, voiced: Sequence[tuple[Span, ...]]) -> tuple[Condition, tuple[int, ...]]:
    """Return the condition without a side in which nobody speaks, and the numbers of the sides that are left.

    Where only one channel holds a voice, it may hold both parties: then no channel says who speaks.
    """
    living = tuple(channel for channel, spans in enumerate(voiced) if spans)
    if len(living) != 1 or len(voiced) == 1:
        return condition, tuple(range(len(voiced)))
    only = condition.tracks[living[0]]
    other = condition.tracks[1 - living[0]]
    hums = () if other.silent else (because("right-voiceless" if other.source else "left-voiceless"),)
    limits = (*condition.limits, *hums, because("not-by-channel"))
    return replace(condition, tracks=(only,), limits=limits), living
