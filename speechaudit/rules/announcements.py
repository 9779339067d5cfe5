"""What the words of an announcement look like, and what only people say: the templates of `machine.yml`, weighed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from speechaudit.model import Telltale
from speechaudit.policy import StrictModel, Text
from speechaudit.rules.phrases import Lists, Phrases
from speechaudit.text import fold

HowSurely = Literal["surely", "likely", "perhaps"]
# Log-odds of one of these templates: a hundred to one, twenty to one, four to one; what people say weighs more, so
# that somebody who explains a menu, or invites a rating, stays a person.
MACHINE_ODDS: Final[Mapping[HowSurely, float]] = {"surely": 5.0, "likely": 3.0, "perhaps": 1.4}
PERSON_ODDS: Final[Mapping[HowSurely, float]] = {"surely": -6.0, "likely": -3.0, "perhaps": -1.0}


class Sayings(StrictModel):
    """Templates of one side, by how surely nobody else says it."""

    surely: tuple[Text, ...] = ()
    likely: tuple[Text, ...] = ()
    perhaps: tuple[Text, ...] = ()


class Announcements(StrictModel):
    """What announcements say, and what people say who might be taken for one."""

    machine: Sayings = Sayings()
    person: Sayings = Sayings()


@dataclass(frozen=True, slots=True)
class AnnouncementWording:
    """The compiled templates: a sorted list of them by weight. Finds nothing where there are none."""

    _weighed: tuple[tuple[float, Phrases], ...] = ()

    @classmethod
    def of(cls, told: Announcements, lists: Lists) -> AnnouncementWording:
        """Compile what a file says. Raises phrases.TemplateError."""
        return cls(tuple(_weighed(told, lists)))

    def __call__(self, text: str) -> tuple[Telltale, ...]:
        """Return what speaks for a machine or for a person in a text, in no order."""
        folded = fold(text)
        return tuple(
            Telltale(
                start=folded.index[match.start],
                end=folded.index[match.end - 1] + 1,
                odds=odds,
                quote=folded.quote(match.start, match.end),
            )
            for odds, phrases in self._weighed
            for match in phrases.find(folded)
        )


def _weighed(told: Announcements, lists: Lists) -> Iterator[tuple[float, Phrases]]:
    for side, weights in ((told.machine, MACHINE_ODDS), (told.person, PERSON_ODDS)):
        for how, odds in weights.items():
            templates: tuple[str, ...] = getattr(side, how)
            if templates:
                yield odds, Phrases(templates, lists, sounds_like=odds > 0 and how != "perhaps")
