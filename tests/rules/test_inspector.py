"""Rules that an inspector asks for: told piecemeal, complaints, own mistakes, first asked, private chat."""

from __future__ import annotations

import pytest

from speechaudit.model import Finding, Setting
from speechaudit.reasons import in_chinese
from speechaudit.rules.examples import encounter_of
from speechaudit.rules.judge import judge
from speechaudit.rules.rulebook import load


def finding(rule: str, play: str, setting: Setting = "counter") -> Finding:
    book = load()
    found = judge(book, setting, encounter_of(book.rules[0], play))
    return next(f for f in found if f.rule == rule)


PIECEMEAL = "staff: 还要一份收入证明。\ncitizen: 你刚才没说啊。\nstaff: 现在说了。"


def test_told_piecemeal_goes_to_a_person_with_the_words_of_both() -> None:
    found = finding("words.one-time-notice", PIECEMEAL)
    told = in_chinese(found.evidence[0].reasons)
    assert (found.verdict, found.evidence[0].quote) == ("unclear", "你刚才没说")
    assert "还要一份收入证明" in told


@pytest.mark.parametrize(
    ("rule", "play", "verdict"),
    [
        ("words.one-time-notice", "staff: 您一共就缺两样,户口本和照片。", "pass"),
        ("words.one-time-notice", "staff: 对不起,今天办不了。", "n/a"),
        ("words.one-time-notice", "citizen: 上次你只让我带身份证。\nstaff: 还要户口本。", "unclear"),
        ("words.complaint", "citizen: 我要投诉。\nstaff: 谢谢您的意见,我记下来。", "pass"),
        ("words.complaint", "citizen: 我要投诉。\nstaff: 去吧。", "fail"),
        ("words.own-mistake", "staff: 我录错了,再签一次。", "fail"),
        ("words.own-mistake", "staff: 可能是我录错了,我查一下。", "n/a"),
        ("words.first-asked", "staff: 不归我们管,在二楼,我带您去。", "pass"),
        ("words.first-asked", "staff: 不归我们管,那边。", "unclear"),
        ("words.first-asked", "staff: 不归我们管。", "fail"),
        ("words.deferral-time", "staff: 我会给您回电话的。", "fail"),
        ("words.deferral-time", "staff: 我今天下午再给您回电话。", "pass"),
        ("forbidden.private-chat", "staff: 今晚吃火锅吧。", "unclear"),
        ("forbidden.private-chat", "staff: 您老公一起来签字就行。", "pass"),
    ],
)
def test_what_an_inspector_asks_for(rule: str, play: str, verdict: str) -> None:
    assert finding(rule, play).verdict == verdict
