from dataclasses import replace

import pytest

from speechaudit.classifiers import label_sides
from speechaudit.errors import SidecarError
from speechaudit.model import Label, Recording, Segment, Transcript, Word
from speechaudit.speakers import assign_roles, words_separate_voices
from speechaudit.speakers.wording import matched_cues

COUNTER = Recording(file="a.wav")


def dialogue(*lines, seconds=2.0, key="speaker"):
    """One segment every 3 s from lines of (party, text); a party is a speaker's name or a channel."""
    return Transcript(
        segments=tuple(
            Segment(start=3.0 * i, end=3.0 * i + seconds, text=text, **{key: party})
            for i, (party, text) in enumerate(lines)
        ),
        duration=3.0 * len(lines),
    )


def roles(transcript, recording=COUNTER, channels=1):
    return [segment.role for segment in assign_roles(transcript, recording, channels).segments]


GOOD = (("S1", "您好,这里是不动产登记窗口,请讲。"), ("S2", "我想问一下过户要带什么材料?"), ("S1", "请出示一下身份证。"))
RUDE = (
    ("S2", "您好,我来取身份证。"),
    ("S1", "下班了,明天再来。"),
    ("S2", "我都跑了三趟了。"),
    ("S1", "这事不归我们管。"),
)


def test_polite_staff_are_known_by_their_words():
    assert roles(dialogue(*GOOD)) == ["staff", "citizen", "staff"]


def test_rude_staff_are_staff_too():
    assert roles(dialogue(*RUDE)) == ["citizen", "staff", "citizen", "staff"]


@pytest.mark.parametrize(
    ("staff", "citizen"),
    [
        ("你找谁?填这个表。", "我来领证。"),
        ("材料不齐,回去补。", "那我明天再过来,要带什么?"),
        ("下一个。", "我要办社保卡。"),
        ("身份证给我。", "我的身份证丢了。"),
        ("请稍等,我帮您查一下。", "好的谢谢啊。"),
    ],
)
def test_short_exchanges(staff, citizen):
    assert roles(dialogue(("S1", citizen), ("S2", staff))) == ["citizen", "staff"]


def test_every_segment_says_how_sure_and_why():
    judged = assign_roles(dialogue(*GOOD), COUNTER, 1).segments
    assert all((segment.role_confidence or 0) > 0.9 for segment in judged)
    assert "这里是不动产登记窗口" in judged[0].role_reason
    assert "我想问" in judged[1].role_reason


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((("S1", "今天天气不错。"), ("S2", "是的,有点冷。")), "没有可辨身份的线索"),
        ((("S1", "您好,这里是社保窗口。"), ("S1", "请讲。")), "只听到一个声音"),
        ((("S1", "我想办个证。"), ("S2", "我来取身份证。")), "没有一方像工作人员"),
        ((("S1", "请出示身份证。"), ("S2", "请出示户口本。")), "不足以分清"),
    ],
)
def test_without_a_clear_difference_nobody_is_judged(lines, reason):
    judged = assign_roles(dialogue(*lines), COUNTER, 1).segments
    assert {(segment.role, segment.role_confidence) for segment in judged} == {("unknown", 0.5)}
    assert reason in judged[0].role_reason


PHONE = Recording(file="a.wav", setting="phone")


def test_by_elimination_only_between_the_channels_of_a_call():
    lines = ((0, "嗯,对。"), (1, "我想问一下怎么办社保卡。"))
    assert roles(dialogue(*lines, key="channel"), PHONE, 2) == ["staff", "citizen"]
    assert roles(dialogue(*lines, key="channel"), COUNTER, 2) == ["unknown", "unknown"]
    by_voice = dialogue(*((f"S{party}", text) for party, text in lines))
    assert roles(by_voice, PHONE) == roles(by_voice, COUNTER) == ["unknown", "unknown"]


