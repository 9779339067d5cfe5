"""How often courtesy words are found with and without the second listen, clean and through a telephone line.

`python -m bench.second_listen FOLDER... --kept FILE` prints the thresholds that half of the clips ask for and, as
Markdown, what they give on the other half. Each FOLDER holds manifest.json: a list of rows with `path` and `text` of
short clips. What was measured is kept, one line a clip, so that a run goes on where it was cut off.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import butter, resample_poly, sosfilt

from speechaudit.asr import activity, whisper
from speechaudit.asr.condition import inspect
from speechaudit.asr.sound import RATE, decode
from speechaudit.errors import AudioError
from speechaudit.model import Ask
from speechaudit.rules import rulebook

LINES = ("clean", "telephone")
TELEPHONE_RATE, BAND, NOISE = 8000, (300, 3400), -20.0
QUIET = 0.5  # seconds of silence around a clip
MARGIN = 0.5  # in log odds, above the worst clip without the phrase
DOUBTFUL = 0.05  # share of clips without the phrase that may be left to a person
SORRY = Ask(phrase="对不起", variants=("对不起",), place="opening")
# What a clip says at the place that is listened to; clips that match only `ALMOST` count on neither side.
SAYS = {
    "您好": r"^[喂哎嗯]?[您你]好(?!了|办)",
    "再见": r"(再见|慢走)$",
    "拜拜": r"拜拜$",
    "谢谢": r"谢谢您?$",
    "对不起": r"^对不起",
}
ALMOST = {"再见": r"拜拜$", "拜拜": r"再见$", "谢谢": "谢谢", "您好": "问好"}
WRITTEN = {
    "您好": r"[您你宁]好",
    "再见": r"再见|再建|在见|慢走|漫走",
    "拜拜": "拜拜",
    "谢谢": "谢谢",
    "对不起": "对不起",
}
Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip on one line: its text, what was freely decoded (None if nobody tried), and the score of each phrase."""

    name: str
    line: str
    text: str
    free: str | None
    scores: dict[str, float]

    @property
    def tuning(self) -> bool:
        """Whether thresholds may be chosen with it: a half of the files, by a hash of their names."""
        return zlib.crc32(self.name.encode()) % 2 == 0


def says(phrase: str, text: str) -> bool | None:
    """Whether the text holds the phrase where it is listened for; None if it is too near to count."""
    bare = re.sub(r"\W", "", text)
    if re.search(SAYS[phrase], bare):
        return True
    return None if phrase in ALMOST and re.search(ALMOST[phrase], bare) else False


def on_line(samples: Samples, line: str, seed: int) -> tuple[Samples, int]:
    """Samples at 16 kHz as they come out of a line, with their rate."""
    padded = np.pad(samples, int(QUIET * RATE))
    if line == "clean":
        return padded, RATE
    narrow = sosfilt(butter(4, BAND, "band", fs=TELEPHONE_RATE, output="sos"), resample_poly(padded, 1, 2))
    power = float(np.mean(resample_poly(samples, 1, 2) ** 2))
    noise = np.random.default_rng(seed).normal(size=len(narrow)) * math.sqrt(power * 10 ** (NOISE / 10))
    return (narrow + noise).astype(np.float32), TELEPHONE_RATE


def measured(
    transcriber: whisper.WhisperTranscriber, path: Path, row: dict[str, str], line: str, asks: Sequence[Ask]
) -> Clip:
    """Listen to one clip; decode it freely if it is of the reporting half and holds a phrase."""
    with decode(path) as sound:
        samples, rate = on_line(sound.read(0), line, zlib.crc32(row["path"].encode()))
    clip = Clip(Path(row["path"]).stem, line, row["text"], None, {})
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "clip.wav"
        soundfile.write(wav, samples / np.abs(samples).max() / 2, rate, "ALAW" if line == "telephone" else "PCM_16")
        scores = second_listen(transcriber, wav, asks)
        try_freely = not clip.tuning and any(says(phrase, row["text"]) for phrase in SAYS)
        return Clip(clip.name, line, row["text"], freely(transcriber, wav) if try_freely else None, scores)


