"""An hour of sound in which nobody speaks, through the whole pipeline: how many findings about words there are.

`python -m bench.nonspeech` makes each kind as a call in mono, a call in stereo (the sound on the staff's side) and a
counter recording, `--seconds` long (60: an hour altogether), audits them with the embedded model and prints a table.
Wanted: no finding about words, nothing scored. The crowds are laid together from the sample recordings, so that they
hold real words; not judged is the right answer there.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from numpy.random import Generator

from speechaudit.asr import whisper
from speechaudit.asr.sound import RATE, decode
from speechaudit.errors import AudioError
from speechaudit.model import Audit, Finding
from speechaudit.pipeline import AUDIO, Overrides, audit_recording, files_in
from speechaudit.rules import rulebook

SAMPLES = Path(__file__).parents[1] / "samples"
PHONE_RATE = 8000
LINE_NOISE = 0.001
# One line of the table: what the recording is, and how its sound is laid out.
LAYOUTS = {
    "mono call": ({"setting": "phone", "staff": "1017", "direction": "in"}, PHONE_RATE, "ALAW"),
    "stereo call": ({"setting": "phone", "staff": "1017", "staff_channel": 0}, PHONE_RATE, "ALAW"),
    "counter": ({"setting": "counter", "staff": "1017"}, RATE, "PCM_16"),
}
Samples = npt.NDArray[np.float64]
Maker = Callable[[int, Generator], Samples]


def times(size: int) -> Samples:
    """Seconds of each sample."""
    return np.arange(size) / RATE


def tone(frequency: float | Samples, size: int) -> Samples:
    """A sine wave of constant or changing frequency in Hz."""
    return np.sin(2 * np.pi * np.cumsum(np.broadcast_to(frequency, size)) / RATE)


def coloured(size: int, chance: Generator, slope: float) -> Samples:
    """Noise whose power falls with the frequency to the power of `slope`: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(chance.standard_normal(size))
    return np.fft.irfft(spectrum / np.arange(1, spectrum.size + 1) ** (slope / 2), size)


def band(samples: Samples, low: float, high: float) -> Samples:
    """Only the frequencies between two limits in Hz."""
    from scipy.signal import butter, sosfilt

    found: Samples = sosfilt(butter(2, (low, high), "bandpass", fs=RATE, output="sos"), samples)
    return found


def hum(size: int, _: Generator) -> Samples:
    """The mains: 50 Hz and its harmonics."""
    return sum((tone(50.0 * n, size) / n for n in range(1, 9)), np.zeros(size))


def beeps(*frequencies: float, on: float, off: float) -> Maker:
    """A signal tone of the exchange."""
    return lambda size, _: sum((tone(f, size) for f in frequencies), np.zeros(size)) * (times(size) % (on + off) < on)


def dialling(size: int, chance: Generator) -> Samples:
    """Keys of a telephone, five a second."""
    rows, columns = chance.choice((697, 770, 852, 941), size), chance.choice((1209, 1336, 1477), size)
    key = (times(size) * 5).astype(int)
    return (tone(rows[key].astype(float), size) + tone(columns[key].astype(float), size)) * (times(size) * 5 % 1 < 0.5)


def notes(size: int, pitches: Samples, per_second: float, decay: float) -> Samples:
    """Plucked notes one after the other with three overtones; `pitches` in Hz come again and again."""
    place = times(size) * per_second
    pitch = pitches[place.astype(int) % len(pitches)]
    sound = sum((tone(pitch * n, size) / n**1.5 for n in (1, 2, 3)), np.zeros(size))
    return sound * np.exp(-decay * (place % 1))


def scale(*steps: int, base: float = 220.0) -> Samples:
    """Frequencies in Hz from half tones above `base`."""
    return np.asarray(base * 2 ** (np.array(steps) / 12))


def chords(size: int, _: Generator) -> Samples:
    """Slow chords of strings, with vibrato."""
    wobble = 1 + 0.004 * np.sin(2 * np.pi * 5.5 * times(size))
    roots = scale(0, 5, 7, 3)[(times(size) / 2).astype(int) % 4] * wobble
    voices = (tone(roots * step * n, size) / n for step in (1, 1.26, 1.5, 2) for n in (1, 2, 3, 4))
    return sum(voices, np.zeros(size))


def song(size: int, chance: Generator) -> Samples:
    """A melody over arpeggios with drums."""
    melody = notes(size, scale(12, 14, 16, 19, 16, 14, 12, 9, base=330), 2, 1.5)
    arpeggio = notes(size, scale(0, 4, 7, 12, 7, 4), 6, 3)
    beat = times(size) * 2 % 1
    drums = chance.standard_normal(size) * np.exp(-30 * beat) + tone(60.0, size) * 3 * np.exp(-15 * beat)
    return melody + arpeggio + 0.5 * drums


