"""Who spoke, measured on dialogues laid from real voices: confusion, voices found, overlap, roles and voice profiles.

`python -m bench.voices FOLDER... --plays FOLDER... --kept FILE` prints tables, as Markdown, over the half of the voices
that no threshold was chosen with (`--tuning`: over the other half). Each FOLDER holds manifest.json and clips. What was
measured is kept, one line a case, so that a run goes on where it was cut off. `--only` names parts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile
from scipy.optimize import linear_sum_assignment

from bench.dialogues import (
    LINES,
    RATE,
    Laid,
    Samples,
    Spoken,
    blind,
    cast,
    for_tuning,
    of_play,
    of_turns,
    on_line,
    pairs,
)
from speechaudit.asr.mono import open_mono
from speechaudit.classifiers import label_sides
from speechaudit.model import Recording, Segment, Transcript
from speechaudit.rules.plays import Play, parse
from speechaudit.speakers import Voices, assign_roles, assign_speakers, hear_voices
from speechaudit.speakers.turns import MIN_MARGIN

NO_CLUE = "国际市场原油价格上涨百分之五"  # as newspapers write
STEP = 0.01  # seconds between the moments that are counted
TRIAL = 1.5  # seconds of speech in each half of a verification trial at least
T = TypeVar("T")
Row = dict[str, Any]
Case = tuple[str, Callable[[], Row]]


@dataclass(frozen=True, slots=True)
class Material:
    """What dialogues are laid from: voices by speaker, and plays by name."""

    voices: Mapping[str, Samples]
    plays: Mapping[str, Play]
    pairs: int


def heard(laid: Laid, line: str, chance: np.random.Generator) -> Voices:
    """What the program hears of a dialogue."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "a.wav"
        soundfile.write(wav, on_line(laid.sound, line, chance), RATE, "PCM_16")
        with open_mono(wav) as mono:
            return hear_voices(mono)


def confusion(truth: Sequence[Spoken], voices: Voices) -> Row:
    """Seconds of single speech given to the wrong voice and to none, under the best naming of the voices."""
    speaking, said, found = _moments(truth, voices)
    single = speaking == 1
    named = max(2, int(found.max()) + 1)
    table = np.zeros((said.max() + 1, named))
    np.add.at(table, (said[single & (found >= 0)], found[single & (found >= 0)]), 1)
    right = table[linear_sum_assignment(-table)].sum()
    nobody = int((found[single] < 0).sum())
    wrong = single.sum() - nobody - right
    both, marked = speaking > 1, _marked(voices, len(said))
    return {
        "speech": single.sum() * STEP,
        "wrong": wrong * STEP,
        "nobody": nobody * STEP,
        "voices": len(voices.embeddings),
        "expected": len({turn.voice for turn in truth}),
        "both": both.sum() * STEP,
        "both_marked": (both & marked).sum() * STEP,
        "single_marked": (single & marked).sum() * STEP,
    }


def _moments(truth: Sequence[Spoken], voices: Voices) -> tuple[Any, Any, Any]:
    """For each moment how many speak, who of them, and which voice was heard (-1: none)."""
    size = int(max(turn.end for turn in truth) / STEP) + 1
    speaking, said, found = np.zeros(size, int), np.zeros(size, int), -np.ones(size, int)
    for turn in truth:
        speaking[int(turn.start / STEP) : int(turn.end / STEP)] += 1
        said[int(turn.start / STEP) : int(turn.end / STEP)] = turn.voice
    for own in voices.turns:
        found[int(own.start / STEP) : int(own.end / STEP)] = own.voice if own.margin >= MIN_MARGIN else -1
    return speaking, said, found


def _marked(voices: Voices, size: int) -> Any:
    marked = np.zeros(size, bool)
    for span in voices.overlaps:
        marked[int(span.start / STEP) : int(span.end / STEP)] = True
    return marked


def dialogues(material: Material, minutes: float, part: str, cut_in: float = 0.0) -> Iterator[Case]:
    """Two voices that take turns."""
    count = material.pairs if minutes <= 1 else 2
    for number, (pair, line) in enumerate(_by_turns(pairs(material.voices, count))):

        def case(number: int = number, pair: tuple[str, str] = pair, line: str = line) -> Row:
            chance = np.random.default_rng([1, number])
            laid = of_turns([material.voices[name] for name in pair], 60 * minutes, chance, cut_in)
            return confusion(laid.turns, heard(laid, line, chance)) | {"part": part, "line": line}

        yield f"{part} {'+'.join(pair)} {line}", case


def _by_turns(items: Iterable[T]) -> Iterator[tuple[T, str]]:
    """Every second in the room, every other on the telephone."""
    return zip(items, cycle(LINES), strict=False)


