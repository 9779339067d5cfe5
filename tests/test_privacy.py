"""Personal numbers and addresses are masked however they were spoken, and ordinary speech stays readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import spoken
from speechaudit import formats
from speechaudit.model import (
    Alternative,
    Aside,
    Audit,
    Encounter,
    Evidence,
    Finding,
    Leg,
    MadeBy,
    Mark,
    Recording,
    Review,
    Score,
    Segment,
    Transcript,
    Word,
)
from speechaudit.personal import find
from speechaudit.privacy import (
    masked_audit,
    masked_name,
    masked_quote,
    masked_reasons,
    masked_text,
    masked_transcript,
    personal_spans,
)
from speechaudit.reasons import Reason, because


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我的身份证是320106199003071234", "identity"),
        ("三二零一零六一九九零零三零七一二三X", "identity"),
        ("三二零一零六,嗯,一九九零零三零七,一二三叉", "identity"),
        ("手机一三八零零一三八零零零", "phone"),
        ("138 0013 8000", "phone"),
        ("一三八零零么三八零零零", "number"),
        ("电话是零二五六八五零五一一六", "phone"),
        ("卡号6222 0200 1234 5678 901", "card"),
        ("６８５０５１１６", "number"),
        ("我住在中山北路200号3栋502室", "address"),
        ("紫金花园十二栋三单元六零二室", "address"),
        ("在幸福村三组", "address"),
    ],
)
def test_what_is_personal_is_found(text: str, kind: str) -> None:
    (found,) = find(text)
    assert found.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "您好,请问您办什么业务?",
        "一共要三份材料,一式两份。",
        "请您到三号窗口,坐电梯上二楼。",
        "二零二六年三月二号上午九点",
        "拨打12345热线",
        "一千二百三十四块五",
        "请在这条路口右转",
        "这个要五到七个工作日,一般一两天。",
        "怎么三八节也休息,什么时候三点?那么一共三百二十块。",
    ],
)
def test_ordinary_speech_stays(text: str) -> None:
    assert masked_text(text) == text


def test_a_mask_is_as_long_as_the_words_and_keeps_punctuation() -> None:
    assert masked_text("手机138-0013-8000,谢谢") == "手机***-****-****,谢谢"


def test_what_a_made_table_of_spoken_numbers_leaves_open_stands_in_the_documentation() -> None:
    found = spoken.measured()
    assert (
        (len(list(spoken.personal())), len(list(spoken.harmless()))) == (found.personal, found.harmless) == (300, 300)
    )
    assert found.recall >= 0.99, found.open
    assert found.false_masks <= 0.01, found.false
    told = f"{found.recall:.1%} 全部遮住,{found.false_masks:.1%} 误遮"
    assert told in (Path(__file__).parents[1] / "docs/privacy.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("1234,对吧", "****,对吧"),
        ("我的号是138", "我的号是***"),
        ("嗯,一三八", "嗯,***"),
        ("请到123号窗口", "请到123号窗口"),
        ("请拨打12345", "请拨打12345"),
        ("工号1017", "工号1017"),
        ("一共一百三十八", "一共一百三十八"),
    ],
)
def test_a_quote_does_not_show_the_rest_of_a_number_that_was_cut(quote: str, shown: str) -> None:
    assert masked_quote(quote) == shown


@pytest.mark.parametrize(("first", "second"), [("b", "b"), ("a", "b")])
def test_a_number_is_found_though_its_voices_were_told_apart_wrongly(first: str, second: str) -> None:
    heard = Transcript(segments=(said(0, "138001", first), said(4, "嗯", "c"), said(5, "38000", second)), duration=9)
    texts = [segment.text for segment in masked_transcript(heard).segments]
    assert texts == ["******", "嗯", "*****"]
    assert len(personal_spans(heard)) == 11


def said(start: float, text: str, speaker: str) -> Segment:
    step = 0.5
    words = tuple(
        Word(start=start + n * step, end=start + (n + 1) * step, text=c, confidence=0.9) for n, c in enumerate(text)
    )
    return Segment(start=start, end=start + len(text) * step, text=text, words=words, speaker=speaker)


SPELLED = Transcript(
    segments=(
        said(0, "身份证号?", "a"),
        said(3, "320106", "b"),
        said(6, "嗯", "a"),
        said(7, "19900307", "b"),
        said(12, "1234", "b"),
        said(15, "好的", "a"),
    ),
    duration=20,
)


def test_a_number_in_groups_over_several_turns_is_one_number() -> None:
    hidden = masked_transcript(SPELLED)
    assert [segment.text for segment in hidden.segments] == ["身份证号?", "******", "嗯", "********", "****", "好的"]
    assert ["".join(word.text for word in s.words) for s in hidden.segments] == [s.text for s in hidden.segments]
    spans = personal_spans(SPELLED)
    assert (spans[0].start, spans[-1].end) == (2.85, 14.15)
    assert not any(span.start < 6.4 < span.end for span in spans), "what the other says between stays to be heard"


def test_a_transcript_without_word_times_is_hidden_by_segments() -> None:
    play = Transcript(segments=(Segment(start=1, end=4, text="我的电话13800138000"),), duration=5)
    assert [(span.start, span.end) for span in personal_spans(play)] == [(0.85, 4.15)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("20260302-091500_13800138000_8001.wav", "20260302-091500_***********_****.wav"),
        ("2026-03-02 09:15:00.wav", "2026-03-02 09:15:00.wav"),
        ("20260302091500.mp3", "20260302091500.mp3"),
        ("13800138000-20260302.wav", "***********-********.wav"),
        ("0755-20010512.wav", "****-********.wav"),
        ("320106--19900307--1234.wav", "******--********--****.wav"),
        ("320106—19900307—1234.wav", "******—********—****.wav"),
        ("138001__20260302.wav", "******__********.wav"),
        ("窗口-20260302-091500.wav", "窗口-20260302-091500.wav"),
        ("320106199003071234.wav", "******************.wav"),
        ("窗口3第12号.wav", "窗口3第12号.wav"),
    ],
)
def test_a_file_is_not_named_by_the_citizens_number(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@given(st.text(alphabet="0123456789一二三零幺两X,。 的电话路号栋是我", max_size=60))
def test_masking_keeps_the_length_and_leaves_no_long_number(text: str) -> None:
    hidden = masked_text(text)
    assert len(hidden) == len(text)
    assert masked_text(hidden) == hidden


def test_nothing_of_an_audit_is_left_out() -> None:
    number = "13800138000"
    wait = Mark(kind="hold", start=1, end=40, quote=f"稍等,我打{number}问一下")
    made_by = MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="cpu", compute_type="int8")
    review = Review(machine="fail", reason=f"回访了{number},属实", at=datetime(2026, 3, 2, tzinfo=UTC))
    decided = Finding(
        rule="a.b", title="t", topics=(), kind="forbidden", dimension="a", level="minor", status="active",
        verdict="fail", message="", review=review,
    )  # fmt: skip
    outside = Leg(start=0, end=6, kind="person", who=number)
    spoken = Transcript(segments=(said(0, number, "a"),), duration=6)
    audit = Audit(
        recording=Recording(file=f"{number}.wav", extras={"caller": number}, legs=(outside,)),
        duration=60,
        encounters=(Encounter(start=0, end=6, transcript=spoken, marks=(wait,), findings=(decided,)),),
        asides=(Aside(start=50, end=56, transcript=spoken, reasons=(because("private-talk"),)),),
        made_by=made_by,
        rulebook_version="",
        profile="default",
    )
    assert number in formats.dump(audit)
    assert number not in formats.dump(masked_audit(audit))
    assert not any(
        word.text.isdigit() for aside in masked_audit(audit).asides for word in aside.transcript.segments[0].words
    )


def quoting(number: str) -> tuple[Reason, ...]:
    return because("said", quote=f"电话{number}"), because("words-tell", words=("您好", f"{number}号"))


def test_what_a_reason_quotes_is_masked_in_value_and_sentence() -> None:
    number = "13800138000"
    evidence = Evidence(start=0, end=1, role="staff", quote="", reasons=quoting(number), match="exact")
    finding = Finding(
        rule="a.b", title="t", topics=(), kind="required", dimension="a", level="minor", status="active",
        verdict="unclear", message="", evidence=(evidence,),
    )  # fmt: skip
    segment = replace(said(0, "您好", "a"), role_reasons=quoting(number))
    spoken = Transcript(segments=(segment,), duration=6)
    score = Score(total=None, passed=None, reasons=quoting(number))
    audit = Audit(
        recording=Recording(file="a.wav"),
        duration=60,
        encounters=(Encounter(start=0, end=6, transcript=spoken, findings=(finding,), score=score),),
        asides=(Aside(start=50, end=56, transcript=spoken, reasons=quoting(number)),),
        made_by=MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="cpu", compute_type="int8"),
        rulebook_version="",
        profile="default",
        limits=quoting(number),
    )
    masked = masked_audit(audit)
    assert formats.dump(audit).count(number) == 6 * 4  # four places beside the segments of service and talk
    assert number not in formats.dump(masked)
    assert masked.encounters[0].findings[0].evidence[0].why == "说了“电话***********”,话语如“您好”、“***********号”"


def test_a_number_in_two_values_is_masked_as_one() -> None:
    reasons = because("only-said", quote="1380013"), because("said", quote="8000")
    assert [r.values["quote"] for r in masked_reasons(reasons)] == ["*******", "****"]
    assert masked_reasons((because("too-short", seconds=1234567.0, minimum=5),))[0].values["seconds"] == 1234567.0


def test_of_a_masked_transcript_nothing_is_left_of_what_was_nearly_as_likely() -> None:
    """It may hold a part of a number, and serves only to judge."""
    other = Alternative(start=1.0, end=2.0, text="一三八", confidence=0.5, channel=0)
    said = Transcript(segments=(Segment(start=0.0, end=3.0, text="电话"),), duration=3.0, alternatives=(other,))
    assert masked_transcript(said).alternatives == ()
