"""Plays in, recordings out: speaks the plays, lays them onto a medium and writes the real times back into the play.

The pauses come from the times in the play, the lengths of the turns from the voices, so a second run changes nothing.
"""

from __future__ import annotations

import argparse
import json
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml
from acoustics import PHONE_RATE, ROOM_RATE, alaw, gain, key, level, ringing, room, telephone
from numpy.random import Generator
from plays import Play, Turn, read_play, write_play
from voices import RATE, THREADS, Kokoro, Samples, Voice

HERE = Path(__file__).parent
SAMPLES = HERE.parent
NUMBERS = ("ring_seconds", "staff_channel")
SPEECH_DB = -22.0
OPUS_COMPRESSION = 0.94  # about 22 kbit/s a channel
FURTHER_AWAY_DB = -3.0
TAIL_SECONDS = 1.0
NEXT_CITIZEN_SECONDS = 15.0
TRANSFER, TRANSFER_SECONDS = "转接", 4.0  # said, and a pause so long before the next: somebody else takes up

log = logging.getLogger("make_samples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who speaks how loud (dB full scale) in a recording, and onto which medium (see `MEDIA`) it is taken.

    `colleague` speaks for the staff after a transfer, `machine` the announcements. `tones` are of the exchange: each
    begins `seconds` after the end of the turn number `after`, and is so many `rings` on the staff's side, or a `key`
    that the citizen presses. `snr` is how far below the voices the noise of line or room lies in dB; without it, the
    medium's own.
    """

    staff: Voice
    citizens: tuple[Voice, ...]
    medium: str
    snr: float | None = None
    staff_db: float = SPEECH_DB
    citizen_db: float = SPEECH_DB
    colleague: Voice | None = None
    machine: Voice | None = None
    tones: tuple[dict[str, Any], ...] = ()


def read_cast(path: Path) -> dict[str, Cast]:
    """The casts by name of the play."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    voices = {name: Voice(**fields) for name, fields in data["voices"].items()}
    return {name: _cast(fields, voices) for name, fields in data["recordings"].items()}


def _cast(fields: dict[str, Any], voices: dict[str, Voice]) -> Cast:
    citizens = tuple(voices[name] for name in fields["citizens"])
    others = {role: voices[fields[role]] for role in ("staff", "colleague", "machine") if role in fields}
    return Cast(**{**fields, **others, "citizens": citizens, "tones": tuple(fields.get("tones", ()))})


def choose_voices(play: Play, cast: Cast) -> list[Voice]:
    """A voice for each turn: after a long pause the next citizen steps up, after a transfer the colleague."""
    chosen, citizen, staff, passed_on, before = [], 0, cast.staff, False, play.turns[0].start
    for turn in play.turns:
        citizen += turn.start - before > NEXT_CITIZEN_SECONDS and turn.role != "machine"
        if passed_on and cast.colleague and turn.start - before > TRANSFER_SECONDS:
            staff = cast.colleague
        passed_on = passed_on or (turn.role == "staff" and TRANSFER in turn.text)
        before = turn.end
        speakers = {"staff": staff, "machine": cast.machine}
        chosen.append(speakers.get(turn.role) or cast.citizens[min(citizen, len(cast.citizens) - 1)])
    return chosen


def retime(play: Play, spoken: Sequence[Samples]) -> Play:
    """The play with the lengths of the spoken turns and its own pauses."""
    turns: list[Turn] = []
    shift = 0.0
    for turn, audio in zip(play.turns, spoken, strict=True):
        start = round(turn.start + shift, 2)
        end = round(start + audio.size / RATE, 2)
        shift = end - turn.end
        turns.append(replace(turn, start=start, end=end))
    return replace(play, turns=tuple(turns))


def lay_out(play: Play, spoken: Sequence[Samples], cast: Cast) -> dict[str, Samples]:
    """One track per side at `RATE`, silent where the other party speaks; announcements lie on the staff's."""
    size = int((play.turns[-1].end + TAIL_SECONDS) * RATE)
    tracks = {role: np.zeros(size, np.float32) for role in ("staff", "citizen")}
    for turn, audio in zip(play.turns, spoken, strict=True):
        first = int(turn.start * RATE)
        tracks["citizen" if turn.role == "citizen" else "staff"][first : first + audio.size] += audio
    for tone in cast.tones:
        first = int((play.turns[tone["after"]].end + tone["seconds"]) * RATE)
        audio = key(tone["key"], RATE) if "key" in tone else ringing(tone["rings"], RATE)
        side = tracks["citizen" if "key" in tone else "staff"]
        side[first : first + audio.size] += audio[: side.size - first]
    return tracks


def speak(play: Play, cast: Cast, kokoro: Kokoro) -> list[Samples]:
    """The turns as they are spoken, each at the level of its party."""
    loud = {"staff": cast.staff_db, "machine": cast.staff_db, "citizen": cast.citizen_db}
    turns = zip(play.turns, choose_voices(play, cast), strict=True)
    return [level(kokoro.say(turn.text, voice), loud[turn.role]) for turn, voice in turns]


def phone_stereo(play: Play, tracks: dict[str, Samples], chance: Generator, snr: float | None) -> Samples:
    """Two lines that share nothing, the staff on `staff_channel`: (frames, 2)."""
    lines = [telephone(tracks[role], RATE, chance, snr) for role in ("staff", "citizen")]
    order = lines if play.header["staff_channel"] == "0" else lines[::-1]
    return np.stack(order, axis=1)


def phone_mono(_: Play, tracks: dict[str, Samples], chance: Generator, snr: float | None) -> Samples:
    """Both parties on one line: (frames,)."""
    return telephone(tracks["staff"] + tracks["citizen"], RATE, chance, snr)


def phone_dual_mono(play: Play, tracks: dict[str, Samples], chance: Generator, snr: float | None) -> Samples:
    """One line, written twice: (frames, 2)."""
    line = phone_mono(play, tracks, chance, snr)
    return np.stack([line, line], axis=1)


def counter(_: Play, tracks: dict[str, Samples], chance: Generator, snr: float | None) -> Samples:
    """One microphone near the staff in a busy hall: (frames,)."""
    return room(tracks["staff"] + gain(FURTHER_AWAY_DB) * tracks["citizen"], RATE, chance, snr)


MEDIA = {
    "phone-stereo": (phone_stereo, PHONE_RATE, "wav", "ALAW"),
    "phone-mono": (phone_mono, PHONE_RATE, "wav", "ALAW"),
    "phone-dual-mono": (phone_dual_mono, PHONE_RATE, "wav", "ALAW"),
    "phone-stereo-opus": (phone_stereo, PHONE_RATE, "opus", "OPUS"),
    "phone-mono-opus": (phone_mono, PHONE_RATE, "opus", "OPUS"),
    "counter-flac": (counter, ROOM_RATE, "flac", "PCM_16"),
    "counter-ogg": (counter, ROOM_RATE, "ogg", "VORBIS"),
    "counter-opus": (counter, ROOM_RATE, "opus", "OPUS"),
}


def sidecar(play: Play) -> dict[str, str | int]:
    """What lies beside the recording: the header of the play, numbers as numbers."""
    return {key: int(value) if key in NUMBERS else value for key, value in play.header.items()}


def write_audio(path: Path, audio: Samples, rate: int, subtype: str) -> None:
    """Write second by second: libsndfile's Vorbis encoder crashes on minutes of sound in one piece."""
    opus = {"format": "OGG", "compression_level": OPUS_COMPRESSION} if subtype == "OPUS" else {}
    with soundfile.SoundFile(path, "w", rate, 1 if audio.ndim == 1 else audio.shape[1], subtype, **opus) as file:
        for first in range(0, len(audio), rate):
            file.write(audio[first : first + rate])


def make(source: Path, target: Path, cast: Cast, kokoro: Kokoro) -> None:
    """Make `target` with a suffix and its sidecar from the play `source`, and write the real times into the play."""
    play = read_play(source)
    spoken = speak(play, cast, kokoro)
    play = retime(play, spoken)
    write_play(source, play)
    take, rate, suffix, subtype = MEDIA[cast.medium]
    chance = np.random.default_rng(zlib.crc32(source.stem.encode()))
    audio = take(play, lay_out(play, spoken, cast), chance, cast.snr)
    if (rate, subtype) == (PHONE_RATE, "OPUS"):
        audio = alaw(audio)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_audio(target.with_suffix(f".{suffix}"), audio, rate, subtype)
    beside = json.dumps(sidecar(play), ensure_ascii=False, indent=2)
    target.with_suffix(".json").write_text(beside + "\n", encoding="utf-8")
    log.info("%s: %.0f s", source.stem, len(audio) / rate)


def main() -> None:
    """Make the recordings that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="names of plays as they stand in the cast; all if none is given")
    parser.add_argument("--cast", type=Path, default=HERE / "cast.yml", help="who speaks in which recording")
    parser.add_argument("--plays", type=Path, default=SAMPLES / "plays", help="folder of the plays")
    parser.add_argument("--out", type=Path, default=SAMPLES, help="folder of the recordings")
    parser.add_argument("--cache", type=Path, default=Path("build/samples"), help="where spoken sentences are kept")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of the voices")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    casts = read_cast(options.cast)
    kokoro = Kokoro(options.cache, options.threads)
    for name in options.names or casts:
        make(options.plays / f"{name}.play", options.out / name, casts[name], kokoro)


if __name__ == "__main__":
    main()
