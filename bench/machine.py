"""How surely announcements are told from people: made calls (tuning and test), labelled dialogues, training dialogues.

    python -m bench.machine
    python -m bench.machine --sound FOLDER     # NAME.opus, NAME.json and NAME.play, made by samples/make

In `announcements/tuning.txt` and `test.txt` calls are parted by empty lines; what a machine says there is given to the
staff before it is told, as exporters do. Of `labelled/` and `training/dialogues/`, where only people speak, all that is
taken from them is a false alarm.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from speechaudit import formats, pipeline
from speechaudit.model import Segment, Setting, Transcript
from speechaudit.rules import plays, rulebook
from speechaudit.rules.rulebook import Rulebook
from speechaudit.speakers import mark_announcements
from speechaudit.text import letters

HERE = Path(__file__).parent
ROOT = HERE.parent
SIDES = {"S": "staff", "C": "citizen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One call: what was told of it by true role and by told role, in characters, and what went wrong."""

    title: str
    counts: Counter[tuple[str, str]]
    wrong: tuple[Segment, ...]


def main() -> None:
    """Print a line for each corpus, and what went wrong in the tuning half; or one for recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", type=Path, help="a folder of made recordings with their plays")
    book, folder = rulebook.load(), parser.parse_args().sound
    if folder:
        print(summary("sound", list(hearings(book, folder))))
        return
    made = {half: [tell(book, *call, "phone") for call in made_calls(half)] for half in ("tuning", "test")}
    for half, calls in made.items():
        print(summary(f"made, {half}", calls))
    for call in made["tuning"]:
        for segment in call.wrong:
            print(f"  {call.title}: {segment.role} {segment.text} {segment.role_reason}")
    for name, known in (("labelled/tuning", labelled("tuning")), ("labelled/test", labelled("test"))):
        print(summary(name, [tell(book, *call) for call in known]))
    print(summary("training/dialogues", [tell(book, *call) for call in dialogues()]))


def hearings(book: Rulebook, folder: Path) -> Iterator[Told]:
    """Each recording as it was heard against its play: what lies in an announcement, and what does not."""
    from speechaudit.asr import whisper

    transcriber = whisper.load(device="cpu")
    for path in sorted(folder.glob("*.opus")):
        truth = plays.parse(path.with_suffix(".play").read_text("utf-8")).transcript
        facts = formats.recording_of(path.name, formats.read_sidecar(path.with_suffix(".json")), "phone", None)
        heard = pipeline.hear(path, facts, transcriber, book, lambda _: None).transcript
        counts: Counter[tuple[str, str]] = Counter()
        for segment in heard.segments:
            true = max(truth.segments, key=segment.overlap).role
            counts[true, segment.role] += len(letters(segment.text))
            print(f"  {path.stem} {segment.start:.1f} {true} {segment.role} {segment.text}")
        yield Told(title=path.stem, counts=counts, wrong=())


def tell(book: Rulebook, title: str, truth: Transcript, setting: Setting) -> Told:
    """Tell the machines of a call in which they were given to the staff."""
    given = replace(truth, segments=tuple(_of_people(segment) for segment in truth.segments))
    found = mark_announcements(given, book.announcements, setting)
    counts: Counter[tuple[str, str]] = Counter()
    wrong = []
    for segment in found.segments:
        (true,) = {own.role for own in truth.segments if own.start <= segment.start < own.end}
        counts[true, segment.role] += len(letters(segment.text))
        if true != segment.role:
            wrong.append(segment)
    return Told(title=title, counts=counts, wrong=tuple(wrong))


def _of_people(segment: Segment) -> Segment:
    return replace(segment, role="staff") if segment.role == "machine" else segment


def summary(name: str, calls: list[Told]) -> str:
    """One line: calls, shares of the announcements that were told, and what was taken from people."""
    counts = sum((call.counts for call in calls), Counter[tuple[str, str]]())
    machine = {told: n for (true, told), n in counts.items() if true == "machine"}
    people = sum(n for (true, _), n in counts.items() if true != "machine")
    taken = sum(n for (true, told), n in counts.items() if true != "machine" and told == "machine")
    doubted = sum(n for (true, told), n in counts.items() if true in ("staff", "citizen") and told == "unknown")
    whole = sum(machine.values())
    told = f"{machine.get('machine', 0)}/{whole} told, {machine.get('unknown', 0)} nobody's, " if whole else ""
    return f"{name}: {len(calls)} calls; {told}of people's {people} characters {taken} taken, {doubted} doubted"


def made_calls(half: str) -> Iterator[tuple[str, Transcript]]:
    """The made calls of one half, with the true roles."""
    for block in _blocks((HERE / "announcements" / f"{half}.txt").read_text("utf-8")):
        yield block.partition("\n")[0], plays.parse(block).transcript


def labelled(half: str) -> Iterator[tuple[str, Transcript, Setting]]:
    """The labelled dialogues of one half; nobody but people speaks there."""
    for path in sorted((ROOT / "labelled" / half).glob("*.play")):
        play = plays.parse(path.read_text("utf-8"), str(path))
        yield path.stem, play.transcript, play.setting


def dialogues() -> Iterator[tuple[str, Transcript, Setting]]:
    """The dialogues that the side model was trained on; nobody but people speaks there."""
    for path in sorted((ROOT / "training" / "dialogues").glob("*.txt")):
        for block in _blocks(path.read_text("utf-8")):
            said = [line for line in block.splitlines() if line[:2] in ("S:", "C:")]
            text = "\n".join(f"{SIDES[line[0]]}: {line[2:]}" for line in said)
            if text:
                yield block[:20], plays.parse(text).transcript, "counter" if "counter" in block[:80] else "phone"


def _blocks(text: str) -> list[str]:
    return [block for block in text.strip().split("\n\n") if block.strip()]


if __name__ == "__main__":
    main()
