"""A paper as it is kept for years: its words apart, so that they can be deleted with the recording they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pydantic import TypeAdapter

from speechaudit.reports.figures import Moment, StaffFigures, StaffSummary
from speechaudit.reports.overview import CommonFault
from speechaudit.reports.paper import Merit, Paper

GONE: Final = "录音已经删除，或查不到出处，没有保留原话。"
_PAPER: Final = TypeAdapter(Paper)
_MOMENT: Final = TypeAdapter(Moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperWords:
    """Words of a paper: at which place, JSON or text, and whence.

    `code`, `file` and `service` (from 1) are those of the moment; of what was well said, `rule` and `content` tell
    whence.
    """

    place: str
    content: str
    code: str = ""
    rule: str = ""
    file: str = ""
    service: int = 0


def words_in(paper: Paper) -> Iterator[PaperWords]:
    """Yield all that was said in recordings, each piece with its place."""
    for place, moment in _moments(paper):
        yield PaperWords(
            place=place,
            content=_MOMENT.dump_json(moment).decode(),
            code=moment.id,
            rule=moment.rule,
            file=moment.file,
            service=moment.encounter,
        )
    for place, merit, quote in _quotes(paper):
        yield PaperWords(place=place, content=quote, rule=merit.rule)


def _moments(paper: Paper) -> Iterator[tuple[str, Moment]]:
    for number, moment in enumerate(paper.moments):
        yield f"moment-{number}", moment
    for number, problem in enumerate(paper.problems):
        if problem.example:
            yield f"problem-{number}", problem.example


def _quotes(paper: Paper) -> Iterator[tuple[str, Merit, str]]:
    for number, merit in enumerate(paper.good):
        for at, quote in enumerate(merit.quotes):
            yield f"good-{number}-{at}", merit, quote


def dump(paper: Paper) -> bytes:
    """Return a paper as JSON, with places in place of its words, and of people only what its page shows.

    The same paper gives the same bytes.
    """
    bare = replace(
        paper,
        moments=tuple(_silent(each) for each in paper.moments),
        problems=tuple(_silent_fault(each) for each in paper.problems),
        good=tuple(
            replace(each, quotes=tuple(f"good-{n}-{at}" for at in range(len(each.quotes))))
            for n, each in enumerate(paper.good)
        ),
        people=tuple(_light(each) for each in paper.people),
    )
    return _PAPER.dump_json(bare)


def load(content: bytes, words: Mapping[str, str]) -> Paper:
    """Return the paper of `dump` with its words, by place; where they are gone it says so."""
    bare = _PAPER.validate_json(content)
    return replace(
        bare,
        moments=tuple(_told(each, words.get(f"moment-{n}")) for n, each in enumerate(bare.moments)),
        problems=tuple(
            replace(each, example=_told(each.example, words.get(f"problem-{n}"))) if each.example else each
            for n, each in enumerate(bare.problems)
        ),
        good=tuple(
            replace(each, quotes=tuple(words[place] for place in each.quotes if place in words)) for each in bare.good
        ),
    )


def _told(moment: Moment, content: str | None) -> Moment:
    return _MOMENT.validate_json(content) if content else replace(moment, why=GONE)


def _silent(moment: Moment) -> Moment:
    """Return a moment without anything that was said or written about it."""
    return replace(moment, file="", quote="", why="", reasons=(), review=None, match=None)


def _silent_fault(problem: CommonFault) -> CommonFault:
    return replace(problem, example=_silent(problem.example)) if problem.example else problem


def _light(person: StaffFigures) -> StaffSummary:
    figures = replace(person.figures, rules=(), trial_rules=(), dimensions=(), not_judged=())
    return StaffSummary(
        staff=person.staff,
        settings=person.settings,
        figures=figures,
        doubts=person.doubts,
        encounters=(),
        recordings=(),
    )
