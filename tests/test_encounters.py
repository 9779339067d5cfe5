from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit import pipeline
from speechaudit.encounters import Division, shares_of, split, with_parts
from speechaudit.model import Aside, Call, Encounter, Recording, Segment, Transcript
from speechaudit.rules import rulebook
from tests.work import calls as work_of

COUNTER = Recording(file="a.wav", setting="counter")
PHONE = Recording(file="a.wav", setting="phone")


def said(start, role, text, speaker=None):
    return Segment(start=start, end=start + 2.0, text=text, role=role, speaker=speaker)


def texts(parts):
    return [[segment.text for segment in part.transcript.segments] for part in parts]


def divided(*segments, calls=(), duration=600.0):
    recording = replace(COUNTER, calls=tuple(Call(at=at, number=number) for at, number in calls))
    return split(Transcript(segments=tuple(segments), duration=duration), recording)


def services(*segments, **known):
    return texts(divided(*segments, **known).encounters)


def marked(*segments):
    (call,) = split(Transcript(segments=tuple(segments), duration=600.0), PHONE).encounters
    return [(mark.kind, mark.start, mark.end, mark.quote) for mark in call.marks]


def test_a_phone_call_is_one_service_from_first_to_last_second():
    call = Transcript(
        segments=(said(3, "staff", "您好"), said(100, "staff", "再见"), said(130, "staff", "您好")), duration=140.0
    )
    (only,) = split(call, PHONE).encounters
    assert (only.start, only.end, only.transcript) == (0.0, 140.0, call)


def test_a_silent_call_is_a_call_and_a_silent_counter_no_service():
    silence = Transcript(segments=(), duration=30.0)
    assert len(split(silence, PHONE).encounters) == 1
    assert split(silence, COUNTER) == Division()


def test_where_nobody_said_a_word_there_is_nothing_to_listen_for_again():
    """Noise that was taken for speech, and gave no words."""
    nothing = Transcript(segments=(), duration=60.0)
    for setting in ("counter", "phone"):
        asked = pipeline._listen_requests(
            rulebook.load(), Recording(file="a.wav", setting=setting), nothing, "whisper-base"
        )
        assert asked == ()


def test_farewell_then_greeting():
    assert services(
        said(0, "staff", "您好,请问办什么业务?"),
        said(3, "citizen", "我想办社保卡。"),
        said(6, "citizen", "谢谢,再见。"),
        said(8, "staff", "请慢走。"),
        said(12, "staff", "您好,请坐。"),
        said(15, "citizen", "我来取证。"),
    ) == [
        ["您好,请问办什么业务?", "我想办社保卡。", "谢谢,再见。", "请慢走。"],
        ["您好,请坐。", "我来取证。"],
    ]


def test_rude_service_without_greeting_or_farewell_is_parted_by_the_citizens_voice():
    assert services(
        said(0, "citizen", "我想查一下。", "S2"),
        said(3, "staff", "自己看墙上。", "S1"),
        said(8, "staff", "下一个。", "S1"),
        said(11, "citizen", "我要取证。", "S3"),
    ) == [["我想查一下。", "自己看墙上。"], ["下一个。", "我要取证。"]]


def test_silence_alone_parts_nothing_however_long_it_is():
    before, after = said(0, "staff", "我给您录入。"), said(97, "citizen", "身份证。")
    assert services(before, after) == [["我给您录入。", "身份证。"]]
    assert services(before, replace(after, start=490, end=492)) == [["我给您录入。", "身份证。"]]


def test_what_was_waited_for_goes_on_even_after_a_very_long_silence():
    before, after = said(0, "staff", "请到那边填写申请表。"), said(240, "citizen", "填好了,给你。")
    assert services(before, after) == [["请到那边填写申请表。", "填好了,给你。"]]


def test_thanks_and_a_long_silence_part_where_nobody_takes_leave():
    before = said(0, "staff", "办好了。"), said(3, "citizen", "谢谢。")
    assert services(*before, said(66, "citizen", "这个材料交给谁?")) == [["办好了。", "谢谢。"], ["这个材料交给谁?"]]


def test_silence_with_a_greeting_after_it_parts():
    before = said(0, "staff", "这个办不了。")
    assert services(before, said(14.0, "staff", "你好。")) == [["这个办不了。"], ["你好。"]]
    assert services(before, said(13.9, "staff", "你好。")) == [["这个办不了。", "你好。"]]


def test_greeting_back_and_thanks_stay_within_the_service():
    assert (
        len(
            services(
                said(0, "citizen", "你好。", "S2"),
                said(3, "staff", "您好,请问办什么?", "S1"),
                said(6, "citizen", "我想办证。", "S2"),
                said(9, "staff", "再见。", "S1"),
                said(11, "citizen", "再见。", "S2"),
                said(13, "staff", "慢走。", "S1"),
            )
        )
        == 1
    )