def second_listen(transcriber: whisper.WhisperTranscriber, wav: Path, asks: Sequence[Ask]) -> dict[str, float]:
    """The score of each phrase; 0 where no voice was found."""
    with decode(wav) as sound:
        condition = inspect(sound)
        speech = [activity.speech(sound, line) for line in condition.lines]
        found = {p.phrase: p.score for p in transcriber.again.probes(sound, condition, speech, asks)}
    return {ask.phrase: found.get(ask.phrase, 0.0) for ask in asks}


def freely(transcriber: whisper.WhisperTranscriber, wav: Path) -> str:
    """What the recogniser writes down; nothing where it hears no voice."""
    try:
        return "".join(segment.text for segment in transcriber.transcribe(wav).transcript.segments)
    except AudioError:
        return ""


def all_clips(folders: Iterable[Path], kept: Path) -> list[Clip]:
    """Every clip on every line, measured now or before."""
    before = [Clip(**json.loads(line)) for line in kept.read_text().splitlines()] if kept.exists() else []
    known = {(clip.name, clip.line): clip for clip in before}
    transcriber = whisper.load("base", "cpu")
    book = rulebook.load()
    asks = [*book.asks("phone", "whisper-base"), *book.asks("counter", "whisper-base"), SORRY]
    asks = list({ask.phrase: ask for ask in asks}.values())
    with kept.open("a") as file:
        for folder in folders:
            for row in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
                for line in LINES:
                    key = Path(row["path"]).stem, line
                    if key not in known:
                        known[key] = measured(transcriber, folder / row["path"], row, line, asks)
                        file.write(json.dumps(asdict(known[key]), ensure_ascii=False) + "\n")
                        file.flush()
    return list(known.values())


def thresholds(phrase: str, clips: Sequence[Clip]) -> tuple[float, float]:
    """(pass, doubt): above all clips without the phrase by a margin, and above all but a few of them and silence."""
    without = sorted(c.scores[phrase] for c in clips if says(phrase, c.text) is False)
    few = without[min(len(without) - 1, math.ceil((1 - DOUBTFUL) * len(without)))]
    odds = math.log(without[-1] / (1 - without[-1]))
    return round(1 / (1 + math.exp(-odds - MARGIN)), 3), round(max(0.5, few), 3)


def table(clips: Sequence[Clip], limits: dict[str, tuple[float, float]]) -> Iterator[str]:
    """What the thresholds give on these clips, as Markdown."""
    heads = "phrase, line, clips with it, written down, second listen, either, perhaps, clips without, said, perhaps"
    yield f"| {heads.replace(', ', ' | ')} |"
    yield "|---" * len(heads.split(",")) + "|"
    for phrase, (sure, doubt) in limits.items():
        for line in LINES:
            here = [c for c in clips if c.line == line]
            have = [c for c in here if says(phrase, c.text)]
            free = [bool(re.search(WRITTEN[phrase], c.free or "")) for c in have]
            found = [c.scores[phrase] >= sure for c in have]
            either = sum(a or b for a, b in zip(free, found, strict=True))
            perhaps = sum(doubt <= c.scores[phrase] < sure and not f for c, f in zip(have, free, strict=True))
            lack = [c.scores[phrase] for c in here if says(phrase, c.text) is False]
            alarms = sum(s >= sure for s in lack), sum(doubt <= s < sure for s in lack)
            counts = (len(have), sum(free), sum(found), either, perhaps, len(lack), *alarms)
            yield f"| {phrase} | {line} | " + " | ".join(map(str, counts)) + " |"


def main() -> None:
    """Measure, choose on one half, report on the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--kept", type=Path, required=True, help="file that keeps what was measured")
    options = parser.parse_args()
    clips = all_clips(options.folders, options.kept)
    limits = {phrase: thresholds(phrase, [c for c in clips if c.tuning]) for phrase in SAYS}
    for phrase, (sure, doubt) in limits.items():
        every = "{{pass: {}, doubt: {}}}".format(*thresholds(phrase, clips))
        print(f"{phrase}: pass {sure}, doubt {doubt} from one half; from all clips, for the calibration file: {every}")
    print("\n".join(table([c for c in clips if not c.tuning], limits)))


if __name__ == "__main__":
    main()
