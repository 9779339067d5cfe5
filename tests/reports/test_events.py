"""Waits, transfers and other talk, in the words of the reports."""

from __future__ import annotations

from rich.console import Console

from speechaudit.cli.show import show
from speechaudit.model import Audit, MadeBy, Recording
from speechaudit.pipeline import judge_transcript
from speechaudit.reports.events import describe_asides, describe_marks
from speechaudit.reports.figures import ReportSettings
from speechaudit.reports.gather import build
from speechaudit.rules import plays, rulebook

PLAY = """setting: counter
staff @0-3: 您好,请问您办理什么业务?
citizen @4-7: 我想办居住证。
staff @8-10: 请稍等,我查一下。
staff @52-55: 让您久等了,请慢走,再见。
staff @100-102: 中午吃什么?
unknown @103-106: 楼下那家面馆吧。
"""
MADE_BY = MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="", compute_type="")


def audit(text: str = PLAY) -> Audit:
    recording = Recording(file="a.wav", setting="counter", staff="1017")
    return judge_transcript(rulebook.load(), recording, plays.parse(text).transcript, MADE_BY)


def test_a_wait_has_its_length_and_other_talk_its_reason() -> None:
    given = audit()
    (service,) = given.encounters
    assert describe_marks(service) == "00:10 让对方等候 42 秒、00:52 回来"
    assert describe_asides(given) == (
        "另有谈话 1 段,共 00:06,不算服务,不评分",
        "01:40–01:46 谈的是私事,没有听到群众说话",
    )


def test_a_plain_service_says_nothing_of_the_kind() -> None:
    given = audit("setting: counter\nstaff @0-3: 您好,请问办什么?\ncitizen @4-7: 我来办证。\n")
    assert (describe_marks(given.encounters[0]), describe_asides(given)) == ("", ())


def test_they_are_in_the_report_and_on_the_terminal() -> None:
    (report,) = build([audit()], ReportSettings(pass_mark=80, minimum_encounters=10, worst=10))
    assert report.encounters[0].happened.endswith("回来")
    assert report.recordings[0].remarks == describe_asides(audit())
    console = Console(record=True, width=160, force_terminal=False)
    with console.capture() as capture:
        show(audit(), console)
    assert "让对方等候 42 秒" in capture.get()
    assert "另有谈话 1 段" in capture.get()