def test_two_citizens_at_the_counter_are_one_service():
    assert (
        len(
            services(
                said(0, "staff", "您好。", "S1"),
                said(3, "citizen", "我想办证。", "S2"),
                said(6, "citizen", "给他办的。", "S3"),
            )
        )
        == 1
    )


def test_overlapping_speech_at_a_cut_leaves_the_spans_apart():
    first = said(0, "citizen", "证办好了,再见。")
    second = said(1.5, "staff", "下一位。")
    one, two = divided(first, second, duration=10.0).encounters
    assert (one.start, one.end, two.start, two.end) == (0.0, 1.5, 1.5, 3.5)
    assert one.transcript.duration == 1.5


TEXTS = st.sampled_from(["您好", "再见", "慢走", "下一位", "我想办证", "好", "请问办什么", "", "嗯。"])
SEGMENTS = st.lists(
    st.builds(
        lambda start, length, text, role, speaker: Segment(
            start=start, end=start + length, text=text, role=role, speaker=speaker
        ),
        st.floats(0, 500),
        st.floats(0, 90),
        TEXTS,
        st.sampled_from(["staff", "citizen", "unknown"]),
        st.sampled_from([None, "S1", "S2", "S3"]),
    ),
    max_size=25,
)


CALLS = st.lists(st.builds(Call, at=st.floats(0, 600), number=st.sampled_from(["", "A1", "A2"])), max_size=4)


@given(SEGMENTS, st.sampled_from([COUNTER, PHONE]), CALLS)
def test_nothing_said_is_lost_and_spans_are_in_order(segments, recording, calls):
    calls = tuple(sorted(calls, key=lambda call: call.at))
    ordered = tuple(sorted(segments, key=lambda segment: segment.start))
    found = split(Transcript(segments=ordered, duration=600.0), replace(recording, calls=calls))
    parts: list[Encounter | Aside] = sorted((*found.encounters, *found.asides), key=lambda part: (part.start, part.end))
    assert sorted(s.start for part in parts for s in part.transcript.segments) == [s.start for s in ordered]
    assert all(part.start <= part.end for part in parts)
    assert all(one.end <= two.start for one, two in pairwise(parts))
    assert all(part.start <= mark.start <= mark.end for part in found.encounters for mark in part.marks)


def test_calls_of_the_queue_cut_where_nothing_else_tells():
    segments = said(0, "citizen", "这个怎么填?"), said(4, "staff", "看样表。"), said(9, "citizen", "交材料。")
    assert len(services(*segments)) == 1
    assert services(*segments, calls=[(0, "A1"), (8, "A2")]) == [["这个怎么填?", "看样表。"], ["交材料。"]]


def test_what_one_call_holds_is_one_service_whatever_the_signs():
    segments = (
        said(5, "staff", "您好。"),
        said(8, "citizen", "办证。"),
        said(60, "staff", "再见。"),
        said(90, "staff", "您好。"),
    )
    assert len(services(*segments)) == 2
    assert len(services(*segments, calls=[(3, "A1")])) == 1


def test_a_number_that_is_called_again_is_the_same_service():
    segments = said(5, "citizen", "来办证。"), said(40, "citizen", "材料在这。")
    assert len(services(*segments, calls=[(3, "A1"), (30, "A1")])) == 1
    assert len(services(*segments, calls=[(3, "A1"), (30, "A2")])) == 2


def test_a_farewell_just_after_the_next_call_belongs_to_the_service_before():
    segments = (
        said(5, "citizen", "来办证。"),
        said(31, "staff", "慢走。"),
        said(45, "staff", "您好。"),
        said(48, "citizen", "我来办证。"),
    )
    assert services(*segments, calls=[(3, "A1"), (30, "A2")]) == [["来办证。", "慢走。"], ["您好。", "我来办证。"]]


def test_a_call_to_which_nobody_came_is_no_service():
    assert len(services(said(50, "citizen", "来办证。"), calls=[(3, "A1"), (40, "A2")])) == 1


MIN_PRIVATE_PHRASES = (said(40, "staff", "中午吃什么?"), said(43, "unknown", "楼下那家面馆吧。"))
SERVICE = (said(0, "staff", "您好,请坐。"), said(3, "citizen", "我来办证。"), said(6, "staff", "再见。"))


def test_talk_between_colleagues_is_listed_and_not_judged():
    found = divided(*SERVICE, *MIN_PRIVATE_PHRASES)
    assert texts(found.encounters) == [[segment.text for segment in SERVICE]]
    (aside,) = found.asides
    assert (aside.start, aside.end, aside.reason) == (40, 45, "谈的是私事,没有听到群众说话")


