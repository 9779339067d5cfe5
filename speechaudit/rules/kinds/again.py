"""Whether an answer answers: what a question met with, and whether it is asked again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Final

from speechaudit.reasons import Reason, because
from speechaudit.rules.phrases import Lists, Phrases, outside
from speechaudit.rules.scene import Scene
from speechaudit.rules.schema import Reply
from speechaudit.rules.turns import Turn
from speechaudit.text import SENTENCE_END, merge_you

SOON: Final = 60.0  # seconds within which a question is the same one, asked again
ALIKE: Final = 0.5  # share of the characters of the shorter question that the other has too
_FEWEST_PAIRS = 2
_ASKING = "吗呢啊呀么"
_BRIEF = 3  # characters: with no more than these somebody only shows to be listening


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The words of a question, without punctuation."""

    turn: Turn
    words: str

    def like(self, other: Asked) -> bool:
        """Return whether both ask the same: in the same words, or in half of them and two pairs of neighbours.

        A question of two characters (收费吗) has but one pair.
        """
        mine, others = merge_you(self.words), merge_you(other.words)
        chars = len(set(mine) & set(others)) / max(1, min(len(set(mine)), len(set(others))))
        pairs = len({*pairwise(mine)} & {*pairwise(others)})
        shorter = min(len(mine.rstrip(_ASKING)), len(others.rstrip(_ASKING)))
        return mine == others or (chars >= ALIKE and pairs >= max(1, min(_FEWEST_PAIRS, shorter - 1)))


class AskedAgain:
    """Finds what was said to a question, and how the other side took it."""

    def __init__(self, rule: Reply, lists: Lists) -> None:
        self._who, self._asker = rule.who, rule.when.who
        self._told = Phrases(rule.told, lists)
        self._not_told = Phrases(rule.not_told, lists)
        self._again = Phrases(rule.again, lists)

    def reason(self, asked: Asked, later: Sequence[Asked], scene: Scene) -> Reason | None:
        """Return why a question that met with words may not have been answered, or None; `later` are the next ones."""
        return self._complained(asked, later, scene) or self._repeated(asked, later, scene)

    def _complained(self, asked: Asked, later: Sequence[Asked], scene: Scene) -> Reason | None:
        """The other side says so, before it asks something else."""
        until = min((each.turn.end for each in later), default=scene.end)
        for turn in self._soon(asked, scene):
            if turn.role == self._asker and turn.start < until and (hits := self._again.find(turn.folded)):
                return because("said-unanswered", quote=turn.quote(hits[0]), at=turn.start)
        return None

    def _repeated(self, asked: Asked, later: Sequence[Asked], scene: Scene) -> Reason | None:
        same = next((each for each in later if each.like(asked)), None) if self._told else None
        if same is None or same.turn.start > asked.turn.end + SOON:
            return None
        said = list(takewhile(lambda turn: turn.number < same.turn.number, self._soon(asked, scene)))
        if _brief(said):
            said += takewhile(lambda turn: turn.role != self._asker, self._soon(same, scene))
        replies = [turn for turn in said if turn.role != self._asker]
        if not replies or any(turn.role != self._who or self._answers(turn) for turn in replies):
            return None
        reply = "".join(turn.folded.original for turn in replies)
        return because("asked-again", reply=reply, quote=same.turn.folded.original, at=same.turn.start)

    def _answers(self, turn: Turn) -> bool:
        """Return whether a turn holds an answer, or a step towards one: who asks for papers tells nothing of them."""
        told = self._told.find(turn.folded)
        return bool(told and outside(told, self._not_told.find(turn.folded)))

    def _soon(self, asked: Asked, scene: Scene) -> Iterator[Turn]:
        """Turns of anybody after a question."""
        limit = asked.turn.end + SOON
        return (turn for turn in scene.turns if turn.number > asked.turn.number and turn.start <= limit)


def _brief(turns: Sequence[Turn]) -> bool:
    return sum(len(turn.folded.chars.replace(SENTENCE_END, "")) for turn in turns) <= _BRIEF
