"""Whether two wordings of the same words hold the same of what is scored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from speechaudit.model import Role
from speechaudit.rules.phrases import Lists, Phrases
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.schema import Rule, Said, Sequence
from speechaudit.text import fold

_SCORED: Final = ("phrases", "perhaps", "alone", "by_ear", "outright")  # fields of what is credited or charged


class Wording:
    """All words that the rules of a book credit or charge."""

    def __init__(self, book: Rulebook) -> None:
        self._phrases = [(rule.who, found) for rule in book.rules for found in _scored(rule, book.lists)]

    def same(self, role: Role, heard: str, meant: str) -> bool:
        """Return whether every rule credits and charges the same words in the same places of both, said by this role.

        Both are as long as each other. Occasions, answers and excuses do not count: they are no scored words.
        """
        one, other = fold(heard), fold(meant)
        own = (phrases for who, phrases in self._phrases if role in (who, "unknown"))
        return all(phrases.find(one) == phrases.find(other) for phrases in own)


def _scored(rule: Rule, lists: Lists) -> Iterator[Phrases]:
    for said in rule.slots if isinstance(rule, Sequence) else (rule,):
        by_sound = said.sounds_like if isinstance(said, Said) else False
        for name in _SCORED:
            if templates := getattr(said, name, ()):
                yield Phrases(templates, lists, sounds_like=by_sound if name == "phrases" else True)
