"""Each form of a text keeps what its purpose compares: places, letters, digits, one width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.sounds import likeness, sounds
from speechaudit.text import (
    SENTENCE_END,
    clock,
    error_rate_form,
    file_name_form,
    fold,
    folded_letters,
    identity_form,
    letters,
    merge_you,
    model_form,
    search_form,
    simplify,
    strip_marks,
    word_bounds,
)

TEXTS = st.text(st.sampled_from("您好請问這里是a1。,!? \n…①Ａ龘\u200b😀不知道"), max_size=40)


@given(TEXTS)
def test_every_folded_character_knows_where_it_stood(text: str) -> None:
    folded = fold(text)
    assert len(folded.index) == len(folded.chars)
    assert list(folded.index) == sorted(set(folded.index))
    assert {0, len(folded.chars)} <= set(folded.breaks)
    if folded.chars:
        assert folded.quote(0, len(folded.chars)) in text


@given(TEXTS)
def test_sounds_keep_the_length(text: str) -> None:
    chars = fold(text).chars
    assert len(sounds(chars)) == len(chars)


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text).chars).chars == fold(text).chars


@pytest.mark.parametrize(
    ("text", "chars"),
    [
        ("這不歸我管,你去問別人!", "这不归我管你去问别人。"),
        (" ＡＢＣ １２ ", "abc12"),
        ("你好。。。!再见", "你好。再见"),
        ("", ""),
        ("。。", ""),
    ],
)
def test_fold(text: str, chars: str) -> None:
    assert fold(text).chars == chars


def test_a_clause_is_what_stands_between_punctuation() -> None:
    folded = fold("对不起,不知道。您问他")
    start, end = folded.clause(folded.chars.index("不知"))
    assert folded.chars[start:end].strip(SENTENCE_END) == "不知道"


def test_simplify_keeps_the_length() -> None:
    assert simplify("請問您辦理什麼業務") == "请问您办理什么业务"


@pytest.mark.parametrize(
    ("one", "other"),
    [("找领导去", "照领到去"), ("急什么", "即什么"), ("身份证", "身份正"), ("受理", "寿礼"), ("真是", "正式")],
)
def test_homophones_sound_the_same(one: str, other: str) -> None:
    assert sounds(one) == sounds(other)


@pytest.mark.parametrize(("one", "other"), [("您好", "你好"), ("不知道", "不着急")])
def test_other_words_do_not(one: str, other: str) -> None:
    assert sounds(one) != sounds(other)


def test_word_bounds_part_words_as_jieba_does() -> None:
    assert 1 not in word_bounds("申请表")
    assert {0, 1, 2} <= word_bounds("请您填一下")


def test_likeness_falls_with_every_letter_and_tone() -> None:
    assert likeness("您好", "您好") == likeness("手机号", "守机号") == 1.0
    assert 1.0 > likeness("照领到去", "找领导去") > likeness("新疆", "请讲") > likeness("再见", "您好")


@given(st.text(max_size=40))
def test_letters_are_what_python_calls_letters_and_digits(text: str) -> None:
    assert letters(text) == "".join(c for c in text if c.isalnum())


@pytest.mark.parametrize(
    "form",
    [letters, merge_you, strip_marks, model_form, search_form, file_name_form, folded_letters, identity_form],
)
@given(st.text(max_size=40))
def test_a_form_of_a_form_is_the_same(form: Callable[[str], str], text: str) -> None:
    once = form(text)
    assert form(once) == once


@given(TEXTS)
def test_the_forms_agree_on_chinese(text: str) -> None:
    said = "".join(c for c in text if "一" <= c <= "鿿")
    assert letters(said) == strip_marks(said) == model_form(said) == search_form(said) == file_name_form(said) == said
    assert folded_letters(said) == simplify(said)


@pytest.mark.parametrize(
    ("form", "text", "left"),
    [
        (letters, "您好, A_1 %!", "您好A1"),
        (merge_you, "您好,你呢", "你好,你呢"),
        (strip_marks, "“您好,” 100%♪!", "您好100%♪"),
        (model_form, "您好, ＡA1é!", "您好a1"),
        (search_form, "您好, ＡA①é_!", "您好aa1é"),
        (error_rate_form, "３號窗口,幺〇!", "三号窗口一零"),
        (file_name_form, "Ａb①ß_-", "ab1ss_-"),
        (identity_form, " Ａ０１\u200b－０17\u3000", "A01-017"),
    ],
)
def test_each_form_leaves_what_it_is_for(form: Callable[[str], str], text: str, left: str) -> None:
    assert form(text) == left


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00"), (59.99, "00:59"), (65.9, "01:05"), (83.2, "01:23"), (3723, "1:02:03")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