def test_beside_an_evident_citizen_a_curt_voice_is_staff():
    evident = (Label(name="citizen-like", confidence=0.9999),)
    said = dialogue(("S1", "嗯,对。"), ("S2", "我想问一下怎么办社保卡。"), ("S1", "嗯。"), ("S2", "那我的退休金呢?"))
    labelled = tuple(replace(s, labels=evident) if s.speaker == "S2" else s for s in said.segments)
    judged = replace(said, segments=labelled)
    assert roles(judged, PHONE) == ["staff", "citizen", "staff", "citizen"]
    assert set(roles(judged, COUNTER)) == {"unknown"}


@pytest.mark.parametrize(
    "lines",
    [
        ("喂,我问一下那个公积金。", "就是我上个月交的。", "嗯,那行。", "好的好的。"),
        ("我的社保卡丢了。", "对,就是那张。", "补一张要多少钱?", "那我明天过来。"),
        ("哦,这样啊。", "我想查一下我妈的养老金。", "嗯嗯,对。", "她姓王,七十二了。"),
    ],
)
@pytest.mark.parametrize("direction", ["in", None])
def test_a_citizen_heard_as_two_voices_is_nobodys_staff(lines, direction):
    called = replace(PHONE, direction=direction)
    for parted in ((0, 1, 0, 1), (0, 0, 1, 1), (0, 1, 1, 1)):
        said = label_sides(dialogue(*((f"S{voice}", text) for voice, text in zip(parted, lines, strict=True))))
        assert "staff" not in roles(said, called)


def test_a_voice_that_says_too_little_stays_unknown():
    lines = [*GOOD, ("S3", "嗯")]
    judged = roles(Transcript(segments=dialogue(*lines, seconds=1.0).segments, duration=12.0))
    assert judged == ["staff", "unknown", "staff", "unknown"]


def test_an_unheard_voice_stays_unknown():
    assert roles(dialogue(*GOOD, (None, "好的"))) == ["staff", "citizen", "staff", "unknown"]


def test_of_three_voices_the_one_that_is_there_throughout_is_staff():
    lines = (
        ("S1", "下一位。"),
        ("S2", "我想查一下社保。"),
        ("S1", "好的,打出来了。"),
        ("S3", "我来领卡。"),
        ("S1", "给您,慢走。"),
    )
    transcript = dialogue(*lines)
    assert roles(transcript) == ["staff", "citizen", "staff", "citizen", "staff"]
    assert "始终在场" in assign_roles(transcript, COUNTER, 1).segments[0].role_reason


def later(transcript, seconds):
    moved = (replace(s, start=s.start + seconds, end=s.end + seconds) for s in transcript.segments)
    return replace(transcript, segments=tuple(moved), duration=transcript.duration + seconds)


def test_who_speaks_in_each_service_is_staff_though_a_citizen_came_twice():
    first = dialogue(("S1", "下一位。"), ("S2", "我想查一下社保。"), ("S1", "打出来了。"))
    second = later(dialogue(("S1", "下一位。"), ("S3", "嗯,就是那个红的。"), ("S1", "给您。")), 30.0)
    third = later(dialogue(("S2", "打错了,你们再给我看一下。"), ("S1", "好的,给您,慢走。")), 60.0)
    said = replace(third, segments=(*first.segments, *second.segments, *third.segments))
    assert roles(said) == ["staff", "citizen", "staff", "staff", "citizen", "staff", "citizen", "staff"]
    helper = tuple(replace(s, text="请您稍等,我帮您看看。") if s.speaker == "S3" else s for s in said.segments)
    assert roles(replace(said, segments=helper))[4] == "unknown"  # who comes and talks like staff may be a colleague


def test_where_one_voice_says_what_two_say_each_sentence_tells_for_itself():
    """A citizen who sounds like the staff was heard as them, in a service in which nobody else speaks."""
    alike = ("S1", "您好,请问有什么可以帮您?"), ("S1", "我不知道找哪个,我要交水费。"), ("S1", "在那边。")
    said = label_sides(dialogue(*GOOD))
    second = label_sides(later(dialogue(*alike), 30.0))
    both = replace(second, segments=(*said.segments, *second.segments))
    assert roles(both) == [*roles(said), "staff", "unknown", "unknown"]
    monologue = label_sides(later(dialogue(alike[0], ("S1", "办好了,您慢走。"), ("S1", "在那边。")), 30.0))
    assert roles(replace(both, segments=(*said.segments, *monologue.segments))) == [*roles(said), *["staff"] * 3]
    answered = replace(both, segments=(*both.segments[:-1], replace(both.segments[-1], speaker="S2")))
    assert roles(answered)[-3:] == ["staff", "staff", "citizen"]


