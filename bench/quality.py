"""How badly a recording may sound before its verdicts are worth nothing: the limits of the gate come from this table.

`python -m bench.quality --kept FILE [FOLDER]` makes the sample recordings worse by noise, a crowd and clipping, audits
them with the gate open, and sets the character error rate and the verdicts of samples/expected.yml against the figures
that the gate looks at. With a FOLDER of clips (manifest.json: rows with `path` and `text`) these are laid together,
eight at a time, and only written down. What was measured is kept, so that a run goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
import soxr
import yaml

from bench.nonspeech import KINDS, SAMPLES, Samples
from speechaudit.asr import whisper
from speechaudit.asr.sound import RATE, decode
from speechaudit.errors import SpeechAuditError
from speechaudit.evaluation.characters import errors
from speechaudit.formats import read_text, sidecar_of
from speechaudit.model import Encounter
from speechaudit.pipeline import AUDIO, Overrides, audit_recording, files_in
from speechaudit.policy import Gate
from speechaudit.rules import plays, rulebook

FIGURES = ("signal_to_noise", "clipped_share", "low_confidence_share", "staff_seconds")
CLIPS, PAUSE = 8, 1.0
Worse = Callable[[Samples, int], Samples]


def with_noise(kind: str, decibels: float) -> Worse:
    """Noise of a kind of bench.nonspeech, so many decibels below the voice."""

    def noisy(samples: Samples, rate: int) -> Samples:
        noise = soxr.resample(KINDS[kind][0](len(samples) * RATE // rate + RATE, np.random.default_rng(0)), RATE, rate)
        noise = noise[: len(samples)] / noise.std()
        return np.asarray(samples + noise * voice_level(samples, rate) * 10 ** (-decibels / 20))

    return noisy


def clipped(share: float) -> Worse:
    """So loud that this share of the voice is beyond full scale."""

    def clip(samples: Samples, rate: int) -> Samples:
        level = float(np.quantile(np.abs(samples[active(samples, rate)]), 1 - share))
        return np.clip(samples / max(level, 1e-6), -1, 1)

    return clip


CONDITIONS: dict[str, Worse] = {
    "as it is": lambda samples, _: samples,
    "pink noise 3 dB": with_noise("pink noise", 3),
    "pink noise 8 dB": with_noise("pink noise", 8),
    "crowd 3 dB": with_noise("crowd of 12", 3),
    "clipped 30 %": clipped(0.3),
    "clipped 60 %": clipped(0.6),
    "clipped 85 %": clipped(0.85),
    "crowd 8 dB": with_noise("crowd of 12", 8),
    "pink noise 12 dB": with_noise("pink noise", 12),
}


def active(samples: Samples, rate: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where the voice is, in steps of 50 ms."""
    unit = rate // 20
    frames = np.pad(samples, (0, -len(samples) % unit)).reshape(-1, unit).std(axis=1)
    return np.repeat(frames > 0.1 * np.percentile(frames, 95), unit)[: len(samples)]


