"""What speech and its recogniser do to a text: neighbours in one segment, hesitation, homophones, lost characters."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from pypinyin import lazy_pinyin

from training.utterances import Utterance

_HESITATION = ("嗯", "啊", "呃", "那个", "这个", "就是", "哎", "我跟你说", "然后", "是这样", "你好", "哦")
_JOINED = 0.2
_HESITANT = 0.2
_MISHEARD = 0.35
_PER_CHARACTER = 0.08
_PLAIN_YOU = 0.2


class Augmenter:
    """Random variants of an utterance; `companions` are harmless utterances that may stand beside it in a segment."""

    def __init__(self, companions: Sequence[Utterance], rng: random.Random) -> None:
        self._companions = companions
        self._rng = rng

    def __call__(self, utterance: Utterance) -> Utterance:
        """A variant with the labels that it deserves."""
        if self._rng.random() < _JOINED:
            utterance = self._join(utterance)
        text = utterance.text
        if self._rng.random() < _HESITANT:
            text = self._hesitate(text)
        if self._rng.random() < _MISHEARD:
            text = misheard(text, _PER_CHARACTER, self._rng)
        if self._rng.random() < _PLAIN_YOU and not any(label.startswith("forbid-") for label in utterance.labels):
            text = text.replace("您", "你")
        return replace(utterance, text=text or utterance.text)

    def _join(self, utterance: Utterance) -> Utterance:
        other = self._rng.choice(self._companions)
        first, second = (utterance, other) if self._rng.random() < 0.5 else (other, utterance)
        labels = utterance.labels | other.labels
        return replace(
            utterance,
            text=first.text + second.text,
            labels=labels,
            unknown=(utterance.unknown | other.unknown) - labels,
        )

    def _hesitate(self, text: str) -> str:
        sound = self._rng.choice(_HESITATION)
        place = self._rng.choice((0, 0, len(text), self._rng.randint(0, len(text))))
        return text[:place] + sound + text[place:]


def misheard(text: str, share: float, rng: random.Random) -> str:
    """The text with this share of its characters taken for one of the same syllable, or lost, or kept."""
    return "".join(_mishear(character, share, rng) for character in text)


def _mishear(character: str, share: float, rng: random.Random) -> str:
    if rng.random() >= share or not "一" <= character <= "鿿":
        return character
    return str(rng.choice([*_same_sound().get(character, ()), character, character, ""]))


@cache
def _same_sound() -> dict[str, list[str]]:
    """The homophones among the characters that are used most: the first level of GB 2312, 3,755 of them."""
    codes = (bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return _homophones([code.decode("gb2312") for code in codes if code < bytes((0xD7, 0xFA))])


def _homophones(characters: Sequence[str]) -> dict[str, list[str]]:
    """Character -> the others of the same syllable, tones aside."""
    groups: dict[str, list[str]] = {}
    for character in characters:
        groups.setdefault(lazy_pinyin(character)[0], []).append(character)
    return {own: [other for other in group if other != own] for group in groups.values() for own in group}