def singing(size: int, _: Generator) -> Samples:
    """Frequency modulation that glides and swells like a voice without words."""
    at = times(size)
    pitch = scale(0, 2, 4, 7, 9, 7, 4, 2)[(at * 1.5).astype(int) % 8] * (1 + 0.015 * np.sin(2 * np.pi * 6 * at))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sung = np.sin(phase + 3 * np.sin(2 * phase) * np.sin(2 * np.pi * 0.7 * at))
    return np.asarray(sung * (0.3 + np.sin(np.pi * at * 1.5) ** 2))


def music_box(size: int, _: Generator) -> Samples:
    """High plucked notes."""
    return notes(size, scale(0, 7, 12, 16, 19, 16, 12, 7, 5, 9, 12, 17, base=880), 4, 4)


def over_gsm(maker: Maker) -> Maker:
    """The same through the codec of mobile telephones."""

    def through(size: int, chance: Generator) -> Samples:
        buffer = io.BytesIO()
        samples = maker(size, chance)[::2]
        soundfile.write(buffer, 0.5 * samples / np.abs(samples).max(), PHONE_RATE, "GSM610", format="WAV")
        buffer.seek(0)
        return np.resize(np.repeat(soundfile.read(buffer)[0], 2), size)

    return through


def strokes(size: int, chance: Generator, per_second: float, seconds: float, low: float, high: float) -> Samples:
    """Short bursts of noise at random moments."""
    result = np.zeros(size + RATE)
    for _ in range(int(size / RATE * per_second)):
        at, length = int(chance.integers(0, size)), int(seconds * RATE * chance.uniform(0.5, 1.5))
        burst = chance.standard_normal(length) * np.exp(-5 * np.arange(length) / length) * chance.uniform(0.2, 1)
        result[at : at + length] += burst
    return band(result[:size], low, high)


def keyboard(size: int, chance: Generator) -> Samples:
    """Six keys a second, each with its way down and up."""
    return strokes(size, chance, 6, 0.02, 1500, 6000) + strokes(size, chance, 6, 0.03, 500, 2500)


def printer(size: int, chance: Generator) -> Samples:
    """A motor, and the needles of the head twice a second."""
    head = chance.standard_normal(size) * (times(size) * 2 % 1 < 0.6) * (times(size) * 110 % 1 < 0.5)
    return 0.3 * hum(size, chance) + band(head, 800, 5000) + band(0.2 * coloured(size, chance, 1), 100, 3000)


def hall(size: int, chance: Generator) -> Samples:
    """Doors and footsteps."""
    return strokes(size, chance, 2, 0.12, 60, 500) + 2 * strokes(size, chance, 0.3, 0.8, 40, 900)


def paper(size: int, chance: Generator) -> Samples:
    """Rustling."""
    swell = np.clip(np.sin(2 * np.pi * 0.4 * times(size)) * np.sin(2 * np.pi * 2.3 * times(size)), 0, 1)
    return band(chance.standard_normal(size) * swell, 1500, 7000) + strokes(size, chance, 3, 0.05, 2000, 7000)


