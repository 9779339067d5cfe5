"""What the recogniser writes without having heard it is taken out again, word by word.

Whisper learned from subtitles: on unclear sound it writes credits and farewells of videos, echoes its prompt, or
repeats itself until the window is full, all with high confidence. A real 谢谢 or 再见 must survive.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from speechaudit.model import Word
from speechaudit.text import convert, strip_marks

PROMPT = "以下是普通话的句子。"

_ECHO = r"以下(?:是|为)?(?:普通话?|國語|国语|中文)?的?句子?(?=$|以下)|以下(?:是|为)普通话(?:的?句子?)?"
# Nobody says 普通话的句子 at a window: what leads up to it is the prompt misheard (你以为是, 以后是, 一下是).
_ECHO += r"|(?:[你我他]?[以一已][下为后上夏](?:就?是|为|的)?)?普通(?:话的?|的)[句巨剧局]子"
# Only phrases that nobody says at a service window; each may take its whole sentence with it.
_INVENTED = r"""
(?:谢谢|感谢|多谢)(?:大家|您|你|各位)?的?(?:观看|收看|收听|观赏)
|(?:我们)?(?:下集|下期|下次节目|下个视频|下支影片)(?:节目|视频)?再见
|请?不吝(?:点赞|订阅|转发|打赏)+.*
|(?:欢迎|请|记得)?(?:点赞|订阅|转发|打赏){2,}.*
|支持明镜与?点点栏?目?
|明镜(?:需要您的支持|与点点|火拍).*
|优优独播剧场.*
|(?:中文)?字幕(?:志愿者|由|制作|提供|组|by|:).*
|.{0,6}字幕(?:志愿者|组).*
|(?:由|本字幕由).{0,12}(?:提供|制作)字幕
|.{0,6}amara\.?org.*
|.{0,6}(?:社群|社区)提供的?字幕
|本期视频.*
|请?(?:订阅|关注)我们?的?频道.*
|中文字幕.*
|作词(?:作曲)?李宗盛(?:作曲李宗盛)?
"""
_STOCK = re.compile(re.sub(r"\s+", "", _INVENTED), re.IGNORECASE)
_ECHOED = re.compile(_ECHO)
_SENTENCE_END = "。!?!?…"
_DIGITS = set("0123456789零〇一二三四五六七八九十幺两点")
_LONGEST_UNIT = 20
_FEWEST_REPEATS = 4
_SURE_REPEATS = 10
_FASTEST = 0.1


def cleaned(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words in simplified characters, without echo of the prompt, stock inventions and loops."""
    return without_loops(without_inventions(simplified(words)))


def simplified(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words in simplified characters; phrases decide the character, so all text is converted at once."""
    text = "".join(word.text for word in words)
    converted = convert(text)
    if len(converted) != len(text):
        return tuple(replace(word, text=convert(word.text)) for word in words)
    ends = _ends(words)
    return tuple(
        replace(word, text=converted[end - len(word.text) : end]) for word, end in zip(words, ends, strict=True)
    )


def without_inventions(words: Sequence[Word]) -> tuple[Word, ...]:
    """Drop echo of the prompt and what only subtitles say, sentence by sentence."""
    return tuple(word for sentence in sentences(words) for word in _credible(sentence))


def without_loops(words: Sequence[Word]) -> tuple[Word, ...]:
    """Drop runs in which the same one to twenty words come again and again, too often or too fast for a person."""
    kept: list[Word] = []
    at = 0
    while at < len(words):
        length = _loop_at(words, at)
        if not length:
            kept.append(words[at])
        at += length or 1
    return tuple(kept)


def sentences(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Cut after each word that ends with a full stop, question or exclamation mark."""
    number = 0
    numbers = []
    for word in words:
        numbers.append(number)
        number += word.text.rstrip().endswith(tuple(_SENTENCE_END))
    pairs = groupby(zip(numbers, words, strict=True), key=lambda pair: pair[0])
    return [tuple(word for _, word in group) for _, group in pairs]


def _credible(sentence: Sequence[Word]) -> tuple[Word, ...]:
    bares = [strip_marks(word.text) for word in sentence]
    text = "".join(bares)
    spans = [match.span() for pattern in (_ECHOED, _STOCK) for match in pattern.finditer(text)]
    if not spans:
        return tuple(sentence)
    kept, at = [], 0
    for word, letters in zip(sentence, bares, strict=True):
        end = at + len(letters)
        if not any((start < end and at < stop) or at == end for start, stop in spans):
            kept.append(word)
        at = end
    return tuple(kept)


def _loop_at(words: Sequence[Word], at: int) -> int:
    """Number of words in the loop that begins at `at`; 0 if none does."""
    for unit in range(1, min(_LONGEST_UNIT, (len(words) - at) // _FEWEST_REPEATS) + 1):
        repeats = _repeats(words, at, unit)
        run = words[at : at + unit * repeats]
        if repeats >= _FEWEST_REPEATS and not _human(run, repeats):
            return len(run)
    return 0


def _repeats(words: Sequence[Word], at: int, unit: int) -> int:
    pattern = [strip_marks(word.text) for word in words[at : at + unit]]
    count = 1
    while [strip_marks(word.text) for word in words[at + count * unit : at + (count + 1) * unit]] == pattern:
        count += 1
    return count


def _human(run: Sequence[Word], repeats: int) -> bool:
    """Return whether a person could have said it: 对对对对, a telephone number, but not ten times the same sentence."""
    text = strip_marks("".join(word.text for word in run))
    if set(text) <= _DIGITS:
        return True
    return repeats < _SURE_REPEATS and run[-1].end - run[0].start >= _FASTEST * len(text)


def _ends(words: Sequence[Word]) -> list[int]:
    ends, end = [], 0
    for word in words:
        end += len(word.text)
        ends.append(end)
    return ends
