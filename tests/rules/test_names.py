"""A centre's own names of its units: what counts as said, what a person hears, and what they leave alone."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit import pipeline
from speechaudit.model import Encounter, Finding, Probe, Recording, Span
from speechaudit.reasons import in_chinese
from speechaudit.rules import choosing, plays, rulebook
from speechaudit.rules.examples import encounter_of, utterance
from speechaudit.rules.judge import judge, listen_requests
from speechaudit.rules.names import LISTEN, MOST, forms
from speechaudit.rules.place import ALONE
from speechaudit.rules.rulebook import Rulebook
from speechaudit.sounds import heard_as, nearness
from tests.sources import ROOT

OPENING = "phone.opening"
UNITS = ("清风驿站", "不动产登记窗口", "幸福街道党群之家")
FROM_BEST = ("pass", "n/a", "unclear", "fail")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """The delivered rules by a profile that names three units."""
    folder = shutil.copytree(ROOT / "lexicons", tmp_path_factory.mktemp("own") / "lexicons")
    text, before = "title: 本中心\nrules: {}\n", choosing.ProfileChoices(title="本中心")
    (folder / "profiles/own.yml").write_text(text, encoding="utf-8")
    before = choosing.chosen(folder, "own")
    written = choosing.with_choices(text, replace(before, units=UNITS), before, folder)
    return choosing.drafted(folder, "own", written)


def findings(book: Rulebook, play: str, window: str = "") -> dict[str, Finding]:
    place = replace(ALONE, window_name=window)
    encounter = encounter_of(book.rules[0], play) if "staff" in play else utterance(play)
    return {found.rule: found for found in judge(book, "phone", encounter, "", place)}


def told(finding: Finding) -> str:
    return ";".join(in_chinese(evidence.reasons) for evidence in finding.evidence)


@pytest.mark.parametrize(
    ("said", "verdict", "why"),
    [
        ("您好,清风驿站,请讲。", "pass", "报单位:“清风驿站”"),
        ("您好,清风亿战,请讲。", "pass", "听起来像“清风驿站”"),
        ("您好,不懂场登记,请问您办什么业务?", "pass", "听起来像“不动产登记”"),
        ("喂您好,我们是新福街道当群之加的。", "pass", "听起来像“幸福街道党群之家”"),
        ("您好,我是成峰亿占的。", "unclear", "听起来有些像“清风驿站”"),
        ("您好,请问您办什么业务?", "fail", "没有听到报单位"),
        ("您好,什么事?清风亿战在三楼。", "fail", "没有听到报单位"),
        ("清风亿战,请讲。", "fail", "没有听到问候"),
    ],
)
def test_what_nearly_sounds_like_an_own_name_counts_in_its_place(
    own: Rulebook, said: str, verdict: str, why: str
) -> None:
    found = findings(own, said)[OPENING]
    assert (found.verdict, why in told(found)) == (verdict, True), told(found)


def test_the_window_that_took_the_call_is_a_name_too() -> None:
    book = rulebook.load()
    recording = Recording(file="a.play", setting="phone", window="桂花苑社区")
    transcript = plays.parse("staff @0-4: 您好,我是贵花院社区的。\ncitizen @5-6: 我想问个事。").transcript
    for window, verdict in (("桂花苑社区", "pass"), ("3号", "fail"), (None, "fail")):
        audit = pipeline.judge_transcript(book, replace(recording, window=window), transcript)
        (found,) = (each for each in audit.encounters[0].findings if each.rule == OPENING)
        assert found.verdict == verdict


def test_signs_of_the_phrase_language_are_no_names(own: Rulebook) -> None:
    rule = next(rule for rule in own.rules if rule.id == OPENING)
    assert findings(own, "您好,报单位,请讲。")[OPENING].verdict == "unclear"
    assert rule.id == OPENING and findings(own, "您好,我是暴单为的。", window="<报单位>")[OPENING].verdict == "fail"


def test_a_name_may_be_said_without_what_every_unit_is_called() -> None:
    assert forms(("不动产登记窗口", "社保窗口", "双拥"), ("窗口", "中心")) == (
        "不动产登记窗口",
        "不动产登记",
        "社保窗口",
    )


def test_sounds_are_nearer_where_recognisers_confuse_them() -> None:
    def near(one: str, other: str) -> float:
        return nearness(heard_as(one), heard_as(other))

    assert near("清风", "清风") == near("医保窗口", "一宝创扣") == 1.0
    assert near("不动产", "不懂场") > near("不动产", "不懂吃") > near("不动产", "人社局")
    assert near("", "清风") == 0.0 and near("", "") == 1.0


SAID = st.sampled_from(
    (
        "您好",
        "你好",
        "喂",
        "这里是清风亿战",
        "清风驿站",
        "成峰一占",
        "我们是不懂场登记窗口",
        "请讲",
        "请问您办什么业务",
        "您到清风驿站问",
        "找领导去",
        "不知道",
        "请稍等",
        "再见",
        "工号1017",
    )
)
TURN = st.tuples(st.sampled_from(("staff", "citizen", "unknown")), st.lists(SAID, min_size=1, max_size=4))
PLAY = st.lists(TURN, min_size=1, max_size=4).map(
    lambda turns: "\n".join(f"{who}: {','.join(said)}。" for who, said in (("staff", ["喂"]), *turns))
)


@given(play=PLAY, window=st.sampled_from(("", "清风驿站", "不动产登记窗口")))
def test_own_names_speak_for_the_opening_and_change_nothing_else(own: Rulebook, play: str, window: str) -> None:
    without, with_names = findings(rulebook.load(), play), findings(own, play, window)
    before, after = without.pop(OPENING), with_names.pop(OPENING)
    assert with_names == without
    assert FROM_BEST.index(after.verdict) <= FROM_BEST.index(before.verdict)


def test_a_name_of_three_syllables_counts_only_where_all_sounds_are_the_same() -> None:
    said = {"您好,敏正棵。": "pass", "您好,您正刻。": "unclear", "您好,您怎么。": "fail"}
    assert {text: findings(rulebook.load(), text, "民政科")[OPENING].verdict for text in said} == said


MODEL = "whisper-base"
LOST = "staff @1-3: 您好,宝宝参考,请讲。\ncitizen @4-6: 我想问一下材料。\nstaff @7-10: 请带身份证,再见。"


def heard(book: Rulebook, score: float, play: str = LOST, phrase: str = "清风驿站", start: float = 1.4) -> Finding:
    """Return the finding on an opening in which a second listen gave a name this score."""
    encounter = encounter_of(book.rules[0], play)
    probe = Probe(start=start, end=start + 0.8, channel=0, phrase=phrase, variant=phrase, score=score)
    no_hello = replace(probe, phrase="您好", variant="您好", score=0.1)
    transcript = replace(encounter.transcript, probes=(probe, no_hello))
    found = judge(book, "phone", replace(encounter, transcript=transcript), MODEL)
    return next(each for each in found if each.rule == OPENING)


def asked(book: Rulebook, play: str, window: str = "", model: str = MODEL) -> list[str]:
    encounter: Encounter = encounter_of(book.rules[0], play)
    place = replace(ALONE, window_name=window)
    found = listen_requests(book, "phone", encounter, Span(start=0.0, end=60.0), model, place)
    return [request.phrase for request in found if request.variants[0].startswith("您好这里是+")]


def test_a_name_that_was_not_written_down_is_listened_for_and_only_then(own: Rulebook) -> None:
    assert sorted(asked(own, LOST)) == sorted({*forms(UNITS, ("窗口",))})
    assert asked(own, LOST, model="another") == []
    assert asked(own, LOST.replace("宝宝参考", "清风亿战")) == []
    assert asked(rulebook.load(), LOST) == []
    assert asked(rulebook.load(), LOST, "清风驿站") == ["清风驿站"]


def test_of_many_names_those_are_listened_for_that_come_nearest_to_what_was_written(own: Rulebook) -> None:
    wanted = asked(own, LOST.replace("宝宝参考", "成峰一下"), "桂花苑社区服务大厅")
    assert (len(wanted), wanted[0]) == (MOST, "清风驿站")


def test_the_score_of_a_name_only_lifts(own: Rulebook) -> None:
    limit = own.thresholds(MODEL)[LISTEN]
    silent = LOST.replace("宝宝参考", "什么事")
    assert heard(own, 0.1, silent).verdict == "fail"
    assert heard(own, limit.doubt - 0.01, silent).verdict == "fail"
    assert heard(own, limit.doubt, silent).verdict == "unclear"
    found = heard(own, limit.sure, silent)
    assert (found.verdict, "再听一遍像是“清风驿站”" in told(found)) == ("pass", True)
    assert heard(own, 1.0, silent, phrase="别的单位").verdict == "fail"
    longer = f"{silent}\ncitizen @11-12: 还有呢?\nstaff @13-15: 没有了,慢走。"
    assert heard(own, 1.0, longer, start=13.5).verdict == "fail"


def test_a_name_that_was_heard_excuses_no_other_part(own: Rulebook) -> None:
    assert heard(own, 1.0, "staff @1-3: 什么事,快讲。\nstaff @4-6: 身份证,再见。").verdict == "fail"
