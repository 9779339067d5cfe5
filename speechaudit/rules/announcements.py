"""What the words of an announcement look like, and what only people say: the templates of `machine.yml`, weighed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from speechaudit.model import Telltale
from speechaudit.policy import StrictModel, Text
from speechaudit.rules.phrases import Lists, Phrases
from speechaudit.sounds import sounds
from speechaudit.text import SENTENCE_END, Folded, fold

HowSurely = Literal["surely", "likely", "perhaps"]
# Log-odds of one of these templates: a hundred to one, twenty to one, four to one; what people say weighs more, so
# that somebody who explains a menu, or invites a rating, stays a person.
MACHINE_ODDS: Final[Mapping[HowSurely, float]] = {"surely": 5.0, "likely": 3.0, "perhaps": 1.4}
PERSON_ODDS: Final[Mapping[HowSurely, float]] = {"surely": -6.0, "likely": -3.0, "perhaps": -1.0}
# Log-odds of what sounds like a whole sentence of an announcement, by the syllables that are alike at least.
SENTENCE_ODDS: Final = ((9, 3.5), (7, 2.0))
ALIKE: Final = 76.0  # per cent of the syllables; what people say has less (tests/speakers/test_machines.py)
SHORTEST: Final = 7  # syllables that are compared


class Sayings(StrictModel):
    """Templates of one side, by how surely nobody else says it."""

    surely: tuple[Text, ...] = ()
    likely: tuple[Text, ...] = ()
    perhaps: tuple[Text, ...] = ()


class Announcements(StrictModel):
    """What announcements say, and what people say who might be taken for one; `sentences` are found by their sounds."""

    machine: Sayings = Sayings()
    person: Sayings = Sayings()
    sentences: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnouncementWording:
    """The compiled templates: a sorted list of them by weight, and sentences as sounds. Finds nothing without any."""

    _weighed: tuple[tuple[float, Phrases], ...] = ()
    _sentences: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Announcements, lists: Lists) -> AnnouncementWording:
        """Compile what a file says. Raises phrases.TemplateError."""
        return cls(tuple(_weighed(told, lists)), tuple(_syllables(sentence) for sentence in told.sentences))

    def __call__(self, text: str) -> tuple[Telltale, ...]:
        """Return what speaks for a machine or for a person in a text, in no order."""
        folded = fold(text)
        by_words = (
            _telltale(folded, match.start, match.end, odds)
            for odds, phrases in self._weighed
            for match in phrases.find(folded)
        )
        return *by_words, *self._by_sound(folded)

    def _by_sound(self, folded: Folded) -> Iterator[Telltale]:
        """Yield where a text sounds like a sentence, or like a long piece of one."""
        from rapidfuzz.fuzz import partial_ratio, partial_ratio_alignment
        from rapidfuzz.process import extract

        chars = folded.chars.replace(SENTENCE_END, "")
        if not self._sentences or len(chars) < SHORTEST:
            return
        kept = [at for at, char in enumerate(folded.chars) if char != SENTENCE_END]
        heard = sounds(chars)
        # All are compared in one call; where most alike lie is asked of the few that are alike.
        alike = extract(heard, self._sentences, scorer=partial_ratio, score_cutoff=ALIKE, limit=None)
        for sentence, _, _ in alike:
            found = partial_ratio_alignment(heard, sentence, score_cutoff=ALIKE)
            size = min(found.src_end - found.src_start, found.dest_end - found.dest_start) if found else 0
            odds = next((odds for least, odds in SENTENCE_ODDS if size >= least), None)
            if found and odds:
                yield _telltale(folded, kept[found.src_start], kept[found.src_end - 1] + 1, odds)


def _telltale(folded: Folded, start: int, end: int, odds: float) -> Telltale:
    first, last = folded.index[start], folded.index[end - 1] + 1
    return Telltale(start=first, end=last, odds=odds, quote=folded.quote(start, end))


def _syllables(sentence: str) -> str:
    return sounds(fold(sentence).chars.replace(SENTENCE_END, ""))


def _weighed(told: Announcements, lists: Lists) -> Iterator[tuple[float, Phrases]]:
    for side, weights in ((told.machine, MACHINE_ODDS), (told.person, PERSON_ODDS)):
        for how, odds in weights.items():
            templates: tuple[str, ...] = getattr(side, how)
            if templates:
                yield odds, Phrases(templates, lists, sounds_like=odds > 0 and how != "perhaps")