def voice_level(samples: Samples, rate: int) -> float:
    """Root mean square where the voice is."""
    return float(np.sqrt(np.mean(samples[active(samples, rate)] ** 2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One service under one condition. Verdicts are counted against samples/expected.yml, errors in characters."""

    recording: str
    condition: str
    number: int
    characters: int = 0
    wrong_characters: int = 0
    verdicts: int = 0
    wrong_verdicts: int = 0
    wrong_accusations: int = 0
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Source:
    """One recording, what is said in it, and what a careful listener decides of each of its services."""

    path: Path
    text: str
    expected: list[dict[str, str]]


def samples() -> Iterator[Source]:
    """The sample recordings."""
    expected = yaml.safe_load((SAMPLES / "expected.yml").read_text(encoding="utf-8"))
    for path in files_in(SAMPLES, AUDIO):
        play = plays.parse(read_text(SAMPLES / "plays" / f"{path.stem}.play"))
        yield Source(path, "".join(s.text for s in play.transcript.segments), expected[path.stem])


def laid_together(folder: Path, into: Path) -> Iterator[Source]:
    """The clips of a folder, some at a time, one after the other as somebody's call."""
    rows = [row for row in json.loads((folder / "manifest.json").read_text(encoding="utf-8")) if len(row["text"]) > 4]
    for first in range(0, len(rows), CLIPS):
        some, parts = rows[first : first + CLIPS], []
        for row in some:
            with decode(folder / row["path"]) as sound:
                clip = sound.read(0).astype(float)
            parts += [clip * (0.05 / max(1e-6, voice_level(clip, RATE))), np.zeros(int(PAUSE * RATE))]
        path = into / f"clips-{first:03d}.wav"
        soundfile.write(path, np.clip(np.concatenate(parts), -1, 1), RATE)
        sidecar_of(path).write_text('{"setting": "phone"}')
        yield Source(path, "".join(row["text"] for row in some), [])


def worsened(source: Source, condition: str, folder: Path) -> Path:
    """The recording under a condition, with its metadata beside it."""
    sound, rate = soundfile.read(source.path, always_2d=True)
    path = folder / f"{source.path.stem}.wav"
    sides = [CONDITIONS[condition](side, rate) for side in sound.T]
    soundfile.write(path, np.clip(np.stack(sides, axis=1), -1, 1), rate, "PCM_16")
    shutil.copy(sidecar_of(source.path), sidecar_of(path))
    return path


def measured(source: Source, condition: str, audit: Callable[[Path], tuple[Encounter, ...]]) -> Iterator[Row]:
    """One row for each service; the whole recording's errors stand in the first."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = audit(worsened(source, condition, Path(folder)))
        except SpeechAuditError:
            found = ()
    heard = "".join(s.text for e in found for s in e.transcript.segments)
    wrong = errors(source.text, heard)
    paired = len(found) == len(source.expected)
    for number, encounter in enumerate(found or (None,)):
        expected = source.expected[number] if paired and encounter else {}
        verdicts = list(compared(encounter, expected)) if encounter else []
        yield Row(
            recording=source.path.stem,
            condition=condition,
            number=number,
            characters=0 if number else wrong.characters,
            wrong_characters=0 if number else wrong.edits,
            verdicts=len(verdicts),
            wrong_verdicts=sum(want != got for want, got in verdicts),
            wrong_accusations=sum(want != "fail" and got == "fail" for want, got in verdicts),
            figures={n: encounter.measures[n] for n in FIGURES if n in encounter.measures} if encounter else {},
        )


def compared(encounter: Encounter, expected: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of the expected verdict and the found one; `forbidden: none` stands for every rule of that group."""
    for finding in encounter.findings:
        if finding.rule in expected:
            yield expected[finding.rule], finding.verdict
        elif "forbidden" in expected and finding.rule.startswith("forbidden."):
            yield "pass", finding.verdict


def auditor() -> Callable[[Path], tuple[Encounter, ...]]:
    """The whole pipeline with the embedded model and an open gate."""
    transcriber, book = whisper.load("base", "cpu"), rulebook.load()
    book = replace(book, policy=book.policy.model_copy(update={"gate": Gate(), "minimum_seconds": 0.0}))
    return lambda path: audit_recording(path, book, transcriber, Overrides()).encounters


def rows_of(sources: Iterable[Source], kept: Path, conditions: Iterable[str]) -> list[Row]:
    """The rows of these conditions, measured now or before, and all others that are kept."""
    rows = [Row(**json.loads(line)) for line in kept.read_text().splitlines()] if kept.exists() else []
    known, audit = {(row.recording, row.condition) for row in rows}, auditor()
    with kept.open("a") as file:
        for condition in conditions:
            for source in sources:
                if (source.path.stem, condition) not in known:
                    found = list(measured(source, condition, audit))
                    file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in found)
                    file.flush()
                    rows += found
    return rows


def table(title: str, groups: dict[str, list[Row]]) -> Iterator[str]:
    """One line for each group of services, as Markdown."""
    yield f"\n| {title} | services | error rate | verdicts | wrong | wrong accusations | " + " | ".join(FIGURES) + " |"
    yield "|---" * (6 + len(FIGURES)) + "|"
    for name, rows in groups.items():
        characters, verdicts = sum(r.characters for r in rows), sum(r.verdicts for r in rows)
        rate = f"{sum(r.wrong_characters for r in rows) / characters:.2f}" if characters else "–"
        wrong, accused = sum(r.wrong_verdicts for r in rows), sum(r.wrong_accusations for r in rows)
        usual = (f"{median(v):.3g}" if (v := [r.figures[f] for r in rows if f in r.figures]) else "–" for f in FIGURES)
        yield f"| {name} | {len(rows)} | {rate} | {verdicts} | {wrong} | {accused} | " + " | ".join(usual) + " |"


def by_figure(rows: Sequence[Row], figure: str, edges: Sequence[float]) -> dict[str, list[Row]]:
    """The services in steps of one figure; what has no such figure is left out."""
    limits = [float("-inf"), *edges, float("inf")]
    found = {
        f"{a:g} to {b:g}": [r for r in rows if a <= r.figures.get(figure, np.nan) < b] for a, b in pairwise(limits)
    }
    return {name: some for name, some in found.items() if some}


EDGES = {
    "signal_to_noise": (-3, 0, 3, 6, 9, 12, 18),
    "clipped_share": (0.001, 0.01, 0.03, 0.1, 0.2),
    "low_confidence_share": (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5),
    "staff_seconds": (1, 2, 3, 5, 10),
}


def main() -> None:
    """Measure and print one table by condition and one by each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--recording", action="append", help="only this sample recording")
    parser.add_argument("--condition", action="append", choices=CONDITIONS, help="only this condition")
    parser.add_argument("--kept", type=Path, required=True, help="file that keeps what was measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        every = laid_together(options.folder, Path(folder)) if options.folder else samples()
        sources = [s for s in every if not options.recording or s.path.stem in options.recording]
        rows = rows_of(sources, options.kept, options.condition or list(CONDITIONS))
    print("\n".join(table("condition", {c: [r for r in rows if r.condition == c] for c in CONDITIONS})))
    for figure, edges in EDGES.items():
        print("\n".join(table(figure, by_figure(rows, figure, edges))))


if __name__ == "__main__":
    main()
