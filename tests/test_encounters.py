from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from speechaudit.encounters import split
from speechaudit.model import Recording, Segment, Transcript

COUNTER = Recording(file="a.wav", setting="counter")
PHONE = Recording(file="a.wav", setting="phone")


def said(start, role, text, speaker=None):
    return Segment(start=start, end=start + 2.0, text=text, role=role, speaker=speaker)


def services(*segments, duration=600.0):
    found = split(Transcript(segments=tuple(segments), duration=duration), COUNTER)
    return [[segment.text for segment in encounter.transcript.segments] for encounter in found]


def test_a_phone_call_is_one_service_from_first_to_last_second():
    call = Transcript(
        segments=(said(3, "staff", "您好"), said(100, "staff", "再见"), said(130, "staff", "您好")), duration=140.0
    )
    (only,) = split(call, PHONE)
    assert (only.start, only.end, only.transcript) == (0.0, 140.0, call)


def test_a_silent_call_is_a_call_and_a_silent_counter_no_service():
    silence = Transcript(segments=(), duration=30.0)
    assert len(split(silence, PHONE)) == 1
    assert split(silence, COUNTER) == ()


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


def test_silence_alone_parts_nothing_unless_it_is_very_long():
    before, after = said(0, "staff", "我给您录入。"), said(17, "staff", "录好了。")
    assert services(before, after) == [["我给您录入。", "录好了。"]]
    assert services(before, said(63, "staff", "录好了。")) == [["我给您录入。"], ["录好了。"]]


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
    first = said(0, "citizen", "再见。")
    second = said(1.5, "staff", "下一位。")
    one, two = split(Transcript(segments=(first, second), duration=10.0), COUNTER)
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


@given(SEGMENTS, st.sampled_from([COUNTER, PHONE]))
def test_nothing_said_is_lost_and_spans_are_in_order(segments, recording):
    ordered = tuple(sorted(segments, key=lambda segment: segment.start))
    found = split(Transcript(segments=ordered, duration=600.0), recording)
    assert tuple(segment for encounter in found for segment in encounter.transcript.segments) == ordered
    assert all(encounter.start <= encounter.end for encounter in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
