"""How an audit looks in a terminal: the sum, the evidence, and hostile text as plain text."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from speechaudit.cli.show import show
from speechaudit.model import Audit, MadeBy, Recording
from speechaudit.pipeline import judge_transcript
from speechaudit.reasons import because
from speechaudit.rules import plays, rulebook

PLAY = """setting: phone
staff @0.5-3.9: 您好,这里是不动产登记窗口,请讲。
citizen @4.5-9.0: 我想问一下过户要带什么?
staff @9.5-12.0: 这不归我管,你去问别人。
"""
MADE_BY = MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="", compute_type="")


def audit(text: str = PLAY) -> Audit:
    recording = Recording(file="a[red].wav", setting="phone", staff="[bold]1017")
    return judge_transcript(
        rulebook.load(), recording, plays.parse(text).transcript, MADE_BY, (because("cut-off", read=12),)
    )


def shown(given: Audit) -> str:
    console = Console(record=True, width=160, force_terminal=False)
    with console.capture() as capture:
        show(given, console)
    return capture.get()


def test_the_sum_and_the_evidence_are_shown() -> None:
    text = shown(audit())
    assert " = 三声 " in text
    assert "推诿" in text
    assert "不归我" in text
    assert "注意:录音不完整:文件在结尾处被截断" in text


def test_names_and_words_are_never_taken_for_markup() -> None:
    text = shown(audit())
    assert "a[red].wav" in text
    assert "[bold]1017" in text


def test_what_was_not_judged_says_why() -> None:
    text = shown(audit(PLAY.replace("staff @", "unknown @")))
    assert "不予评分" in text
    assert "均未听到" not in text


def test_several_services_are_numbered() -> None:
    one = audit()
    text = shown(replace(one, encounters=one.encounters * 2))
    assert "第1次服务" in text
    assert "第2次服务" in text


def test_a_recording_without_a_word_says_that_it_is_not_scored() -> None:
    assert "不予评分:没有听到说话" in shown(replace(audit(), encounters=()))