def alone(material: Material) -> Iterator[Case]:
    """One voice."""
    for number, ((name, voice), line) in enumerate(_by_turns(material.voices.items())):

        def case(number: int = number, voice: Samples = voice, line: str = line) -> Row:
            chance = np.random.default_rng([2, number])
            laid = of_turns([voice], 40, chance)
            return confusion(laid.turns, heard(laid, line, chance)) | {"part": "one voice, 40 s", "line": line}

        yield f"alone {name} {line}", case


def roles(material: Material, part: str, without_clues: bool = False) -> Iterator[Case]:
    """Plays in real voices: the words are the play's, or those of a newspaper that tell nothing of who speaks."""
    cast_of = pairs(material.voices, len(material.plays))
    for number, ((name, play), line) in enumerate(_by_turns(material.plays.items())):

        def case(number: int = number, play: Play = play, line: str = line) -> Row:
            chance = np.random.default_rng([3, number])
            lines = [s for s in play.transcript.segments if s.role != "unknown"]
            voices = dict(zip(("staff", "citizen"), (material.voices[n] for n in cast_of[number]), strict=True))
            laid, timed = of_play(voices, lines, chance)
            said = (
                tuple(replace(s, text=(NO_CLUE * len(s.text))[: len(s.text)]) for s in timed)
                if without_clues
                else timed
            )
            return _roles(said, heard(laid, line, chance), play) | {"part": part, "line": line}

        yield f"{part} {name} {line}", case


def _roles(timed: Sequence[Segment], voices: Voices, play: Play) -> Row:
    """Seconds of words by what was made of their role."""
    transcript = Transcript(segments=blind(timed), duration=timed[-1].end)
    judged = assign_roles(
        label_sides(assign_speakers(transcript, voices)), Recording(file="a.wav", setting=play.setting), 1
    )
    row = {"speech": 0.0, "wrong": 0.0, "nobody": 0.0}
    for segment in judged.segments:
        for word in segment.words:
            role = max(timed, key=lambda own: own.overlap(word)).role
            row["speech"] += word.duration
            row["nobody"] += word.duration * (segment.role == "unknown")
            row["wrong"] += word.duration * (segment.role not in {role, "unknown"})
    return row | {"voices": len(voices.embeddings), "expected": 2}


def channels(material: Material) -> Iterator[Case]:
    """The plays with a channel for each side, in both orders, with and without the direction of the call."""
    for name, play in material.plays.items():
        for staff in (0, 1):
            for told in (None, "staff_channel", "direction"):

                def case(play: Play = play, staff: int = staff, told: str | None = told) -> Row:
                    part = {None: "by words", "staff_channel": "as told", "direction": "by direction and words"}[told]
                    known: Row = {"staff_channel": staff} if told == "staff_channel" else {}
                    known |= {"direction": "out" if staff == 0 else "in"} if told == "direction" else {}
                    return _channels(play, staff, known) | {"part": f"stereo, {part}", "line": "both orders"}

                yield f"stereo {name} {staff} {told}", case


def _channels(play: Play, staff: int, known: Row) -> Row:
    lines = [s for s in play.transcript.segments if s.role != "unknown"]
    sides = tuple(replace(s, channel=staff if s.role == "staff" else 1 - staff, role="unknown") for s in lines)
    recording = Recording(file="a.wav", setting=play.setting, **known)
    said = label_sides(Transcript(segments=sides, duration=play.transcript.duration))
    judged = assign_roles(said, recording, 2).segments
    row = {"speech": 0.0, "wrong": 0.0, "nobody": 0.0}
    for line, own in zip(lines, judged, strict=True):
        row["speech"] += own.duration
        row["nobody"] += own.duration * (own.role == "unknown")
        row["wrong"] += own.duration * (own.role not in {line.role, "unknown"})
    return row


def prints(material: Material) -> Iterator[Case]:
    """The voice prints of both halves of what is heard of each speaker."""
    for number, (name, voice) in enumerate(material.voices.items()):
        if len(voice) < 2 * TRIAL * RATE:
            continue
        for line in LINES:

            def case(number: int = number, name: str = name, voice: Samples = voice, line: str = line) -> Row:
                chance = np.random.default_rng([4, number])
                halves = [_looped(half, chance) for half in np.array_split(voice, 2)]
                rows = [heard(half, line, chance).embeddings for half in halves]
                return {"part": "prints", "line": line, "speaker": name, "prints": [row[0] for row in rows]}

            yield f"prints {name} {line}", case


def _looped(half: Samples, chance: np.random.Generator) -> Laid:
    """At most 30 s of one half as one turn."""
    laid = Laid(35, 1, chance)
    laid.put(half[: 30 * RATE], 0.5, 0)
    return laid


