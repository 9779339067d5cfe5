"""A made table of spoken numbers and addresses, and of harmless phrases with numbers in them, to measure masking on.

In a personal line `[` and `]` enclose what must not be read or heard; `|` ends a segment of the same voice, `/` hands
over to the other voice. Everything is made up: most lines from forms and a fixed seed, those in `spoken.tsv` by hand.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final

from speechaudit.model import Segment, Transcript
from speechaudit.privacy import MASK, masked_transcript

_PLAIN: Final = "零一二三四五六七八九"
_RADIO: Final = "洞幺两三四五六拐八勾"
_FORMAL: Final = "零壹贰叁肆伍陆柒捌玖"
_FULL: Final = "０１２３４５６７８９"
_MADE: Final = 300
_MUST: Final = re.compile(r"[0-9０-９零〇一二三四五六七八九幺两洞拐勾壹贰叁肆伍陆柒捌玖拾佰十百千A-Za-z叉]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the table. `kind` names the sort of number, `form` how it is said; harmless lines have no brackets."""

    kind: str
    form: str
    text: str

    @property
    def personal(self) -> bool:
        """Whether something in it must be masked."""
        return "[" in self.text


def _in(alphabet: str) -> Callable[[str], str]:
    return lambda number: "".join(alphabet[int(c)] if c.isdigit() else c for c in number)


def _unit(three: str) -> str:
    """Up to four digits as people count: 138 is 一百三十八."""
    said, zero = "", False
    for place, digit in zip(("千", "百", "十", "")[4 - len(three) :], three, strict=True):
        if digit == "0":
            zero = bool(said)
        else:
            said += ("零" if zero else "") + _PLAIN[int(digit)] + place
            zero = False
    return said


def _counted(number: str) -> str:
    """The first three digits counted, the others one by one."""
    return _unit(number[:3]) + _in(_PLAIN)(number[3:]) if number[0] != "0" else _in(_PLAIN)(number)


def _repeats(number: str) -> str:
    """Runs of the same digit as 三个八."""
    said, at = "", 0
    while at < len(number):
        run = len(number[at:]) - len(number[at:].lstrip(number[at]))
        digit = _in(_PLAIN)(number[at])
        said += f"{'零一两三四五六七八九'[run]}个{digit}" if 1 < run < 10 else digit * run
        at += run
    return said


def _split(number: str, *sizes: int) -> list[str]:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return [part for part in (*parts, number[at:]) if part]


def _joined(between: str, alphabet: str = _PLAIN) -> Callable[[str], str]:
    """Groups of three or four, with something said between them."""
    return lambda number: between.join(_in(alphabet)(part) for part in _split(number, 3, 4, 4, 4))


