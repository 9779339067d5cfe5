"""Lines and plays of people who had seen neither rules nor training data: only for measuring, never for tuning.

Five sets by five hands. After `first` was measured, rules learned the kinds of nine fair lines of it that they
charged: of its figures the share wrongly charged is no longer blind. Nobody looked into the others.
`lines.txt` of a set is in the form of `training/writers`. `plays.txt` holds dialogues: `# play N setting=phone`, then
turns, a fault of the staff as `staff[LABEL]:`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from speechaudit import pipeline
from speechaudit.classifiers import label
from speechaudit.model import Audit, Encounter, Finding, Recording, Segment, Setting, Transcript
from speechaudit.rules import plays
from speechaudit.rules.judge import finding, scene_of, settled
from speechaudit.rules.rulebook import Rulebook
from training.augment import misheard
from training.utterances import Utterance
from training.writers import read_lines

HERE = Path(__file__).parent
SETS = {name: HERE / name for name in ("first", "second", "third", "fourth", "fifth")}
LINES, PLAYS = "lines.txt", "plays.txt"
NOISE = 0.08
"""The share of characters that noise takes for others of the same sound, or loses."""
SEED = 5
ANY_FAMILY = "forbidden.rude"
"""The rule that charges a fault of whatever family: true for each."""
Outcome = Literal["fail", "unclear", "missed"]
_HEAD = re.compile(r"# play \d+ setting=(phone|counter)")
_FAULT = re.compile(r"^staff\[([a-z-]+)\]:", re.MULTILINE)
_TURN = re.compile(r"^(?:staff|citizen)(?:\[([a-z-]+)\])?:", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one line of the staff.

    `labels` are empty where it is no fault; `own` says whether a rule of its label decided or the one for faults of any
    family, `rules` which ones did.
    """

    text: str
    labels: frozenset[str]
    outcome: Outcome
    own: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindPlay:
    """A dialogue; `faults` holds the label of each of its turns, or ""."""

    setting: Setting
    transcript: Transcript
    faults: tuple[str, ...]


def lines(book: Rulebook, folder: Path, labels: Path | None = None, *, noise: bool = False) -> tuple[Told, ...]:
    """Judge each line as a service in which nothing was said but it and the turn before it.

    `labels` is a folder with the label model in force; without it the delivered one tells.
    """
    hear = _hearing(noise=noise)
    return tuple(_line(book, own, hear, labels) for own in read_lines(folder / LINES))


def _line(book: Rulebook, own: Utterance, hear: Callable[[str], str], labels: Path | None) -> Told:
    said = [("citizen", own.before)] if own.before else []
    turns = "\n".join(f"{role}: {hear(text)}" for role, text in (*said, ("staff", own.text)))
    transcript = label(plays.parse(turns).transcript, labels)
    scene = scene_of(book, Encounter(start=0.0, end=transcript.duration, transcript=transcript))
    rules = (rule for rule in book.in_force("counter") if rule.kind == "forbidden")
    findings = settled(book, [finding(book, rule, book.judges[rule.id](scene)) for rule in rules])
    return _told(findings, transcript.segments[-1], own.labels)


def in_plays(book: Rulebook, folder: Path, labels: Path | None = None, *, noise: bool = False) -> tuple[Told, ...]:
    """Judge every play whole, and return what became of each turn of the staff. `labels` is as in `lines`."""
    hear = _hearing(noise=noise)
    found = read_plays((folder / PLAYS).read_text("utf-8"))
    return tuple(told for play in found for told in _play(book, play, hear, labels))


def _play(book: Rulebook, play: BlindPlay, hear: Callable[[str], str], labels: Path | None) -> Iterator[Told]:
    heard = tuple(replace(segment, text=hear(segment.text)) for segment in play.transcript.segments)
    audit = judged(book, replace(play, transcript=replace(play.transcript, segments=heard)), labels)
    findings = [finding for encounter in audit.encounters for finding in encounter.findings]
    for segment, fault in zip(heard, play.faults, strict=True):
        if segment.role == "staff":
            yield _told(findings, segment, frozenset({fault} if fault else ()))


def judged(book: Rulebook, play: BlindPlay, labels: Path | None = None) -> Audit:
    """Judge a play whole. `labels` is as in `lines`."""
    transcript = label(play.transcript, labels)
    return pipeline.judge_transcript(book, Recording(file="play", setting=play.setting), transcript)


def read_plays(text: str) -> Iterator[BlindPlay]:
    """The plays of a text, in order."""
    settings: list[Setting] = ["phone" if found == "phone" else "counter" for found in _HEAD.findall(text)]
    for setting, turns in zip(settings, _HEAD.split(text)[2::2], strict=True):
        transcript = plays.parse(_FAULT.sub("staff:", turns)).transcript
        yield BlindPlay(setting=setting, transcript=transcript, faults=tuple(_TURN.findall(turns)))


def _told(findings: Iterable[Finding], segment: Segment, labels: frozenset[str]) -> Told:
    """What the rules on forbidden speech said of one segment: the worst that any of them did."""
    speaking = [f for f in findings if f.kind == "forbidden" and any(e.overlap(segment) > 0 for e in f.evidence)]
    fails = [f for f in speaking if f.verdict == "fail"]
    doubts = [f for f in speaking if f.verdict == "unclear"]
    deciding = fails or doubts
    told = {_label_of(f.rule) for f in deciding}
    return Told(
        text=segment.text,
        labels=labels,
        outcome="fail" if fails else "unclear" if doubts else "missed",
        own=bool(labels) and not told.isdisjoint(labels | {_label_of(ANY_FAMILY)}),
        rules=tuple(f.rule for f in deciding),
    )


def _label_of(rule: str) -> str:
    name = rule.removeprefix("forbidden.")
    return name if name == "profanity" else f"forbid-{name}"


def _hearing(*, noise: bool) -> Callable[[str], str]:
    rng = random.Random(SEED)
    return (lambda text: misheard(text, NOISE, rng) or text) if noise else str