def fax(size: int, chance: Generator) -> Samples:
    """The call of a fax machine, then its data."""
    at = times(size) % 10
    carrier = tone(np.where(chance.integers(0, 2, size // 50 + 1).repeat(50)[:size], 1650.0, 1850.0), size)
    return np.where(at < 3, tone(1100.0, size) * (at % 3.5 < 0.5), np.where(at < 5, tone(2100.0, size), carrier))


def crowd(voices: int) -> Maker:
    """So many voices of the sample recordings at once that no sentence can be understood."""

    def talking(size: int, chance: Generator) -> Samples:
        every = [voice(path) for path in files_in(SAMPLES, AUDIO)]
        chosen = [every[number % len(every)] for number in range(voices)]
        moved = (np.roll(np.resize(v / v.std(), size), int(chance.integers(0, size))) for v in chosen)
        return sum(moved, np.zeros(size))

    return talking


def voice(path: Path) -> Samples:
    """The first channel of a recording without its pauses, so that a crowd of such is dense."""
    with decode(path) as sound:
        samples = sound.read(0).astype(float)
    frames = samples[: samples.size // 800 * 800].reshape(-1, 800)
    loud = frames.std(axis=1)
    return np.asarray(frames[loud > 0.2 * np.percentile(loud, 95)].ravel())


KINDS: dict[str, tuple[Maker, float]] = {
    "digital silence": (lambda size, _: np.zeros(size), 0.0),
    "white noise": (lambda size, chance: coloured(size, chance, 0), 0.1),
    "pink noise": (lambda size, chance: coloured(size, chance, 1), 0.1),
    "brown noise": (lambda size, chance: coloured(size, chance, 2), 0.1),
    "mains hum": (hum, 0.05),
    "ringback": (beeps(450.0, on=1.0, off=4.0), 0.1),
    "busy tone": (beeps(450.0, on=0.35, off=0.35), 0.1),
    "dialling": (dialling, 0.1),
    "fax": (fax, 0.1),
    "music: chords": (chords, 0.1),
    "music: song with drums": (song, 0.1),
    "music: gliding voice": (singing, 0.1),
    "music: music box": (music_box, 0.05),
    "music: song over GSM": (over_gsm(song), 0.1),
    "keyboard": (keyboard, 0.03),
    "printer": (printer, 0.05),
    "doors and footsteps": (hall, 0.05),
    "paper": (paper, 0.03),
    "crowd of 5": (crowd(5), 0.05),
    "crowd of 12": (crowd(12), 0.05),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recording: what was written down, findings about words, services that were scored."""

    kind: str
    layout: str
    answer: str
    text: str = ""
    findings: int = 0
    scored: int = 0


def samples_of(kind: str, seconds: float) -> Samples:
    """The sound of one kind at 16 kHz, at its usual level (root mean square, full scale 1)."""
    maker, level = KINDS[kind]
    made = maker(int(seconds * RATE), np.random.default_rng(0))
    loudness = float(np.sqrt(np.mean(made**2)))
    return np.clip(made * (level / loudness if loudness else 0.0), -1.0, 1.0)


def write(folder: Path, kind: str, layout: str, seconds: float) -> Path:
    """One recording with its metadata; in stereo the sound is on the staff's side, the other has a faint hiss."""
    from scipy.signal import resample_poly

    metadata, rate, coding = LAYOUTS[layout]
    sides = [samples_of(kind, seconds)]
    if layout.startswith("stereo"):
        sides.append(LINE_NOISE * np.random.default_rng(1).standard_normal(sides[0].size))
    path = folder / f"{kind} {layout}.wav".replace(": ", "-")
    soundfile.write(path, resample_poly(np.stack(sides, axis=1), 1, RATE // rate), rate, coding)
    path.with_suffix(".json").write_text(json.dumps(metadata), encoding="utf-8")
    return path


def outcome(kind: str, layout: str, hear: Callable[[], Audit]) -> Outcome:
    """What the pipeline says of one recording."""
    try:
        audit = hear()
    except AudioError as error:
        return Outcome(kind, layout, f"refused: {error.problem}")
    scored = [e for e in audit.encounters if e.score and e.score.total is not None]
    reasons = {e.score.not_judged for e in audit.encounters if e.score and e.score.total is None} or {"没有一次服务"}
    return Outcome(
        kind,
        layout,
        f"scored {len(scored)}" if scored else f"not judged: {';'.join(sorted(reasons))}",
        " ".join(s.text for e in audit.encounters for s in e.transcript.segments),
        sum(about_words(f) for e in audit.encounters for f in e.findings),
        len(scored),
    )


def about_words(finding: Finding) -> bool:
    """Whether somebody was credited with words, or accused of them."""
    by_word = any(e.match in ("exact", "sounds-like", "second-listen") and e.quote for e in finding.evidence)
    return finding.verdict in ("pass", "fail") and by_word


def outcomes(kinds: list[str], layouts: list[str], seconds: float) -> Iterator[Outcome]:
    """Audit each kind in each layout."""
    transcriber, book = whisper.load("base", "cpu"), rulebook.load()
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            for layout in layouts:
                path = write(Path(folder), kind, layout, seconds)
                yield outcome(kind, layout, partial(audit_recording, path, book, transcriber, Overrides()))
                path.unlink()


def main() -> None:
    """Print a table and the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each recording")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind")
    options = parser.parse_args()
    found = []
    print("| sound | recording | answer | written down | findings about words |\n|---|---|---|---|---|", flush=True)
    for o in outcomes(options.kind or list(KINDS), list(LAYOUTS), options.seconds):
        print(f"| {o.kind} | {o.layout} | {o.answer} | {o.text} | {o.findings} |", flush=True)
        found.append(o)
    minutes = len(found) * options.seconds / 60
    print(f"\n{minutes:.0f} minutes: {sum(o.findings for o in found)} findings about words, ", end="")
    print(f"{sum(o.scored for o in found)} services scored, {sum(len(o.text) for o in found)} characters written down")


if __name__ == "__main__":
    main()
