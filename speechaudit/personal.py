"""Finds the numbers and addresses of people in what was said, in digits, in Chinese numerals, and as people count.

A number is read as pieces: single digits (幺, 拐, 壹 and so on among them), repeats (三个八), counted ones
(一百三十八), and what people say between them. Seven digits in a row make it personal: what is no personal number is
masked too, but for what is plainly something else (money, times, years, numbers of staff, hotlines).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["identity", "phone", "card", "number", "address"]
FEWEST: Final = 7  # digits; the shortest telephone number has so many
_EDGE_FEWEST: Final = 3  # at the edge of a quote, where a longer number may go on
_COUNTED_PLAIN: Final = 4  # digits said one by one, among counted ones that have no shape of a number
_STAFF_DIGITS, _MONEY_DIGITS = 8, 9  # at most

_VALUES: Final = {
    **{c: str(n) for n, c in enumerate("零一二三四五六七八九")},
    **{c: str(n) for n, c in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    **{c: str(n) for n, c in enumerate("０１２３４５６７８９")},
    **{c: c for c in "0123456789"},
    **dict(zip("幺两貳參陸洞拐勾", "12236079", strict=True)),
}
_ASCII: Final = str.maketrans(_VALUES)
_D: Final = f"[{''.join(_VALUES)}]"
_MANY: Final = "[两二三四五六七八九贰叁肆伍陆柒捌玖2-9２-９]"
_TEN, _HUNDRED, _THOUSAND = "[十拾]", "[百佰]", "[千仟]"
_REST_10 = f"(?:零?{_D}{_TEN}{_D}?|零?{_D})?"
_COUNTED: Final = (
    f"{_D}{_THOUSAND}(?:零?{_D}{_HUNDRED})?{_REST_10}|{_D}{_HUNDRED}{_REST_10}|{_D}?{_TEN}(?:{_D}(?!{_TEN}))?"
)
# What people say between two groups of a number, and how recognisers write digits that they did not understand.
_BETWEEN: Final = (
    r"[前后中头末][0-9一二三四五六七八九十两]位|出生年月日?|身份证号码?|手机号码?|电话号码?|号码|区号|分机号?|尾[号数]|前面|后[面边]|开头|中间|最后|"
    r"大写的?|等一下|稍等|[您你]?[说讲记]|[您你]看|让?我?[看想](?:一?[看想下])?|接?下来|不对|不是|没错|横?杠|空格|那个|这个|就是|然后|接着|"
    r"[嗯呃额啊哦噢喔唉哎诶欸呢吧哈呀啦嘛嘞了对是的好再又转还有那这要么妖腰动怪钩沟减]|点(?=[\d零一二三四五六七八九幺两])|_|[^\w*]"
)
_TIME: Final = r"(?<!\d)(?:[01]?\d|2[0-4])(?:[::]|点(?=[0-5]\d(?!\d|点)))[0-5]\d(?!\d)"
_NUMBER: Final = rf"(?:{_D}|[十]){{1,3}}"
_PIECE: Final = re.compile(
    rf"(?P<time>{_TIME})|(?P<repeat>(?P<often>{_MANY})个(?P<digit>{_D})(?![十拾百佰千仟万]))"
    rf"|(?P<day>{_D}{{4}}年{_NUMBER}月(?:{_NUMBER}[日号]?)?)|(?P<counted>{_COUNTED})|(?P<digits>{_D})|(?P<between>{_BETWEEN})"
)
_LAST_X: Final = re.compile(r"(?:[^\w*]|大写的?|嗯|是)*(?:[XxＸ叉]|艾克斯)")
_OF_STAFF: Final = re.compile(r"工号[是为叫]?\W?$")
_MONEY: Final = re.compile(r"\W?(?:[元块圆万亿]|美元|人民币)")
_HOTLINE: Final = re.compile(r"[48]00\d{7}|(?:110|119|120|122|12[0-9]{3}|95\d{3,4}|96\d{3,4})")
_COUNTING: Final = "1234567891011121314151617181920"
_LETTER: Final = re.compile(r"[A-Za-z]$")
_YEARS: Final = re.compile(r"(?:20[0-4]\d){2,}\d?")

_COUNT: Final = rf"(?:{_D}|[十百千拾佰仟]){{1,7}}"
_GAP: Final = r"(?:[^\w*]|嗯|呃|那个|就是|的){0,8}"
_PLACE: Final = (
    "路|街|大道|巷|弄|胡同|小区|花园|家园|公寓|新村|山庄|大厦|社区|新城|广场|苑|村|庄|组|大队|湾|坊|(?<![这那哪])里"
)
_NO_WINDOW: Final = "(?![窗柜厅门线台口])"  # those are in the hall
_UNIT: Final = f"(?:号楼|号院|号{_NO_WINDOW}|弄|栋|幢|座|单元|组)"
_TAIL: Final = (
    rf"(?:{_GAP}(?:{_COUNT}(?:号楼|号{_NO_WINDOW}|栋|幢|座|单元|楼|层|室|户|组)|[A-Za-z甲乙丙丁][座栋幢]|之{_D}"
    rf"|(?:{_D}{{3,4}}|{_COUNT})(?=$|\W|[室那这的]|就)))*"
)
_ROOM: Final = rf"(?:{_D}{{3,4}}[室号房]?|{_COUNT}[室户])"
_ADDRESS: Final = re.compile(
    rf"[一-鿿]{{0,12}}?(?:{_PLACE})(?:[东南西北]区|{_COUNT}期)?{_GAP}(?:[甲乙丙丁]?{_COUNT}{_UNIT}|[A-Za-z甲乙丙丁][座栋幢]{_GAP}(?={_D})){_TAIL}"
    rf"|[一-鿿]{{0,12}}?(?:{_PLACE}){_GAP}{_COUNT}[-—－]{_COUNT}(?:[-—－]{_COUNT}){{0,2}}"
    rf"|(?:[A-Z]|{_COUNT})(?:号楼|[栋幢座])(?:{_GAP}{_COUNT}(?:单元|楼|层)){{0,2}}{_GAP}{_ROOM}"
    rf"|{_COUNT}(?:号楼|[栋幢]){_GAP}{_COUNT}单元{_GAP}{_COUNT}"
)
_PLATE: Final = re.compile(
    rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z]\W?(?:[A-Za-z]|{_D}){{5,6}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """Characters `start` up to `end` of a text that are personal."""

    kind: Kind
    start: int
    end: int


@dataclass(slots=True)
class _Run:
    """Digits that follow each other; `value` as digits, `plain` of them said one by one."""

    start: int
    end: int = 0
    value: str = ""
    plain: int = 0


def find(text: str) -> tuple[Personal, ...]:
    """Return all that is personal in a text, in order; a number inside an address is part of it."""
    places = [Personal(kind="address", start=m.start(), end=m.end()) for m in _ADDRESS.finditer(text)]
    plates = [Personal(kind="number", start=m.start(), end=m.end()) for m in _PLATE.finditer(text)]
    numbers = [_number(text, run) for run in _runs(text) if _is_personal(text, run)]
    return tuple(sorted((*places, *plates, *numbers), key=lambda found: found.start))


def at_edges(text: str) -> tuple[Personal, ...]:
    """Return the shorter numbers with which a text begins or ends: parts of a longer one, if it was cut out."""
    first, last = _without(text), len(text) - _without(text[::-1])
    return tuple(
        Personal(kind="number", start=run.start, end=run.end)
        for run in _runs(text)
        if len(run.value) >= _EDGE_FEWEST and (run.start <= first or run.end >= last)
        if run.plain >= _EDGE_FEWEST and not _is_harmless(text, run)
    )


def digits(text: str) -> int:
    """Return the number of digits and Chinese numerals in a text."""
    return sum(char in _VALUES for char in text)


def _runs(text: str) -> Iterator[_Run]:
    """Digits with nothing between them but what people say between digits."""
    run: _Run | None = None
    last = 0
    for piece in _PIECE.finditer(text):
        if run and (piece.start() > last or piece["time"]):
            yield run
            run = None
        last = piece.end()
        if not (piece["between"] or piece["time"]):
            run = run or _Run(start=piece.start())
            run.end = piece.end()
            _add(run, piece)
    if run:
        yield run


def _add(run: _Run, piece: re.Match[str]) -> None:
    if piece["day"]:
        run.value += piece["day"][:4].translate(_ASCII) + "0000"
        return
    if piece["counted"]:
        run.value += _counted(piece["counted"])
        return
    said = _VALUES[piece["digit"]] * int(_VALUES[piece["often"]]) if piece["repeat"] else _VALUES[piece["digits"]]
    run.value += said
    run.plain += len(said)


def _counted(said: str) -> str:
    """The number that 一百三十八 is, as digits."""
    total, digit = 0, 0
    for char in said:
        if unit := {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}.get(char):
            total, digit = total + (digit or 1) * unit, 0
        else:
            digit = int(_VALUES[char])
    return str(total + digit)


def _is_personal(text: str, run: _Run) -> bool:
    if len(run.value) < FEWEST or _is_harmless(text, run):
        return False
    return run.plain >= _COUNTED_PLAIN or _is_phone(run.value) or len(run.value) in (11, 18)


def _is_harmless(text: str, run: _Run) -> bool:
    """Return whether it is plainly something else, by its shape and the words around it."""
    said, whole = text[run.start : run.end], len(run.value) >= FEWEST
    alone = all(char in _VALUES for char in said)
    return (
        (whole and _COUNTING.startswith(run.value[:-1]) and not _LETTER.search(text, max(0, run.start - 1), run.start))
        or (whole and len(set(run.value)) == 1)
        or bool(_HOTLINE.fullmatch(run.value) or _YEARS.fullmatch(run.value))
        or (len(run.value) % 5 == 0 and set(re.findall(".{5}", run.value)) == {"12345"})
        or (len(run.value) <= _STAFF_DIGITS and bool(_OF_STAFF.search(text, max(0, run.start - 6), run.start)))
        or (alone and len(run.value) <= _MONEY_DIGITS and bool(_MONEY.match(text, run.end)))
    )


def _is_phone(value: str) -> bool:
    return bool(re.fullmatch(r"(?:86)?1[3-9]\d{9}|0\d{9,11}", value))


def _number(text: str, run: _Run) -> Personal:
    last = _LAST_X.match(text, run.end)
    return Personal(kind=_kind(run.value, bool(last)), start=run.start, end=last.end() if last else run.end)


def _kind(value: str, ends_in_x: bool) -> Kind:
    if ends_in_x or len(value) == 18:
        return "identity"
    if _is_phone(value):
        return "phone"
    return "card" if len(value) in (16, 17, 19) else "number"


def _without(text: str) -> int:
    """Return how many characters of punctuation and of single fillers a text begins with."""
    found = re.match(r"(?:[\W_]|[嗯呃额啊哦是的对好])*", text)
    return found.end() if found else 0
