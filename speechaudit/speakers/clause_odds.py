"""What the clauses of a segment say by themselves, before their place is looked at: log-odds for a machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from speechaudit.model import Segment, Telltale
from speechaudit.speakers.clauses import ClausePart
from speechaudit.text import letters

FindTelltales = Callable[[str], Sequence[Telltale]]

NO_CUE = -1.0  # log-odds of a clause that says nothing of itself: announcements mostly do
CERTAIN = 4.0  # log-odds from which on a cue needs no place
STATED = 12.0  # log-odds of what is known to be a machine
OPEN_ENDED = re.compile(
    "(您好|你好|对不起|抱歉|再见|谢谢|感谢(您的?)?来电|祝您(生活愉快|工作顺利|身体健康)|请稍[候等后])?"
)
BEEP = re.compile("[嘟嘀滴哔]+")  # a tone that the recogniser wrote down
NUMBER = re.compile("[0-9零〇一二三四五六七八九十幺两]+号?")
# A menu gives examples (比如,我要补办社保卡) and asks for a key behind a question (解决了吗?解决请按1).
EXAMPLE = re.compile("(比如|例如|譬如)说?")
ASKS = 1.0  # log-odds of such a question
QUESTION = re.compile("(吗|么)$|是否")
TAKES_LEAVE = re.compile("再见|再会|拜拜|谢谢|多谢|感谢|不客气|不用谢|慢走|祝您")
GIVES_WAY = re.compile(f"{TAKES_LEAVE.pattern}|^[嗯哦噢喔好行对啊是的吧了嘞啦]+$|(知道|明白|清楚|晓得)了")


def clause_odds(segment: Segment, clauses: Sequence[ClausePart], find: FindTelltales) -> list[float]:
    """Return log-odds of each clause for a machine, by its words: the strongest sign of either side counts.

    An example, a question and a number are whose the clause beside them is.
    """
    if segment.role == "machine":
        return [STATED] * len(clauses)
    told = find(segment.text)
    odds: list[float] = []
    for at, clause in enumerate(clauses):
        found = [t.odds for t in told if clause.start <= t.start < clause.end]
        own = max(0.0, *found) + min(0.0, *found) if found else _without_a_cue(clause, odds)
        odds.append(max(own, 0.0) if at and _is_example(clauses[at - 1]) and max(odds) > 0 else own)
    return list(_with_questions(clauses, odds))


def _without_a_cue(clause: ClausePart, before: Sequence[float]) -> float:
    said = letters(clause.text)
    if BEEP.fullmatch(said):
        return CERTAIN
    numbered = bool(before) and before[-1] > 0 and NUMBER.fullmatch(said)
    return 0.0 if numbered or OPEN_ENDED.fullmatch(said) else NO_CUE


def _is_example(clause: ClausePart) -> bool:
    return bool(EXAMPLE.fullmatch(letters(clause.text)))


def _with_questions(clauses: Sequence[ClausePart], odds: Sequence[float]) -> Iterator[float]:
    """Yield the odds; what asks right before a clause that only machines say, asks for a key."""
    for at, own in enumerate(odds):
        asks = QUESTION.search(letters(clauses[at].text)) and max(odds[at + 1 : at + 2], default=0.0) >= CERTAIN
        yield max(own, ASKS) if asks else own


def parting(mine: Segment | None, theirs: Segment | None) -> bool:
    """Return whether the last words of one's own side take leave, or those of the other side do or agree."""
    said = bool(mine and TAKES_LEAVE.search(mine.text))
    return said or bool(theirs and GIVES_WAY.search(letters(theirs.text)))
