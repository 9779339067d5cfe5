"""Words made by hand, and strategies that make them."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from speechaudit.model import Word


def spoken(text: str, start: float = 0.0, pace: float = 0.25, confidence: float = 0.9) -> list[Word]:
    """One word for each character; punctuation hangs on the word before it, a space in `text` is a pause of 1 s."""
    words: list[Word] = []
    at = start
    for character in text:
        if character == " ":
            at += 1.0
        elif character in ",。!?" and words:
            last = words.pop()
            words.append(Word(start=last.start, end=last.end, text=last.text + character, confidence=confidence))
        else:
            words.append(Word(start=at, end=at + pace, text=character, confidence=confidence))
            at += pace
    return words


def text(words: list[Word] | tuple[Word, ...]) -> str:
    return "".join(word.text for word in words)


def greetings(text: str) -> int:
    """How many greetings were written; 你好 for 您好 is no matter of hearing."""
    return len(re.findall("[您你]好", text))


@st.composite
def word_lists(draw: st.DrawFn) -> list[Word]:
    """Words in order of time, with pauses from none to seconds."""
    pairs = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["您好", "请", "讲。", "谢", "嗯,", "再见", "办", "1", "字幕", "吗?"]),
                st.floats(0, 4),
                st.floats(0.02, 2),
                st.floats(0, 1),
            ),
            max_size=40,
        )
    )
    words, at = [], 0.0
    for letters, pause, length, confidence in pairs:
        start = at + pause
        at = start + length
        words.append(Word(start=start, end=at, text=letters, confidence=confidence))
    return words
