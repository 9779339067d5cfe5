"""Voice profiles: how a member of staff sounds, as numbers that no voice can be made from.

A profile only says which voice of a recording is that of the staff that its metadata name. It never names anybody.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from speechaudit.errors import InputError
from speechaudit.formats import MOST_METADATA_BYTES, is_there, read_text
from speechaudit.model import Recording
from speechaudit.speakers.assign import hear_voices
from speechaudit.speakers.embed import MODEL, SIZE
from speechaudit.speakers.samples import SampleReader
from speechaudit.speakers.turns import Resemblance, Voices, speaker_label

SUFFIX = ".voice.json"
MIN_SECONDS = 30.0  # seconds of speech that make a profile
MAX_OTHER_SHARE = 0.05  # share of the speech that may sound like somebody else
MIN_SIMILARITY = 0.65  # cosine between the voices of the files of one person; below, one of them is somebody else
MIN_COMPARED = 5.0  # seconds of speech from which on a voice is compared with a profile
# Log-odds that a voice is that of the profile: SLOPE * (cosine - MIDPOINT). See docs/decisions/speakers-profiles.md.
MIDPOINT, SLOPE = 0.63, 30.0
MAX_ODDS = 9.0  # log-odds that a likeness can give


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceProfile:
    """The voice profile of a member of staff. `print` is a unit vector of 192 numbers by the network `model`."""

    staff: str
    print: tuple[float, ...]
    seconds: float
    files: int
    model: str
    made_at: str


def enrol(staff: str, sounds: Mapping[Path, SampleReader]) -> VoiceProfile:
    """Return a profile from recordings in which only this person speaks, 30 s or more in all.

    `sounds` gives for each recording, by which errors name it, its only channel.

    Raises InputError if there is too little speech, more than one voice in a file, or different voices in two;
    ModelError if a network cannot be loaded.
    """
    import numpy as np

    heard = [_single_voice(recording, sound) for recording, sound in sounds.items()]
    seconds = sum(own for _, own in heard)
    if seconds < MIN_SECONDS:
        problem = f"能用的说话只有 {seconds:.0f} 秒"
        raise InputError(staff, problem, f"请给出至少 {MIN_SECONDS:.0f} 秒、只有本人说话的录音")
    total = np.sum([np.array(voice) * own for voice, own in heard], axis=0)
    mean = total / np.linalg.norm(total)
    for recording, (voice, _) in zip(sounds, heard, strict=True):
        if float(mean @ np.array(voice)) < MIN_SIMILARITY:
            raise InputError(recording, "与其他文件不像同一个人的声音", "请检查是否拿错了录音")
    return VoiceProfile(
        staff=staff,
        print=tuple(round(value, 6) for value in mean.tolist()),
        seconds=round(seconds, 1),
        files=len(sounds),
        model=MODEL,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _single_voice(recording: Path, sound: SampleReader) -> tuple[tuple[float, ...], float]:
    """The print and the seconds of the only voice of a file."""
    voices = hear_voices(sound)
    total = sum(voices.seconds)
    if not total:
        raise InputError(recording, "没有听到说话", "请给出有本人说话的录音")
    if voices.seconds[0] < (1 - MAX_OTHER_SHARE) * total or any(span.duration > 1.0 for span in voices.overlaps):
        raise InputError(recording, "里面不止一个人说话", "请给出只有本人说话的录音")
    return voices.embeddings[0], voices.seconds[0]


def compare(profile: VoiceProfile, voices: Voices) -> Resemblance:
    """Return how surely each voice is that of the profile, as log-odds."""
    odds = {
        speaker_label(number): max(-MAX_ODDS, min(MAX_ODDS, SLOPE * (_cosine(profile.print, voice) - MIDPOINT)))
        for number, (voice, seconds) in enumerate(zip(voices.embeddings, voices.seconds, strict=True))
        if seconds >= MIN_COMPARED
    }
    return Resemblance(staff=profile.staff, odds=odds)


def _cosine(one: Sequence[float], two: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, two, strict=True))


def save(profile: VoiceProfile, folder: Path) -> Path:
    """Keep a profile; one of the same staff is replaced. Only the owner may read the file. Raises InputError."""
    path = _path(folder, profile.staff)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", delete=False, encoding="utf-8") as file:
            json.dump(asdict(profile), file, ensure_ascii=False)
        Path(file.name).replace(path)
    except OSError as problem:
        raise InputError(path, f"无法写入({problem.strerror})", "请检查文件夹的权限和剩余空间") from problem
    return path


def likeness(recording: Recording, folder: Path | None, voices: Voices) -> Resemblance | None:
    """Return how like the profile of a counter's staff the voices are; None for calls, which change a voice too much.

    None too where there is no folder or profile. Raises InputError if it cannot be read.
    """
    if folder is None or recording.staff is None or recording.setting == "phone":
        return None
    profile = find_profile(folder, recording.staff)
    return compare(profile, voices) if profile else None


def find_profile(folder: Path, staff: str) -> VoiceProfile | None:
    """Return the profile of a member of staff, if there is one. Raises InputError if it cannot be read."""
    path = folder / (_file_name(staff) or SUFFIX)
    return _load(path) if is_there(path) else None


def listed(folder: Path) -> tuple[VoiceProfile, ...]:
    """Return all profiles of a folder by their staff. Raises InputError if one cannot be read."""
    return tuple(sorted((_load(path) for path in folder.glob(f"*{SUFFIX}")), key=lambda profile: profile.staff))


def delete(folder: Path, staff: str) -> None:
    """Remove the profile of a member of staff. Raises InputError if there is none."""
    path = _path(folder, staff)
    try:
        path.unlink()
    except OSError as problem:
        raise InputError(path, "没有这份档案,或无法删除", "用 speechaudit voices list 查看已有的档案") from problem


def discard(folder: Path, staff: str) -> bool:
    """Remove the profile of a member of staff, readable or not; whether there was one. Raises InputError."""
    there = is_there(folder / (_file_name(staff) or SUFFIX))
    if there:
        delete(folder, staff)
    return there


def _file_name(staff: str) -> str:
    """The name of the file of a member of staff: 工号1017 and 1017 are the same. Empty if it can name no file."""
    bare = staff.strip().removeprefix("工号")
    usable = bare.isprintable() and not bare.startswith(".") and not set(bare) & set('/\\:*?"<>|')
    return f"{bare}{SUFFIX}" if bare and usable else ""


def _path(folder: Path, staff: str) -> Path:
    if not _file_name(staff):
        raise InputError(staff, "不能用作档案的名称", "请用编号或工号,不要带 / 等符号")
    return folder / _file_name(staff)


def _load(path: Path) -> VoiceProfile:
    from pydantic import TypeAdapter

    try:
        profile = TypeAdapter(VoiceProfile).validate_json(read_text(path, MOST_METADATA_BYTES))
    except ValueError as problem:
        raise InputError(path, "不是可读的声纹档案", "请重新登记") from problem
    if profile.model != MODEL or len(profile.print) != SIZE:
        raise InputError(path, f"由另一个模型({profile.model})生成", "请用现在的版本重新登记")
    return profile
