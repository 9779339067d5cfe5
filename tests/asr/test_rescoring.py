"""Words of the same sound that are likelier at windows, and what must stay as it was heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.asr import rescoring
from speechaudit.asr.rescoring import Same, rescored, talk
from speechaudit.model import Role, Segment, Transcript, with_words
from tests.asr.words import spoken
from training import talk as training

ANY_ROLE: list[Role] = ["staff", "citizen", "unknown"]
MISHEARD = {
    "攻击金能提吗": "公积金能提吗",
    "护口本带了吗": "户口本带了吗",
    "名称合准了吗": "名称核准了吗",
    "结婚正拍照": "结婚证拍照",
    "请您何对一下": "请您核对一下",
    "原建要带吗": "原件要带吗",
}
SAID = [
    "您好,请坐,请问您办理什么业务?",
    "谢谢,再见。",
    "身份证和户口本都要带。",
    "不好意思,让您久等了。",
    "这个不归我管,你去找领导。",
    "公司注销要先去税务局。",
    "13912345678",
    "",
]


def always(_role: Role, _heard: str, _meant: str) -> bool:
    return True


def never(_role: Role, _heard: str, _meant: str) -> bool:
    return False


def heard(text: str, role: Role = "citizen", confidence: float = 0.6) -> Transcript:
    empty = Segment(start=0.0, end=0.0, text="", role=role)
    segments = (with_words(empty, spoken(text, confidence=confidence)),) if text else ()
    return Transcript(segments=segments, duration=60.0)


def written(text: str, same: Same = always, role: Role = "citizen", confidence: float = 0.6) -> str:
    return "".join(segment.text for segment in rescored(heard(text, role, confidence), same).segments)


@pytest.mark.parametrize("text", MISHEARD)
def test_what_people_say_at_windows_is_likelier(text: str) -> None:
    assert written(text) == MISHEARD[text]


@pytest.mark.parametrize("text", SAID)
def test_what_is_likely_stays(text: str) -> None:
    assert written(text, confidence=0.9) == text


def test_what_was_surely_heard_stays_longer() -> None:
    assert written("就找各懂的人来办", confidence=0.3) != "就找各懂的人来办"
    assert written("攻击金", confidence=0.1) == "公积金"
    costs = [rescoring._cost(confidence) for confidence in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert costs == sorted(costs)


def test_what_would_be_scored_otherwise_stays() -> None:
    assert written("护口本攻击金", never) == "护口本攻击金"

    def no_fund(_role: Role, _heard: str, meant: str) -> bool:
        return "公" not in meant

    assert written("护口本攻击金", no_fund) == "户口本攻击金"


def test_roles_are_told_and_machines_stay() -> None:
    asked: list[Role] = []

    def noted(role: Role, _heard: str, _meant: str) -> bool:
        asked.append(role)
        return True

    for role in ANY_ROLE:
        assert written("攻击金", noted, role) == "公积金"
    assert asked == ANY_ROLE
    assert written("攻击金", noted, "machine") == "攻击金"


def test_times_confidence_and_marks_stay() -> None:
    before = heard("您好,攻击金 能提吗?12号。")
    after = rescored(before, always)
    assert after.segments[0].text == "您好,公积金能提吗?12号。"
    assert [replace(w, text="") for w in after.segments[0].words] == [
        replace(w, text="") for w in before.segments[0].words
    ]


def test_a_segment_without_words_stays() -> None:
    saved = Transcript(segments=(Segment(start=0.0, end=1.0, text="攻击金", role="staff"),), duration=1.0)
    assert rescored(saved, always) == saved


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x5FFF), max_size=12), st.floats(0.0, 1.0))
def test_only_characters_of_the_same_sound_come_in(text: str, confidence: float) -> None:
    found = talk().likeliest(text, [confidence] * len(text))
    pairs = zip(rescoring.syllables(text), found, strict=True)
    allowed = [{talk()._chars[other] for other in talk()._alike.get(syllable, ())} for syllable, _ in pairs]
    assert all(one == other or one in known for one, other, known in zip(found, text, allowed, strict=True))


def test_probabilities_add_up_to_one_or_less() -> None:
    arrays = training.fit(training.clauses(["您好,我来办社保。", "您好,社保卡怎么办?", "户口本带了吗"] * 3))
    model = rescoring.Talk(arrays)
    every = [at for at in range(len(arrays["chars"])) if at != rescoring._UNKNOWN]
    for first, second in ((0, 0), (0, 2), (3, 4)):
        assert 0.9 < float(np.exp(model._log(first, second, every)).sum()) < 1.001


def test_the_model_is_the_one_of_the_dialogues() -> None:
    assert rescoring.talk_sha256() == rescoring.talk_sha256()
    known = {char for turn in ("营业执照", "公积金", "不动产") for char in turn}
    assert known <= set(talk()._chars)
