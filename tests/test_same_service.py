"""A citizen who waits, asks again, or comes back from an errand is served once; two citizens in turn are two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from speechaudit.encounters import split
from speechaudit.model import Recording, Segment, Transcript

COUNTER = Recording(file="a.wav", setting="counter")
PAUSES = yaml.safe_load((Path(__file__).parent / "pauses.yml").read_text(encoding="utf-8"))


def said(lines: Sequence[str | int], known: str) -> tuple[Segment, ...]:
    now = 0.0
    found: list[Segment] = []
    for line in lines:
        if isinstance(line, int):
            now += line
            continue
        who, text = line.split(" ")
        segment = Segment(start=now, end=now + len(text) / 4, text=text, role="staff" if who == "S" else "citizen")
        found.append(replace(segment, role="unknown") if known == "words" else segment)
        if known == "voices":
            found[-1] = replace(segment, speaker=who)
        now = found[-1].end + 0.7
    return tuple(found)


def services(segments: Sequence[Segment]) -> int:
    transcript = Transcript(segments=tuple(segments), duration=segments[-1].end + 1)
    return len(split(transcript, COUNTER).encounters)


@pytest.mark.parametrize("known", ["roles", "voices", "words"])
@pytest.mark.parametrize("name", PAUSES["one"])
def test_one_service(name: str, known: str) -> None:
    assert services(said(PAUSES["one"][name], known)) == 1


@pytest.mark.parametrize("known", ["roles", "voices", "words"])
@pytest.mark.parametrize("name", PAUSES["two"])
def test_two_services(name: str, known: str) -> None:
    assert services(said(PAUSES["two"][name], known)) == 2


def test_the_same_question_again_is_one_service_though_few_words_sound_like_another_voice() -> None:
    asked: list[str | int] = ["S 您好,请坐。", "C1 请问这个表要填几份?"]
    again: list[str | int] = [12, "C2 同志,我问一下这个表要填几份?", 15, "C2 有人吗?", "S 两份。"]
    assert services(said([*asked, *again], "voices")) == 1
    answered: list[str | int] = ["S 两份。", "C1 谢谢。", 14, "C2 你好,请问这个表要填几份?", "S 两份。"]
    assert services(said([*asked, *answered], "voices")) == 2


SERVED: list[str | int] = ["S 您好,请坐。", "C 我来领户口本。", "S 好,拿走吧。"]


def test_what_was_handed_over_and_a_greeting_part_two_though_the_voices_sound_alike() -> None:
    assert services(said([*SERVED, 28, "S 您好,请出示您的号票。", "C 八十六号,我要交契税。"], "voices")) == 2
    assert services(said([*SERVED, 8, "S 下一位。", "C 我要交契税。"], "voices")) == 2
    waiting: list[str | int] = ["S 您好,请坐。", "C 我来领户口本。", "S 我去柜子里找。"]
    assert services(said([*waiting, 28, "S 您好,您看看是这本吗?", "C 是的。"], "voices")) == 1


def test_a_sentence_in_pieces_is_read_whole() -> None:
    """A doubtful voice in the middle of a sentence cuts it: 请问是这样的 alone is no return with the photograph."""
    sent: list[str | int] = ["S 您好,请坐。", "C 给我妈办老年卡。", "S 还要一张照片,楼下有自助拍照机。", 200]
    back = said([*sent, "S 请问是这样的", "C 照片吗?", "S 是的。"], "voices")
    first, second = back[3], replace(back[4], role="unknown", speaker=None)
    pieces = (*back[:3], first, replace(second, start=first.end, end=first.end + 1), *back[5:])
    assert services(pieces) == 1


def test_private_talk_is_no_going_on_of_a_service() -> None:
    fetched: list[str | int] = ["S 什么事?", "C 残疾证年检。", "S 拿过来吧。弄好了。", "C 行,谢谢。", 21]
    called = said([*fetched, "S 喂,老婆,快递到了吗?", 4, "S 晚上我回家拆。"], "voices")
    transcript = Transcript(segments=called, duration=called[-1].end + 1)
    division = split(transcript, COUNTER)
    assert (len(division.encounters), len(division.asides)) == (1, 1)
    assert division.encounters[0].end == called[3].end


def test_whoever_is_asked_for_a_wish_behind_a_pause_is_the_next() -> None:
    before: list[str | int] = ["S 您好,请坐。", "C 十月的补贴呢?", "S 还没有发。", "C 行吧。", 10]
    assert services(said([*before, "S 请到五号窗口。您办什么?", "C 撤销一个投诉。"], "roles")) == 2
    assert services(said([*before, "S 您还要办什么?", "C 没有了。"], "voices")) == 1
    asked: list[str | int] = ["S 您好,请坐。", "C 我取号了。", "S 您是几号?", "C 五十八号。", "S 五十八号过了。"]
    assert services(said(asked, "words")) == 1


def test_staff_who_went_to_ask_come_back_though_the_next_citizen_follows_soon() -> None:
    first: list[str | int] = ["S 有啥事儿?", "C 停车月卡能不能退?", "S 那我给您打电话问一下。", 60]
    back: list[str | int] = ["S 问清楚了,是物业退。", "C 好吧。", 13, "D 你好,我来给单位的人交生育险。", "S 表格给我。"]
    assert services(said([*first, *back[:2]], "voices")) == 1
    assert services(said([*first, *back], "voices")) == 2


def test_a_word_of_a_third_of_a_second_tells_no_voice() -> None:
    waiting = said(["S 下一位。", "C 我取执照副本。", "S 单子。", "D 行。", 34, "S 签个名。", "C 签好了。"], "voices")
    assert services(waiting) == 1


def test_whoever_asks_for_somebody_behind_thanks_is_the_next() -> None:
    before: list[str | int] = ["S 您好,请坐。", "C 补贴够吗?", "S 您等公布。"]
    after: list[str | int] = [16, "D 在吗?", 14, "D 窗口有人没有?", 20, "S 来了,您办什么?", "D 我领证。"]
    assert services(said([*before, "C 明白,辛苦了。", *after], "roles")) == 2
    assert services(said([*before, "C 什么时候公布?", *after[:4]], "roles")) == 1
