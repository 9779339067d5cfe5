"""A centre's own names of its units: found where one gives a name, by the characters or nearly by the sound.

How near is near was measured: docs/decisions/rules-own-unit-names.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from speechaudit.model import Span
from speechaudit.rules.phrases import SOUND_MINIMUM, Lists, Phrases, TextMatch
from speechaudit.rules.scene import Scene, SpokenMatch
from speechaudit.rules.schema import Slot
from speechaudit.rules.turns import Turn
from speechaudit.sounds import heard_as, nearness
from speechaudit.text import SENTENCE_END, Folded, folded_letters

ENDINGS: Final = "机构"
LISTEN: Final = "单位名称"  # what leads up to a name in listen.yml, and the thresholds of all names
MOST: Final = 4
"""So many names are listened for at most: those that come nearest to what was written down."""
FILLERS: Final = "嗯啊喂哦呃哎" + SENTENCE_END  # before a name
SURE: Final = 0.85
"""From which nearness on, 0 to 1, words are a name."""
PERHAPS: Final = 0.7
"""From which nearness on they may be one, and a person decides."""
_SHORT: Final = 4  # a name of fewer syllables has many neighbours
_SURE_SHORT, _PERHAPS_SHORT = 1.0, 0.8
_OTHER_LENGTHS: Final = (0, -1, 1)  # syllables that a recogniser lost or made up
_SPOKEN: Final = re.compile(r"[^\W_]+(?:·[^\W_]+)*")  # a name as it is said, without signs of the phrase language


@dataclass(frozen=True, slots=True, kw_only=True)
class NearName:
    """Words of a turn that may be one of the centre's names: `start` to `end` in its characters; how near, 0 to 1."""

    turn: Turn
    start: int
    end: int
    name: str
    nearness: float

    @property
    def sure(self) -> bool:
        """Whether nothing else is likely to have been said."""
        return self.nearness >= (SURE if len(self.name) >= _SHORT else _SURE_SHORT)

    @property
    def possible(self) -> bool:
        """Whether a person should listen."""
        return self.nearness >= (PERHAPS if len(self.name) >= _SHORT else _PERHAPS_SHORT)

    @property
    def match(self) -> SpokenMatch:
        """The words as a hit: exact if they are the name's own characters."""
        exact = self.turn.folded.chars[self.start : self.end] == self.name
        meant = "" if exact else self.name
        return SpokenMatch(
            turn=self.turn, hit=TextMatch(start=self.start, end=self.end, exact=exact, meant=meant, near=not exact)
        )


class OwnNames:
    """Finds the names by which those who answer may introduce themselves: a profile's, and that of their window."""

    def __init__(self, slot: Slot, lists: Lists) -> None:
        self._names = tuple(each for each in slot.phrases if _SPOKEN.fullmatch(each))
        self._behind = Phrases(slot.name_behind, lists, sounds_like=True)
        self._endings = frozenset(lists.get(ENDINGS, ()))

    def forms(self, window: str) -> tuple[str, ...]:
        """Return all names as they may be said, with those of the window that is called so."""
        return forms((*self._names, *(each for each in (window,) if _SPOKEN.fullmatch(each))), self._endings)

    def nearest(
        self,
        turns: Sequence[Turn],
        span: Span,
        window: str,
        after: Sequence[SpokenMatch],
        others: Sequence[SpokenMatch],
    ) -> tuple[NearName, ...]:
        """Return for each name what begins in `span` and sounds most like it, the nearest first.

        It stands right behind one of the hits `after`, or where one introduces oneself, and ends before the `others`.
        """
        names = self.forms(window)
        starts = ((turn, start) for turn in turns if names for start in sorted(self._starts(turn, after)))
        inside = ((turn, start) for turn, start in starts if turn.times[start][0] in span)
        found = [near for turn, start in inside for near in _from(turn, start, names, _last(turn, start, others))]
        best: dict[str, NearName] = {}
        for near in sorted(found, key=lambda near: -near.nearness):
            best.setdefault(near.name, near)
        return tuple(sorted(best.values(), key=lambda near: (-near.nearness, -len(near.name))))

    def _starts(self, turn: Turn, after: Sequence[SpokenMatch]) -> set[int]:
        """Return the places in a turn where somebody may give a name."""
        behind = (hit.end for hit in self._behind.find(turn.folded)) if self._behind else ()
        starts = {0, *behind, *(found.hit.end for found in after if found.turn == turn)}
        return {at for at in (_past_fillers(turn.folded, start) for start in starts) if at < len(turn.times)}


def listened_for(scene: Scene, names: Iterable[str]) -> Scene:
    """Return the scene in which a second listen may find these names, by the thresholds that hold for all names."""
    limit, leads = scene.thresholds.get(LISTEN), scene.spellings.get(LISTEN)
    if limit is None or leads is None:
        return scene
    spelled = {name: tuple(lead + name for lead in leads) for name in names}
    thresholds = {**dict.fromkeys(spelled, limit), **scene.thresholds}
    return replace(scene, thresholds=thresholds, spellings={**spelled, **scene.spellings})


def _past_fillers(folded: Folded, start: int) -> int:
    rest = folded.chars[start:]
    return start + len(rest) - len(rest.lstrip(FILLERS))


def forms(names: Iterable[str], endings: Collection[str]) -> tuple[str, ...]:
    """Return the names as they may be said: whole, and without what every unit is called (登记窗口 is 登记, too)."""
    found = dict.fromkeys(form for name in names for form in _forms(folded_letters(name), frozenset(endings)))
    return tuple(form for form in found if len(form) >= SOUND_MINIMUM)


@lru_cache(maxsize=1024)
def _forms(name: str, endings: frozenset[str]) -> tuple[str, ...]:
    shorter = (name.removesuffix(ending) for ending in endings if name.endswith(ending))
    return (name, *(each for each in shorter if len(each) >= _SHORT))


def _last(turn: Turn, start: int, others: Sequence[SpokenMatch]) -> int:
    """Up to where a name may reach: the end of the sentence, or what is said next."""
    later = (found.hit.start for found in others if found.turn == turn and found.hit.start >= start)
    end = min(later, default=len(turn.folded.chars))
    stop = turn.folded.chars.find(SENTENCE_END, start, end)
    return end if stop < 0 else stop


def _from(turn: Turn, start: int, names: Sequence[str], last: int) -> Iterator[NearName]:
    heard = heard_as(turn.folded.chars)
    for name in names:
        spelled = heard_as(name)
        for more in _OTHER_LENGTHS:
            end = start + len(name) + more
            if start < end <= last:
                near = nearness(spelled, heard[start:end])
                yield NearName(turn=turn, start=start, end=end, name=name, nearness=near)
