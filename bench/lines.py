"""The clips of a folder as they sound clean, by telephone, and by telephone with lost packets.

`python -m bench.lines FOLDER OUT` reads FOLDER/manifest.json (rows with `path` and `text`) and writes each clip once
for each line, with half a second of silence around it, and OUT/manifest.json, in which `kind` is the line.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from speechaudit.asr.sound import RATE, decode
from speechaudit.evaluation import clips

LINES = ("clean", "telephone", "lossy")
TELEPHONE_RATE, BAND, NOISE = 8000, (300, 3400), -20.0  # hertz, hertz, decibels against the voice
QUIET = 0.5  # seconds
PACKET, LOST = 0.02, 0.05  # seconds; share
Samples = npt.NDArray[np.float32]


def on_line(samples: Samples, line: str, seed: int) -> tuple[Samples, int]:
    """Samples at 16 kHz as they come out of a line, with their rate. A lost packet is silence."""
    from scipy.signal import butter, resample_poly, sosfilt

    padded = np.pad(samples, int(QUIET * RATE))
    if line == "clean":
        return padded, RATE
    chance = np.random.default_rng(seed)
    narrow = sosfilt(butter(4, BAND, "band", fs=TELEPHONE_RATE, output="sos"), resample_poly(padded, 1, 2))
    power = float(np.mean(resample_poly(samples, 1, 2) ** 2))
    noisy = narrow + chance.normal(size=len(narrow)) * math.sqrt(power * 10 ** (NOISE / 10))
    if line == "lossy":
        size = int(PACKET * TELEPHONE_RATE)
        kept = chance.random(len(noisy) // size + 1) >= LOST
        noisy *= np.repeat(kept, size)[: len(noisy)]
    return noisy.astype(np.float32), TELEPHONE_RATE


def write(clip: clips.Clip, line: str, out: Path) -> dict[str, str]:
    """One clip on one line: the file, and its row of the manifest."""
    with decode(clip.path) as sound:
        samples, rate = on_line(sound.read(0), line, zlib.crc32(clip.path.name.encode()))
    name = f"{clip.path.stem}-{line}.wav"
    soundfile.write(out / name, samples / np.abs(samples).max() / 2, rate, "PCM_16" if line == "clean" else "ALAW")
    return {"path": name, "text": clip.text, "kind": line}


def main() -> None:
    """Write all clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = [write(clip, line, options.out) for clip in clips.read(options.folder) for line in LINES]
    (options.out / clips.MANIFEST).write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