def verification(rows: Sequence[Row]) -> str:
    """Trials of enrolment (first half) against test (second half): equal error, and refusals at 1 % false accepts."""
    lines = []
    for enrolled in LINES:
        for tested in LINES:
            first = {row["speaker"]: row["prints"][0] for row in rows if row["line"] == enrolled}
            second = {row["speaker"]: row["prints"][1] for row in rows if row["line"] == tested}
            likeness = np.array(list(first.values())) @ np.array(list(second.values())).T
            same = np.diag(likeness)
            other = likeness[~np.eye(len(same), dtype=bool)]
            cuts = np.sort(np.concatenate([same, other]))
            equal = min(cuts, key=lambda cut: abs((same < cut).mean() - (other >= cut).mean()))
            strict = float(np.quantile(other, 0.99))
            lines.append(
                f"| {enrolled} → {tested} | {len(same)} / {len(other)} | {(same < equal).mean():.1%} | {strict:.2f} "
                f"| {(same < strict).mean():.1%} | {same.min():.2f}–{same.max():.2f} | {other.max():.2f} |"
            )
    head = "| enrolled → tested | same / different | equal error | 1 % accepted at | refused | same | different up to |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *lines])


def table(rows: Sequence[Row]) -> str:
    """One line for each part and line: shares of the speech, and recordings by the number of voices found."""
    lines = [
        "| part | line | cases | speech | wrong | worst | nobody's | voices right | overlap found | marked wrongly |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|---|---|")
    for part, line in dict.fromkeys((row["part"], row["line"]) for row in rows):
        own = [row for row in rows if (row["part"], row["line"]) == (part, line)]
        speech, both = sum(row["speech"] for row in own), sum(row.get("both", 0.0) for row in own)
        share = {key: sum(row[key] for row in own) / speech for key in ("wrong", "nobody")}
        worst = max(row["wrong"] / row["speech"] for row in own)
        right = f"{sum(row['voices'] == row['expected'] for row in own)}" if "voices" in own[0] else ""
        found = f"{sum(row['both_marked'] for row in own) / both:.0%}" if both else ""
        falsely = f"{sum(row['single_marked'] for row in own) / speech:.1%}" if "both" in own[0] else ""
        lines.append(
            f"| {part} | {line} | {len(own)} | {speech / 60:.0f} min | {share['wrong']:.2%} | {worst:.1%} "
            f"| {share['nobody']:.1%} | {right} | {found} | {falsely} |"
        )
    return "\n".join(lines)


PARTS: dict[str, Callable[[Material], Iterator[Case]]] = {
    "stereo": channels,
    "minute": lambda m: dialogues(m, 1, "two voices, 1 min"),
    "alone": alone,
    "overlap": lambda m: dialogues(replace(m, pairs=8), 1, "cutting in, 1 min", 0.4),
    "roles": lambda m: roles(m, "roles, plays"),
    "clueless": lambda m: roles(replace(m, plays=dict(list(m.plays.items())[:8])), "roles, no clue", True),
    "prints": prints,
    "ten": lambda m: dialogues(m, 10, "two voices, 10 min"),
    "hours": lambda m: dialogues(m, 120, "two voices, 2 h"),
}


def main() -> None:
    """Measure what is not yet kept, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--plays", nargs="+", type=Path, default=[Path("tests/calm"), Path("samples/plays")])
    parser.add_argument("--kept", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--most-plays", type=int)
    parser.add_argument("--tuning", action="store_true")
    options = parser.parse_args()
    voices = {n: v for n, v in cast(options.folders).items() if for_tuning(n) == options.tuning}
    files = sorted(file for folder in options.plays for file in folder.glob("*.play"))
    plays = {file.stem: parse(file.read_text(encoding="utf-8"), str(file)) for file in files[: options.most_plays]}
    rows = [
        row
        for part in options.only
        for row in measured(PARTS[part](Material(voices, plays, options.pairs)), options.kept)
    ]
    print(f"{len(voices)} speakers, {len(plays)} plays\n")
    if shares := [row for row in rows if "speech" in row]:
        print(table(shares))
    if trials := [row for row in rows if row["part"] == "prints"]:
        print(verification(trials))


def measured(cases: Iterator[Case], kept: Path) -> Iterator[Row]:
    """The rows of all cases, from the file where they are already in it."""
    known = dict(json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()) if kept.exists() else {}
    for name, case in cases:
        if name not in known:
            known[name] = {key: float(v) if isinstance(v, np.floating) else v for key, v in case().items()}
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, known[name]], ensure_ascii=False, default=int) + "\n")
        yield known[name]


if __name__ == "__main__":
    main()
