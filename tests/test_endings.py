"""A farewell that nobody could have said is not missed; one that was left out is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speechaudit import pipeline
from speechaudit.formats import metadata_of_header, recording_of
from speechaudit.model import Audit, Segment, Transcript, Word
from speechaudit.rules import plays, rulebook

OPENING = "staff: 您好,这里是社保窗口,请讲。\n"
WAITED = "staff: 您好,请坐,请问您办什么业务?\ncitizen: 我来交上个月说的那份申请。\n"
CLOSING_RULES = ("phone.closing", "sounds.farewell", "words.goodbye")

# How a service ends, by what is known of it, and what becomes of the closing rules.
PHONE = {
    "unclear": {
        "citizen rings off in anger": "staff: 请问您的姓名是什么?\ncitizen: 都问了三遍了还问,我不跟你说了!",
        "citizen threatens and is gone": "staff: 现在还在审核中。\ncitizen: 行,你们就拖吧,我找媒体去,我投诉你们!",
        "the staff's sentence breaks off": "staff: 请稍等。\ncitizen: 嗯。\nstaff: 您的卡已经制好了,您可以在",
        "it breaks off and was given a mark": "citizen: 那什么时候能领?\nstaff: 您带上回执,到三号窗口去。然后。",
        "a question that nobody answers": "staff: 好的,我帮您登记。您的身份证号是多少?",
        "after the staff asked to wait": "citizen: 我的补贴怎么还没到?\nstaff: 不好意思,请您稍等,我帮您查一下。",
        "the staff hear nothing": "citizen: 我想问一下那个报\nstaff: 喂?喂?您好,能听到吗?",
        "the staff ask whether anybody is there": "staff: 需要带身份证和户口本。\nstaff @30-32: 您好,您还在听吗?",
        "the citizen hears nothing": "staff: 这个业务现在是在网上办理的。\ncitizen: 喂?喂?怎么没声音了?",
        "the citizen has just answered": "staff: 请问您贵姓?\ncitizen: 我姓李,木子李。",
        "the citizen asks and it is over": "staff: 需要您本人过来办理。\ncitizen: 那委托别人行不行?",
        "put through": "citizen: 我想找医保。\nstaff: 好的,马上为您转接。",
    },
    "fail": {
        "the staff put down": "citizen: 那我怎么办?\nstaff: 你自己想办法,就这样。",
        "the staff put down while the citizen speaks": "staff: 反正你们商量好了再来,我忙着呢,先这样。\ncitizen: 哎,喂?",
        "the staff have had enough": "citizen: 你再帮我看看嘛。\nstaff: 我不跟你说了,挂了。\ncitizen: 喂?喂?",
        "a grunt for a farewell": "staff: 不用交钱。\ncitizen: 好,谢谢,再见。\nstaff: 嗯。",
        "the last answer is given": "citizen: 周六上班吗?\nstaff: 不上。",
        "the citizen has all that was wanted": "staff: 带身份证来就行。\ncitizen: 哦,知道了。",
        "the citizen resigns": "staff: 这个我们管不了。\ncitizen: 那我问问别人吧。",
        "the citizen has told all": "staff: 需要您本人过来办理。\ncitizen: 我腿脚不好,走不了那么远的路。",
        "the citizen says goodbye": "staff: 下周一来取。\ncitizen: 好的好的,谢谢啊,再见。",
        "a rude question is no question": "citizen: 你们领导呢?\nstaff: 急什么,明天再说,你管我叫什么?",
        "a complaint is met with scorn": "citizen: 我要投诉你。\nstaff: 去吧,爱告就告。",
    },
}
COUNTER = {
    "unclear": {
        "walks off": "staff: 您好,还差一张照片。\ncitizen: 又差照片!不办了,走了!",
        "will complain": "staff: 您好,请您再补一份证明。\ncitizen: 第三回了!你等着,我这就投诉你去!",
        "has had enough": "staff: 您好,系统还没好,请您等等。\ncitizen: 我受够了,再也不来了!",
        "is called after": "staff: 您好,材料不齐。\ncitizen: 什么破地方,我不办了!\nstaff: 哎,您别走,您听我说完。",
        "cannot be talked with": "staff: 您好,这个要本人来。\ncitizen: 懒得跟你们废话。",
    },
    "fail": {
        "says so and is not answered": "staff: 没了,等通知。\ncitizen: 那我走了啊。",
        "wonders": "staff: 好了,拿走。\ncitizen: 这就完了?",
        "goes to ask": "staff: 反正我这里管不着。\ncitizen: 行,我去问导询台。",
        "sighs": "staff: 不行,重新盖章。\ncitizen: 唉。",
        "is sent away": "citizen: 那我不办了?\nstaff: 爱办不办,走吧。",
    },
}
STATED = {
    ("citizen", "citizen: 那我怎么证明?\nstaff: 您可以去派出所开。"): "n/a",
    ("citizen", "staff: 请问您的姓名?\ncitizen: 问问问,就知道问!"): "n/a",
    ("citizen", "citizen: 要交钱吗?\nstaff: 不用。\ncitizen: 好,谢谢,再见。\nstaff: 嗯。"): "fail",
    ("citizen", "citizen: 要交钱吗?\nstaff: 不用。\ncitizen: 好,谢谢,再见。"): "unclear",
    ("citizen", "citizen: 谢谢你。\nstaff: 请稍等,我帮您查一下。"): "n/a",
    ("citizen", "staff: 自己看去,挂了。\ncitizen: 你这人怎么这样!"): "fail",
    ("line", "citizen: 那我怎么证明?\nstaff: 您可以去派出所开。"): "n/a",
    ("line", "staff: 您的卡已经制好了。\ncitizen: 那我什么时候"): "n/a",
    ("line", "citizen: 我明白了,再见。\nstaff: 哦,行。"): "fail",
    ("staff", "staff: 请问您的姓名是什么?\ncitizen: 都问了三遍了,我不跟你说了!"): "fail",
    ("staff", "staff: 您的卡已经制好了,您可以在"): "fail",
    ("staff", "staff: 我帮您查一下。\ncitizen: 喂?喂?"): "fail",
}


def audit_of(text: str) -> Audit:
    play = plays.parse(text)
    return pipeline.judge_transcript(
        rulebook.load(), recording_of("a.play", metadata_of_header(play.header, "a.play"), None, None), play.transcript
    )


def closing_of(text: str) -> set[str]:
    (encounter,) = audit_of(text).encounters
    return {f.verdict for f in encounter.findings if f.rule in CLOSING_RULES}


def timed(text: str) -> str:
    """The same with times: the lines that have some keep theirs."""
    return text if "@" not in text else text.replace("staff: ", "staff @1-4: ", 1).replace("staff: ", "staff @5-8: ")


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        pytest.param(verdict, f"setting: phone\n{timed(OPENING + text)}", id=f"phone {verdict} {name}")
        for verdict, cases in PHONE.items()
        for name, text in cases.items()
    ]
    + [
        pytest.param(verdict, f"setting: counter\n{WAITED + text}", id=f"counter {verdict} {name}")
        for verdict, cases in COUNTER.items()
        for name, text in cases.items()
    ],
)
def test_who_could_have_said_a_farewell(verdict: str, text: str) -> None:
    assert closing_of(text) == {verdict}


@pytest.mark.parametrize(
    ("known", "verdict"), STATED.items(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_who_ended_the_call_is_known(known: tuple[str, str], verdict: str) -> None:
    ended_by, text = known
    assert closing_of(f"setting: phone\nended_by: {ended_by}\n{OPENING}{text}") == {verdict}


@pytest.mark.parametrize("ended_by", ["citizen", "line", "staff"])
def test_a_farewell_that_was_said_is_credited_whoever_ended_the_call(ended_by: str) -> None:
    text = f"setting: phone\nended_by: {ended_by}\n{OPENING}citizen: 谢谢。\nstaff: 不客气,再见。\ncitizen: 再见。"
    assert closing_of(text) == {"pass"}


def test_the_reason_tells_the_last_words() -> None:
    (encounter,) = audit_of(f"setting: phone\nended_by: line\n{OPENING}staff: 您可以在").encounters
    (finding,) = [f for f in encounter.findings if f.rule == "sounds.farewell"]
    assert finding.evidence[0].why == "没有听到应说的话,但说到“您可以在”时线路断了,来不及说"
    assert [(mark.kind, mark.quote) for mark in encounter.marks] == [("dropped", "您可以在")]


def test_an_apology_that_was_to_come_is_not_missed_either() -> None:
    broken = f"setting: phone\n{OPENING}citizen: 能办吗?\nstaff: 这个今天办不了,因为"
    whole = f"setting: phone\n{OPENING}citizen: 能办吗?\nstaff: 这个今天办不了,自己想办法。"
    found = [
        next(f.verdict for f in audit_of(text).encounters[0].findings if f.rule == "words.sorry")
        for text in (broken, whole)
    ]
    assert found == ["unclear", "fail"]


def heard(start: float, role: str, text: str, end: float) -> Segment:
    step = (end - start) / len(text)
    words = tuple(
        Word(text=char, start=start + i * step, end=start + (i + 1) * step, confidence=0.9)
        for i, char in enumerate(text)
    )
    return Segment(start=start, end=end, text=text, words=words, role="staff" if role == "staff" else "citizen")


@pytest.mark.parametrize(("duration", "verdict"), [(20.3, "unclear"), (21.0, "fail")])
def test_sound_that_stops_in_the_middle_of_speech_ended_suddenly(duration: float, verdict: str) -> None:
    said = (
        heard(1, "staff", "您好,这里是社保窗口,请讲。", 4),
        heard(5, "citizen", "社保卡丢了怎么补办?", 8),
        heard(9, "staff", "您带身份证去银行补办。", 20),
    )
    recording = recording_of("a.wav", metadata_of_header({"setting": "phone"}, "a.wav"), None, None)
    audit = pipeline.judge_transcript(rulebook.load(), recording, Transcript(segments=said, duration=duration))
    assert {f.verdict for f in audit.encounters[0].findings if f.rule == "sounds.farewell"} == {verdict}


def test_a_survey_to_the_end_is_not_speech_that_broke_off() -> None:
    said = (
        heard(1, "staff", "您好,这里是社保窗口,请讲。", 4),
        heard(5, "citizen", "社保卡丢了怎么补办?", 8),
        heard(9, "staff", "您带身份证去银行补办。", 20),
        replace(heard(22, "staff", "请对本次服务进行评价,满意请按1。", 28), role="machine"),
    )
    recording = recording_of("a.wav", metadata_of_header({"setting": "phone"}, "a.wav"), None, None)
    audit = pipeline.judge_transcript(rulebook.load(), recording, Transcript(segments=said, duration=28.1))
    assert audit.encounters[0].marks == ()
    assert {f.verdict for f in audit.encounters[0].findings if f.rule == "sounds.farewell"} == {"fail"}


def test_only_the_last_service_of_a_recording_was_ended_so() -> None:
    first = "staff @1-3: 您好,请坐。\ncitizen @4-6: 我来办证。\nstaff @7-8: 好了。\n"
    second = "staff @200-203: 您好,请问办什么?\ncitizen @204-206: 我要退税。\nstaff @207-209: 材料给我。\n"
    audit = audit_of(f"setting: counter\nended_by: line\n{first}{second}")
    verdicts = [
        next(f.verdict for f in encounter.findings if f.rule == "sounds.farewell") for encounter in audit.encounters
    ]
    assert verdicts == ["fail", "n/a"]


def test_an_announcement_is_nobodys_last_word() -> None:
    text = f"setting: phone\n{OPENING}citizen: 周六上班吗?\nstaff: 不上。\nmachine: 请对本次服务进行评价"
    assert audit_of(text).encounters[0].marks == ()
