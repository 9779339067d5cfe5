"""Announcements are nobody's words: neither credited nor charged, and nothing is counted by them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speechaudit.measures import measure
from speechaudit.model import Audit, Finding, Probe, Recording, Span
from speechaudit.pipeline import judge_transcript
from speechaudit.reports.events import describe_marks
from speechaudit.rules import plays, rulebook
from speechaudit.rules.judge import listen_requests
from speechaudit.rules.people import between_announcements, probes_of_people

BOOK = rulebook.load()
CALL = Recording(file="a.wav", setting="phone", direction="in", ring_seconds=4.0)
MENU = "machine @0.5-9.0: 您好,欢迎致电,社保业务请按1,人工服务请按0。"
SURVEY = "machine @34.0-41.0: 请对本次服务进行评价,满意请按1,感谢您的来电,再见。"
GOOD = """
staff @20.0-23.5: 您好,这里是社保窗口,请讲。
citizen @24.0-27.0: 社保卡丢了怎么补?
staff @27.5-31.0: 请您带身份证到银行网点补办,再见。
"""
CURT = """
staff @20.0-22.5: 喂,什么事,快说。
citizen @24.0-27.0: 社保卡丢了怎么补?谢谢,再见。
staff @27.5-28.0: 嗯。
"""


def audit(*parts: str) -> Audit:
    return judge_transcript(BOOK, CALL, plays.parse("\n".join(parts)).transcript)


def findings(*parts: str) -> dict[str, Finding]:
    return {finding.rule: finding for finding in audit(*parts).encounters[0].findings}


@pytest.mark.parametrize("said", [GOOD, CURT])
def test_announcements_change_no_verdict(said: str) -> None:
    alone = {rule: finding.verdict for rule, finding in findings(said).items()}
    assert {rule: finding.verdict for rule, finding in findings(MENU, said, SURVEY).items()} == alone
    assert alone["phone.opening"] == ("pass" if said == GOOD else "fail")
    assert alone["phone.closing"] == ("pass" if said == GOOD else "fail")


def test_what_a_machine_says_is_charged_to_nobody() -> None:
    rude = "machine @10.0-12.0: 这不归我管,你去问别人。"
    assert findings(rude, GOOD)["forbidden.ask-others"].verdict == "pass"


def test_the_opening_is_looked_for_behind_the_menu() -> None:
    missed = findings(MENU, CURT, SURVEY)["phone.opening"].evidence[0]
    assert (missed.start, missed.end) == (20.0, 28.0)


def test_only_announcements_are_not_judged() -> None:
    (encounter,) = audit(MENU, SURVEY).encounters
    assert encounter.score and [reason.code for reason in encounter.score.reasons] == ["only-announcements"]


def test_announcements_are_counted_by_themselves() -> None:
    with_them, alone = (measure(plays.parse(text).transcript, CALL, 0.35) for text in (MENU + GOOD + SURVEY, GOOD))
    assert with_them.pop("machine_seconds") == 15.5
    assert with_them == alone


def test_the_second_listen_stays_away_from_announcements() -> None:
    transcript = plays.parse(MENU + CURT + SURVEY).transcript
    assert between_announcements(transcript, Span(start=0.0, end=60.0)) == Span(start=9.0, end=34.0)
    (encounter,) = judge_transcript(BOOK, CALL, transcript).encounters
    for request in listen_requests(BOOK, "phone", encounter, Span(start=0.0, end=60.0), "whisper-base"):
        assert 9.0 <= request.start < request.end <= 34.0


def test_a_probe_in_an_announcement_is_none() -> None:
    transcript = plays.parse(MENU + CURT + SURVEY).transcript
    inside, behind = (
        Probe(start=at, end=at + 0.5, channel=0, phrase="您好", variant="您好", score=0.9) for at in (1.0, 20.0)
    )
    assert probes_of_people(replace(transcript, probes=(inside, behind))) == (behind,)


def test_a_report_tells_announcements_with_their_length() -> None:
    (encounter,) = audit(MENU, GOOD, SURVEY).encounters
    assert describe_marks(encounter) == "00:00 自动播报 8 秒、00:34 自动播报 7 秒"
