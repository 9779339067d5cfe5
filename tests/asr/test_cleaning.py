"""What was never said is taken out; what was said stays."""

from __future__ import annotations

import pytest
from hypothesis import given

from speechaudit.asr.cleaning import PROMPT, cleaned, sentences, simplified, without_inventions, without_loops
from speechaudit.asr.decoding import SETTINGS
from speechaudit.model import Word
from speechaudit.text import strip_marks
from tests.asr.words import spoken, text, word_lists

SAID = [
    "您好,请讲。",
    "谢谢。",
    "谢谢您,再见。",
    "好的,谢谢大家的配合。",
    "再见。",
    "请慢走,再见!",
    "感谢您的来电。",
    "请您观看一下大屏幕叫号。",
    "以下材料您带齐了吗?",
    "请订阅我们的短信提醒。",
    "麻烦您转发给家里人。",
    "我的普通话不好。",
    "请您说普通话,说慢一点。",
    "以后是要预约的。",
    "以下是普通窗口。",
    "请关注我们的公众号。",
    "明天字幕公司来办证。",
    "这个由社区提供证明。",
    "对对对对对,是的。",
    "好好好好,谢谢谢谢。",
    "电话是13888888888。",
    "零零零零零八八八八八八八八。",
]
NEVER_SAID = [
    "谢谢观看。",
    "谢谢大家收看。",
    "感谢大家的观看。",
    "感谢您的收听。",
    "我们下集再见。",
    "下期再见。",
    "下期节目再见。",
    "字幕由Amara.org社区提供。",
    "字幕由某某制作。",
    "由某某提供字幕。",
    "请不吝点赞,订阅,转发,打赏支持明镜与点点栏目。",
    "请不吝点赞订阅。",
    "明镜需要您的支持。",
    "优优独播剧场。",
    "中文字幕志愿者某某。",
    "作词作曲李宗盛。",
    "本期视频就到这里。",
    "请订阅我的频道。",
    "以下是普通话的句子。",
    "以下是普通话的句子以下是普通话的句子。",
    "以下是普通話的句子。",
    "以下是普通的句子。",
    "以下是普通话。",
    "你以为是普通话的句子。",
    "一下是普通话的句子。",
    "以后是普通话的巨子。",
    "普通话的句子。",
]


@pytest.mark.parametrize("said", SAID)
def test_what_people_say_survives(said: str) -> None:
    assert text(cleaned(spoken(said))) == said


@pytest.mark.parametrize("invented", NEVER_SAID)
def test_inventions_and_echoes_go(invented: str) -> None:
    assert cleaned(spoken(invented)) == ()


@pytest.mark.parametrize("invented", NEVER_SAID)
def test_the_sentences_around_an_invention_stay(invented: str) -> None:
    assert text(cleaned(spoken(f"您好。{invented}再见。"))) == "您好。再见。"


def test_an_invention_glued_to_speech_goes_alone() -> None:
    assert text(cleaned(spoken("请稍等谢谢观看。"))) == "请稍等"
    assert text(cleaned(spoken("以下是普通话的句子,您好请讲。"))) == "您好请讲。"


@pytest.mark.parametrize("loop", ["谢谢" * 40, "对" * 60, "你好,请问有什么可以帮您。" * 12, "12号窗口" * 15])
def test_loops_go_whole(loop: str) -> None:
    assert text(cleaned(spoken(f"请讲。{loop}"))) == "请讲。"


def test_what_is_repeated_faster_than_anybody_speaks_goes() -> None:
    assert without_loops(spoken("不知道" * 5, pace=0.02)) == ()
    assert text(without_loops(spoken("不知道" * 5))) == "不知道" * 5


def test_traditional_characters_become_simplified_and_keep_their_times() -> None:
    before = spoken("請問這裡是不動產登記窗口嗎?")
    after = simplified(before)
    assert text(after) == "请问这里是不动产登记窗口吗?"
    assert [(word.start, word.end) for word in after] == [(word.start, word.end) for word in before]


def test_a_phrase_decides_the_character_across_words() -> None:
    assert text(simplified(spoken("乾隆把衣服弄乾了"))) == "乾隆把衣服弄干了"


def test_the_prompt_is_neutral_and_is_an_echo_itself() -> None:
    scored = set("您你好请讲问谢感对抱歉再见慢走没关系客气欢迎知道管窗口中心行烦急等")
    assert not scored & set(PROMPT)
    assert SETTINGS["initial_prompt"] == PROMPT
    assert not {"hotwords", "prefix"} & set(SETTINGS)
    assert cleaned(spoken(PROMPT)) == ()


@given(word_lists())
def test_cleaning_only_takes_away_and_keeps_order(words: list[Word]) -> None:
    left = iter(words)
    assert all(any(word == other for other in left) for word in cleaned(words))


@given(word_lists())
def test_cleaning_twice_changes_nothing_more(words: list[Word]) -> None:
    once = without_inventions(words)
    assert without_inventions(once) == once


@given(word_lists())
def test_sentences_hold_every_word_in_order(words: list[Word]) -> None:
    assert [word for sentence in sentences(words) for word in sentence] == words
    for sentence in sentences(words):
        assert not any(word.text[-1] in "。!?" for word in sentence[:-1])


def test_bare_text_has_no_marks() -> None:
    assert strip_marks(" 您好,请讲。…") == "您好请讲"
