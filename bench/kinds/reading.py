"""The instances of each kind: plays with the right answer beside them, as somebody wrote it down before any was run.

    % KIND SETTING RULE=VERDICT …
    ended_by: line
    M @0.4-8: what a machine says, given to the staff as exporters do
    S @9-11: the member of staff who is judged
    S2!: another one, whose words must be charged
    S?: either of them
    C: the other side

`!` marks words that must be charged, `~` those that may be; no others may. A rule may be written short (`SHORT`),
`leave` stands for the three rules on farewells. In a kind of single lines each `fair:` or `rude:` is an instance, said
in the middle of a service. Of each kind every second instance is held back until all is tuned on the others. Those
in `later/` were written when the kinds of both halves had been mended.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from speechaudit.model import EndedBy, Recording, Setting, Transcript
from speechaudit.rules import plays

HERE = Path(__file__).parent
Half = Literal["tuning", "held", "later"]
Who = Literal["M", "S", "S2", "S3", "S?", "C"]
WHO: tuple[Who, ...] = ("M", "S", "S2", "S3", "S?", "C")
ENDED_BY: tuple[EndedBy, ...] = ("staff", "citizen", "line")
SHORT = {
    "opening": "phone.opening",
    "reason": "words.reason",
    "wait": "words.wait-notice",
    "wrong": "phone.wrong-number",
    "answer": "sounds.answer",
    "hold": "phone.hold-notice",
    "holdback": "phone.hold-return",
}
_AROUND = {
    "phone": ("S: 您好,这里是社保窗口,请讲。\nC: 我问一下我的社保。\n", "\nC: 好。"),
    "counter": ("S: 您好,请坐,请问办什么业务?\nC: 我办社保卡。\n", "\nC: 好。"),
}
_TURN = re.compile(r"(M|S[23?]?|C)([!~]?)( @[\d.]+-[\d.]+)?: (.+)")
_LINE = re.compile(r"(fair|rude): (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One turn: who says it, and whether it must be charged (`!`), may be (`~`) or may not."""

    who: Who
    charge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A play with the right answer; `wanted` holds pairs of a rule (or `leave`, `services`) and its verdict."""

    kind: str
    half: Half
    text: str
    recording: Recording
    transcript: Transcript
    lines: tuple[Line, ...]
    wanted: tuple[tuple[str, str], ...]


def instances() -> Iterator[Instance]:
    """Yield all instances, kind by kind."""
    seen: Counter[str] = Counter()
    for path in sorted(HERE.glob("*.txt")):
        for kind, setting, wanted, block in _written(path.read_text("utf-8")):
            seen[kind] += 1
            yield _instance(kind, "tuning" if seen[kind] % 2 else "held", setting, wanted, block)
    for path in sorted((HERE / "later").glob("*.txt")):
        for kind, setting, wanted, block in _written(path.read_text("utf-8")):
            yield _instance(kind, "later", setting, wanted, block)


def _written(text: str) -> Iterator[tuple[str, Setting, Sequence[str], str]]:
    """Yield kind, setting, what is wanted and the lines of each instance of a file."""
    for block in text.split("\n% ")[1:]:
        head, _, body = block.partition("\n")
        kind, stated, *wanted = head.split()
        setting: Setting = "phone" if stated == "phone" else "counter"
        if single := _LINE.findall(body):
            before, after = _AROUND[setting]
            for told, line in single:
                yield kind, setting, (), f"{before}{'S!' if told == 'rude' else 'S'}: {line}{after}"
        else:
            yield kind, setting, wanted, body


def _instance(kind: str, half: Half, setting: Setting, wanted: Sequence[str], block: str) -> Instance:
    written = [line for line in block.splitlines() if line.strip()]
    turns = [found for line in written if (found := _TURN.fullmatch(line))]
    header = dict(line.split(": ") for line in written if not _TURN.fullmatch(line))
    said = "\n".join(f"{'citizen' if t[1] == 'C' else 'staff'}{t[3] or ''}: {t[4]}" for t in turns)
    ended_by = header.get("ended_by")
    return Instance(
        kind=kind,
        half=half,
        text=block.strip(),
        recording=Recording(
            file=kind,
            setting=setting,
            ended_by=next((own for own in ENDED_BY if own == ended_by), None),
        ),
        transcript=plays.parse(said).transcript,
        lines=tuple(Line(who=_who(t[1]), charge=t[2]) for t in turns),
        wanted=tuple((SHORT.get(rule, rule), told) for rule, told in (want.split("=", 1) for want in wanted)),
    )


def _who(mark: str) -> Who:
    return next(who for who in WHO if who == mark)
