"""The phrase language: what a template matches, and what it refuses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.rules.phrases import Phrases, Template, TemplateError
from speechaudit.text import fold

LISTS = {"窗口": ("社保", "不动产[登记]"), "单位": ("<窗口>(窗口|科)",)}


@pytest.mark.parametrize(
    ("template", "text", "quote"),
    [
        ("(这|那)?[个]不归我管", "这个不归我管", "这个不归我管"),
        ("(这|那)?[个]不归我管", "不归我管", "不归我管"),
        ("[你](去)?问别人(去)?", "你去問別人去!", "你去問別人去"),
        ("找领导去,我管不着", "找领导去。我管不着。", "找领导去。我管不着"),
        ("您好,[这里是]<单位>", "您好!这里是不动产登记窗口", "您好!这里是不动产登记窗口"),
        ("<窗口>?窗口", "社保窗口", "社保窗口"),
        ("我不管…问别人", "我不管这种事你问别人", "我不管这种事你问别人"),
        ("abc", "ABC", "ABC"),
        ("請坐", "请坐", "请坐"),
    ],
)
def test_match(template: str, text: str, quote: str) -> None:
    folded = fold(text)
    assert [folded.quote(h.start, h.end) for h in Phrases([template], LISTS).find(text)] == [quote]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("不归我管", "不归。我管"),
        ("我不管…问别人", "我不管。你问别人"),
        ("我不管…问别人", "我不管一二三四五六七八九问别人"),
        ("(甲|乙)丙", "丙"),
    ],
)
def test_no_match(template: str, text: str) -> None:
    assert Phrases([template], LISTS).find(text) == ()


def test_a_comma_inside_a_phrase_is_no_obstacle() -> None:
    assert Phrases(["你去问别人"], {}).find("你去,问别人")


def test_homophones_count_only_where_asked_for_and_only_from_three_syllables() -> None:
    assert Phrases(["找领导去"], {}).find("照领到去") == ()
    (hit,) = Phrases(["找领导去"], {}, sounds_like=True).find("照领到去")
    assert not hit.exact
    assert Phrases(["不行"], {}, sounds_like=True).find("步行十分钟") == ()


def test_a_character_with_two_readings_matches_by_either() -> None:
    assert Phrases(["我管不着"], {}, sounds_like=True).find("我管不找")


def test_an_exact_hit_hides_the_one_by_sound() -> None:
    (hit,) = Phrases(["找领导去"], {}, sounds_like=True).find("找领导去")
    assert hit.exact


def test_whole_words() -> None:
    please = Phrases(["请"], {}, whole_words=True)
    assert please.find("填一下申请表") == ()
    assert please.find("请您填一下")


@pytest.mark.parametrize("template", ["(甲", "甲)", "[甲", "<没有>", "<甲", "(甲]", "[甲]", "…", "。", "[甲|乙]$"])
def test_a_bad_template_is_refused_with_a_reason(template: str) -> None:
    with pytest.raises(TemplateError, match="“"):
        Phrases([template], LISTS)


def test_a_list_that_contains_itself_is_refused() -> None:
    with pytest.raises(TemplateError, match="词表"):
        Phrases(["<甲>"], {"甲": ("<乙>",), "乙": ("<甲>",)})


@given(
    st.text(st.sampled_from("甲乙()[]|<>?…,。窗口"), max_size=12), st.text(st.sampled_from("甲乙,。社保"), max_size=12)
)
def test_any_template_either_works_or_is_refused(template: str, text: str) -> None:
    try:
        phrases = Phrases([template], LISTS, sounds_like=True)
    except TemplateError:
        return
    for hit in phrases.find(text):
        assert 0 <= hit.start < hit.end <= len(fold(text).chars)


def test_dollar_asks_for_the_end_of_the_sentence() -> None:
    phrases = Phrases(["管不着$"], {})
    assert phrases.find("这事我管不着。") and phrases.find("我管不着")
    assert not phrases.find("管不着您也帮您问")


def test_whole_takes_the_longest_alternative() -> None:
    phrases = Phrases(["没听(说|说过)"], {})
    assert phrases.whole("没听说过", (0,), (4,)) is not None
    assert phrases.whole("没听说过", (0,), (2,)) is None


@pytest.mark.parametrize(
    ("template", "written", "meant"),
    [
        ("(谁|没人)[也|都](找<领导>去)", "没人都照局掌去", "没人都找局长去"),
        ("你…问别人去", "你好好问别任去", "你好好问别人去"),
    ],
)
def test_a_hit_by_sound_knows_what_the_template_says_there(template: str, written: str, meant: str) -> None:
    (hit,) = Phrases([template], {"领导": ("领导[们]", "局长")}, sounds_like=True).find(written)
    assert (hit.exact, hit.meant) == (False, meant)


@given(
    st.text(st.sampled_from("甲乙丙()[]|?…,$"), max_size=12).filter(lambda template: "$" not in template[:-1]),
    st.text(st.sampled_from("甲乙丙。"), max_size=12),
)
def test_a_hit_lies_where_backtracking_finds_it(template: str, text: str) -> None:
    try:
        phrases, expression = Phrases([template], {}), Template(template, {}, re.escape).regex()
    except TemplateError:
        return
    folded = fold(text)
    found = [match.group().strip("。") for match in re.finditer(expression, folded.chars)]
    assert [folded.chars[hit.start : hit.end] for hit in phrases.find(folded)] == [words for words in found if words]


@given(
    st.lists(st.text("甲乙丙$…[]?|(),", min_size=1, max_size=8), min_size=1, max_size=3),
    st.lists(st.text("甲乙丙。!", max_size=12), max_size=4),
    st.booleans(),
)
def test_what_one_search_of_all_turns_rules_out_is_in_none(
    templates: list[str], texts: list[str], sounds_like: bool
) -> None:
    try:
        phrases = Phrases(templates, LISTS, sounds_like=sounds_like)
    except TemplateError:
        return
    folded = tuple(fold(text).chars for text in texts)
    found = [text for text in texts if phrases.find(text)]
    places = [range(len(text) + 1) for text in folded]
    whole = [text for text, ends in zip(folded, places, strict=True) if phrases.whole(text, ends, ends)]
    assert phrases.may_occur(folded) or not found
    assert phrases.may_occur(folded, whole=True) or not whole


def test_most_phrases_are_ruled_out_by_one_search() -> None:
    said = tuple(fold(text).chars for text in ("您好,请坐。", "我不知道", "问别人"))
    assert not Phrases(("找领导去",), LISTS).may_occur(said)
    assert not Phrases(("不知道…别人", "好请坐我"), LISTS).may_occur(said)
    assert Phrases(("不知道$",), LISTS).may_occur(said)
    assert Phrases(("步之道",), LISTS, sounds_like=True).may_occur(said)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "template", ["[我]" * 60 + "管", "(我|我我)" * 60 + "管", "我…" * 20 + "管", "[我…]" * 30 + "管"]
)
def test_a_template_that_branches_everywhere_is_searched_in_time(template: str) -> None:
    phrases = Phrases([template], {}, sounds_like=True)
    assert phrases.find("我" * 2000) == ()
    assert phrases.whole("我" * 2000, (0, 1, 2), (1998, 1999, 2000)) is None
    (hit,) = phrases.find("我" * 99 + "管")
    assert hit.end == 100


def test_a_set_that_takes_too_much_memory_is_refused() -> None:
    with pytest.raises(TemplateError, match="请拆成几条"):
        Phrases(["[我…]" * 2_000 + "管"], {})