def test_of_three_voices_one_without_clues_may_be_anybody():
    assert roles(dialogue(*GOOD, ("S3", "嗯,打印机坏了。"))) == ["staff", "citizen", "staff", "unknown"]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (Segment(start=2.1, end=2.5, text="嗯", speaker="S2"), "unknown"),  # short and close
        (Segment(start=2.6, end=3.0, text="嗯", speaker="S2"), "citizen"),  # short, not close
        (Segment(start=1.0, end=2.2, text="是啊", speaker="S2"), "unknown"),  # overlapped
        (Segment(start=2.1, end=2.8, text="是啊", speaker="S2"), "citizen"),  # long enough
    ],
)
def test_words_that_may_be_the_other_voice_are_unknown(second, expected):
    first = Segment(start=0.0, end=2.0, text="请出示身份证。", speaker="S1")
    third = Segment(start=6.0, end=9.0, text="我想问一下。", speaker="S2")
    assert roles(Transcript(segments=(first, second, third), duration=9.0))[1] == expected


def test_the_given_channel_is_certain_whatever_is_said():
    swapped = dialogue((0, "我想问一下。"), (1, "请出示身份证。"), key="channel")
    judged = assign_roles(swapped, Recording(file="a.wav", staff_channel=0), 2).segments
    assert [(segment.role, segment.role_confidence) for segment in judged] == [("staff", 1.0), ("citizen", 1.0)]


def test_a_channel_that_is_not_there_is_refused():
    with pytest.raises(SidecarError, match="staff_channel 是 2"):
        assign_roles(dialogue((0, "好"), key="channel"), Recording(file="a.wav", staff_channel=2), 2)


def test_channels_without_metadata_are_told_apart_by_words():
    lines = [(int(name == "S2"), text) for name, text in GOOD]
    assert roles(dialogue(*lines, key="channel"), channels=2) == ["staff", "citizen", "staff"]


@pytest.mark.parametrize(("direction", "expected"), [("in", ["citizen", "staff"]), ("out", ["staff", "citizen"])])
def test_without_clues_the_direction_of_the_call_tells_the_sides(direction, expected):
    transcript = dialogue((0, "喂。"), (1, "嗯。"), key="channel")
    judged = assign_roles(transcript, Recording(file="a.wav", direction=direction), 2).segments
    assert [segment.role for segment in judged] == expected
    assert judged[0].role_confidence == pytest.approx(0.9, abs=0.005)
    assert "呼叫方向" in judged[0].role_reason


def test_words_against_the_direction_leave_the_role_open_or_win():
    inbound = Recording(file="a.wav", direction="in")
    mild = dialogue((0, "让您久等了。"), (1, "嗯。"), key="channel")
    assert roles(mild, inbound, channels=2) == ["unknown", "unknown"]
    strong = dialogue((0, "您好,这里是社保窗口,很高兴为您服务。"), (1, "我想问一下怎么办。"), key="channel")
    assert roles(strong, inbound, channels=2) == ["staff", "citizen"]


def test_repeated_cues_count_less_and_less():
    once = matched_cues([Segment(start=0.0, end=1.0, text="请出示身份证")])
    often = matched_cues([Segment(start=0.0, end=1.0, text="请出示身份证")] * 20)
    assert sum(once.values()) < sum(often.values()) < 5 * sum(once.values())


def test_what_only_sounds_like_a_cue_counts_less_and_only_where_it_was_recognised():
    word = Word(start=0.0, end=1.0, text="请处事深分证", confidence=0.5)
    written = Segment(start=0.0, end=1.0, text="请处事深分证")
    exact = sum(matched_cues([replace(written, text="请出示身份证")]).values())
    assert matched_cues([written]) == {}
    assert 0 < sum(matched_cues([replace(written, words=(word,))]).values()) < exact