def test_talk_after_the_service_of_a_call_stands_apart_and_talk_within_does_not():
    assert len(divided(*SERVICE, *MIN_PRIVATE_PHRASES, calls=[(0, "A1")]).asides) == 1
    late = said(60, "citizen", "我的证办好了吗?"), said(63, "staff", "好了。")
    inside = divided(*SERVICE, *MIN_PRIVATE_PHRASES, *late, calls=[(0, "A1")])
    assert (len(inside.encounters), inside.asides) == (1, ())


def test_small_talk_in_the_middle_of_a_service_does_not_part_it():
    before = said(0, "staff", "您好,请坐。"), said(3, "citizen", "我来办证。"), said(6, "staff", "请稍等。")
    talk = said(22, "staff", "中午吃什么?"), said(25, "unknown", "楼下那家面馆吧。")
    found = divided(*before, *talk, said(42, "staff", "请您签字。"))
    assert (len(found.encounters), found.asides) == (1, ())
    found = divided(*before, *talk, said(42, "staff", "您好,请问您办什么?"))
    assert (len(found.encounters), len(found.asides)) == (2, 1)


def test_the_citizen_of_the_next_service_does_not_end_this_one_early():
    assert services(
        said(0, "staff", "您好。", "S1"),
        said(3, "citizen", "我来办证。", "S2"),
        said(20, "staff", "签字。", "S1"),
        said(50, "staff", "您好。", "S1"),
        said(53, "citizen", "我来退税。", "S3"),
    ) == [["您好。", "我来办证。", "签字。"], ["您好。", "我来退税。"]]


@pytest.mark.parametrize("word", ["证办好了。", "材料呢?"])
def test_one_word_of_business_makes_it_a_service(word):
    assert divided(*SERVICE, *MIN_PRIVATE_PHRASES, said(46, "staff", word)).asides == ()


def test_without_private_words_a_citizens_voice_makes_it_a_service():
    said_by = {role: divided(*SERVICE, said(80, role, "那边那个是谁放在那里的呀")) for role in ("staff", "citizen")}
    assert [aside.reason for aside in said_by["staff"].asides] == ["没有听到群众说话,也没有谈到业务"]
    assert said_by["citizen"].asides == ()


def test_a_recording_of_a_single_conversation_is_a_service_unless_it_is_private():
    assert len(divided(said(0, "unknown", "那边那个是谁放在那里的呀")).encounters) == 1
    assert len(divided(*MIN_PRIVATE_PHRASES).asides) == 1


def test_a_wait_that_was_asked_for_and_the_return_from_it():
    assert marked(
        said(0, "staff", "请稍等,我查一下。"), said(14, "staff", "让您久等了。"), said(20, "citizen", "好。")
    ) == [("hold", 2, 14, "请稍等,我查一下。"), ("return", 14, 16, "让您久等了。")]


def test_a_short_silence_is_no_wait_and_a_long_one_is_without_a_word():
    question, answer = said(0, "citizen", "怎么办?"), said(31, "staff", "带身份证。")
    assert marked(question, answer) == []
    later = replace(answer, start=33, end=35)
    assert marked(question, later) == [("hold", 2, 33, ""), ("return", 33, 35, "带身份证。")]


def test_music_that_is_taken_for_words_does_not_end_a_wait():
    music = replace(said(10, "staff", "嗯啊啦啦。"), confidence=0.2)
    ask, back = said(0, "staff", "别挂,我去问。"), said(20, "staff", "让您久等了。")
    assert marked(ask, music, back)[0] == ("hold", 2, 20, "别挂,我去问。")


def test_a_transfer_is_marked():
    assert marked(said(0, "staff", "我帮您转到社保窗口。"))[:1] == [("transfer", 0, 2, "我帮您转到社保窗口。")]
    assert marked(said(0, "citizen", "你帮我转到社保窗口。")) == []


@pytest.mark.parametrize(
    ("gap", "lines"),
    [
        (3.0, [("staff", "这个表格填一下。"), ("citizen", "好的,我填好了。")]),
        (20.0, [("citizen", "我那个事儿到底办得怎么样?")]),
        (13.0, [("staff", "中午吃什么,点外卖吧。")]),
        (70.0, [("unknown", "再见。您好。")]),
        (3.0, [("staff", "小王,你来看一下,他这个是怎么回事?")]),
    ],
)
@pytest.mark.parametrize("setting", [COUNTER, PHONE])
def test_twice_the_segments_are_at_most_about_twice_the_work(setting, gap, lines):
    def cut(count):
        segments = [said(n * gap, *lines[n % len(lines)]) for n in range(count)]
        transcript = Transcript(segments=tuple(segments), duration=count * gap)
        return lambda: [shares_of(with_parts(each, setting)) for each in split(transcript, setting).encounters]

    cut(10)()  # what is made once
    half, whole = work_of(cut(300)), work_of(cut(600))
    assert whole < 2.3 * half