_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "digits": str,
    "wide": _in(_FULL),
    "numerals": _in(_PLAIN),
    "radio": _in(_RADIO),
    "formal": _in(_FORMAL),
    "counted": _counted,
    "repeats": _repeats,
    "嗯": _joined(",嗯,"),
    "那个": _joined(" 那个 "),
    "就是": _joined("就是,", "0123456789"),
    "然后": _joined("然后呢,"),
    "杠": _joined("杠"),
    "点": _joined("点", "0123456789"),
    "转": _joined("转"),
    "啊啦": _joined("啊啦"),
    "long filler": _joined(",嗯那个等一下我看看啊,后面是,"),
    "segments": _joined("|"),
    "segments and 嗯": _joined("|嗯|", "0123456789"),
    "the other says 嗯": _joined("/嗯/"),
    "the other says 对": _joined("/对,您说/", "0123456789"),
    "pairs": lambda number: ",".join(_in(_PLAIN)(part) for part in _split(number, *[2] * (len(number) // 2))),
    "slow": lambda number: "、".join(_in(_PLAIN)(number)),
}
_CARRIERS: Final = {
    "phone": ("我的电话是[{}]", "您记一下[{}],对", "打[{}]找我", "手机号[{}]您看对不对", "[{}]"),
    "landline": ("家里座机[{}]", "单位电话是[{}]", "您打[{}]"),
    "identity": ("身份证号[{}]", "我身份证是[{}]您查一下", "[{}],这是我的身份证"),
    "card": ("卡号是[{}]", "社保卡[{}]"),
    "number": ("受理号[{}]", "我的户号是[{}]"),
}


def _number(chance: random.Random, kind: str) -> str:
    def some(count: int) -> str:
        return "".join(chance.choices("0123456789", k=count))

    made = {
        "phone": lambda: (
            chance.choice(("138", "150", "189", "177", "199")) + chance.choice((some(8), "00" + some(3) + "888"))
        ),
        "landline": lambda: chance.choice(("025", "0514", "")) + "8" + some(7),
        "identity": lambda: (
            "3201" + some(2) + str(chance.randint(1950, 2009)) + "0307" + some(3) + chance.choice("0123456789")
        ),
        "card": lambda: "6222" + some(15),
        "number": lambda: some(chance.randint(8, 12)),
    }
    return made[kind]()


_WRITTEN: Final = tuple(
    Line(kind=kind, form=form, text=text)
    for kind, form, text in (
        row.split("\t") for row in Path(__file__).with_suffix(".tsv").read_text("utf-8").splitlines()
    )
)


def personal() -> Iterator[Line]:
    """300 lines in each of which something must be masked."""
    chance = random.Random(17)
    written = [line for line in _WRITTEN if line.personal]
    yield from written
    kinds = list(_CARRIERS)
    for n in range(_MADE - len(written)):
        kind, form = kinds[n % len(kinds)], list(_FORMS)[n % len(_FORMS)]
        said = _FORMS[form](_number(chance, kind))
        yield Line(kind=kind, form=form, text=chance.choice(_CARRIERS[kind]).format(said))


def _filled(chance: random.Random, template: str) -> str:
    digits = chance.random() < 0.4
    shown: Callable[[int], str] = str if digits else (lambda n: _unit(str(n)))
    return template.format(
        a=shown(chance.randint(11, 999)), b=shown(chance.randint(1000, 9999)), d=shown(chance.randint(1, 9)),
        n=shown(chance.randint(2, 9)), t=shown(chance.randint(11, 31)), u=shown(chance.randint(100, 999)),
        v=shown(chance.randint(100, 999)), x=shown(chance.randint(1000, 1999)), w=chance.randint(100_000, 9_999_999),
        h=shown(chance.randint(1, 12)), m=shown(chance.randint(11, 59)), y=chance.choice(("2024", "二零二四")),
        f=chance.randint(1000, 399_999), q=chance.choice(("012", "一二三", "1023")),
    )  # fmt: skip


def harmless() -> Iterator[Line]:
    """300 lines in which nothing is to be masked."""
    chance = random.Random(18)
    templates = [line for line in _WRITTEN if not line.personal]
    for n in range(_MADE):
        template = templates[n % len(templates)]
        yield replace(template, text=_filled(chance, template.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """How the lines came out: personal ones with a letter or digit left open, harmless ones with something masked."""

    open: tuple[Line, ...]
    false: tuple[Line, ...]
    personal: int = _MADE
    harmless: int = _MADE

    @property
    def recall(self) -> float:
        """The part of the personal lines of which nothing is left to read."""
        return 1 - len(self.open) / self.personal

    @property
    def false_masks(self) -> float:
        """The part of the harmless lines in which something is masked."""
        return len(self.false) / self.harmless


def said(line: Line) -> tuple[Transcript, tuple[str, ...]]:
    """The line as a transcript of two voices, and for each segment the letters in it that must be masked, else `.`."""
    segments: list[Segment] = []
    wanted: list[str] = []
    inside, voice, clock = False, "a", count()
    for turn in line.text.replace("/", "|/").split("|"):
        voice = {"a": "b", "b": "a"}[voice] if turn.startswith("/") else voice
        text = turn.removeprefix("/")
        marks = ""
        for char in text:
            inside = char == "[" or (inside and char != "]")
            marks += "" if char in "[]" else char if inside and _MUST.match(char) else "."
        start = float(next(clock))
        segments.append(Segment(start=start, end=start + 1, text=re.sub(r"[\[\]]", "", text), speaker=voice))
        wanted.append(marks)
    return Transcript(segments=tuple(segments), duration=len(segments)), tuple(wanted)


def is_covered(line: Line) -> bool:
    """Whether every letter of the line that must be masked is."""
    transcript, wanted = said(line)
    shown = [segment.text for segment in masked_transcript(transcript).segments]
    return all(
        a == MASK or b == "." for text, must in zip(shown, wanted, strict=True) for a, b in zip(text, must, strict=True)
    )


def measured() -> Masking:
    """Mask all lines."""
    opened = tuple(line for line in personal() if not is_covered(line))
    false = tuple(line for line in harmless() if MASK in masked_transcript(said(line)[0]).segments[0].text)
    return Masking(open=opened, false=false)


def main() -> None:
    """Print the figures and every line that came out wrong."""
    found = measured()
    for name, lines in (("open", found.open), ("false", found.false)):
        for line in lines:
            texts = [segment.text for segment in masked_transcript(said(line)[0]).segments]
            print(f"{name}\t{line.kind}\t{line.form}\t{line.text}\t{'|'.join(texts)}")
    print(f"masked whole: {found.recall:.1%} of {found.personal}")
    print(f"false masks: {found.false_masks:.1%} of {found.harmless}")


if __name__ == "__main__":
    main()