def test_nothing_said_gives_nothing():
    assert assign_roles(Transcript(segments=(), duration=5.0), COUNTER, 1).segments == ()


# Staff without a courtesy word and without an insult: no cue of the list.
PLAIN = (
    ("S1", "第三栏空着呢,补上。"),
    ("S2", "哦,这写单位还是写学校呀?"),
    ("S1", "单位。章盖在日期上头。"),
    ("S2", "那我女儿在外地,她本人不回来行不行?"),
    ("S1", "不行,得本人来按指纹。"),
    ("S2", "她请不下来假呀,上回你们同事说可以的。"),
)


def test_learned_labels_tell_who_is_who_where_no_cue_does():
    said = dialogue(*PLAIN)
    assert {s.role for s in assign_roles(said, COUNTER, 1).segments if s.speaker == "S1"} == {"unknown"}
    judged = assign_roles(label_sides(said), COUNTER, 1).segments
    assert [segment.role for segment in judged] == ["staff", "citizen"] * 3
    assert "处" in judged[0].role_reason
    assert "指纹" not in judged[0].role_reason


def test_labels_of_two_who_say_the_same_leave_both_open():
    said = label_sides(dialogue(*[(voice, "这个怎么填啊?") for voice in ("S1", "S2") * 3]))
    assert roles(said) == ["unknown"] * 6


def test_one_very_sure_label_makes_nothing_certain():
    sure = Label(name="staff-like", confidence=1.0)
    said = dialogue(("S1", "好的。"), ("S2", "嗯嗯。"))
    said = replace(said, segments=(replace(said.segments[0], labels=(sure,)), said.segments[1]))
    assert {segment.role_confidence for segment in assign_roles(said, COUNTER, 1).segments} == {0.98}


def test_words_tell_that_two_who_sound_alike_are_two():
    assert words_separate_voices(label_sides(dialogue(*PLAIN)))


@pytest.mark.parametrize("order", [("S1", "S2"), ("S2", "S1"), ("S1", "S1")])
def test_one_person_cut_in_two_is_not_told_to_be_two(order):
    staff = [text for voice, text in PLAIN if voice == "S1"] * 2
    assert not words_separate_voices(label_sides(dialogue(*[(order[i % 2], text) for i, text in enumerate(staff)])))


def test_three_voices_or_words_without_a_side_are_never_told_to_be_two():
    assert not words_separate_voices(label_sides(dialogue(*PLAIN, ("S3", "好。"))))
    assert not words_separate_voices(label_sides(dialogue(("S1", "好。"), ("S2", "好。"))))
    assert not words_separate_voices(Transcript(segments=(), duration=1.0))


def test_nodding_is_on_no_side():
    for nod, other in (("嗯。", "好。"), ("嗯,对。", "行。"), ("13812345678。", "好的。")):
        assert roles(label_sides(dialogue(*[("S1", nod), ("S2", other)] * 3))) == ["unknown"] * 6


def test_a_small_bias_over_a_whole_day_makes_nobody_staff():
    slightly = (Label(name="citizen-like", confidence=0.54),)
    more = (Label(name="staff-like", confidence=0.54),)
    turns = [("S1", "啊。") if i % 2 else (f"S{2 + i // 60}", "哦。") for i in range(900)]
    said = dialogue(*turns)
    labelled = tuple(replace(s, labels=slightly if s.speaker == "S1" else more) for s in said.segments)
    judged = assign_roles(replace(said, segments=labelled), COUNTER, 1).segments
    assert {s.role for s in judged if s.speaker == "S1"} == {"staff"}
    assert "staff" not in {s.role for s in judged if s.speaker != "S1"}


def test_a_reason_never_quotes_what_a_number_may_stand_in():
    said = dialogue(("S1", "您的号是13812345678,拿好单子去三号窗口。"), ("S2", "我想问一下社保卡丢了怎么补?"))
    assert not any("138" in s.role_reason for s in assign_roles(label_sides(said), COUNTER, 1).segments)
