"""Search in transcripts: exact substrings of any length, from one character on, the same on both databases.

Words are folded first: width, case, spaces and punctuation do not matter (punctuation is the recogniser's guess).
`grams` are the single characters and neighbouring pairs of a text; an index over them finds candidates, and the
folded text itself decides. See docs/decisions/service-search.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Select,
    SQLColumnExpression,
    Text,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.errors import RequestError
from service.store.base import Base, Ref, is_sqlite
from speechaudit.model import Transcript
from speechaudit.personal import digits
from speechaudit.privacy import MASK, masked_transcript
from speechaudit.sounds import homophones
from speechaudit.text import search_form

INDEX = "transcript_grams"
LONGEST_GRAM = 2


class TranscriptText(Base):
    """What is searched: folded words of a recording, a line per segment, and the character pairs in them.

    `shown` is what is left of `folded` for who sees personal numbers and addresses masked; None if that is all of it.
    """

    __tablename__ = "transcripts"
    __table_args__ = ()

    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    folded: Mapped[str] = mapped_column(Text)
    shown: Mapped[str | None] = mapped_column(Text)
    grams: Mapped[str] = mapped_column(Text)


def folded_lines(texts: Iterable[str]) -> str:
    """Return the searched text of a recording: a folded line per segment, so that nothing is found across two."""
    return "\n".join(filter(None, map(search_form, texts)))


def indexed(transcripts: Iterable[Transcript]) -> dict[str, str | None]:
    """Return the columns of a recording with these words."""
    heard = list(transcripts)
    folded = folded_lines(segment.text for each in heard for segment in each.segments)
    masked = (masked_transcript(each) for each in heard)
    shown = folded_lines(part for each in masked for s in each.segments for part in s.text.split(MASK))
    return {"folded": folded, "grams": grams(folded), "shown": None if shown == folded else shown}


def grams(folded: str) -> str:
    """Return every character and every pair of neighbours once, separated by spaces, in steady order."""
    lines = folded.split("\n")
    found = {c for line in lines for c in line} | {a + b for line in lines for a, b in pairwise(line)}
    return " ".join(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for: the characters that may stand at each place, one alone where it is to be this one.

    With `masked` only what is left of a transcript when personal numbers and addresses are masked is looked into.
    """

    places: tuple[str, ...]
    masked: bool = False

    @property
    def exact(self) -> bool:
        """Whether no place leaves a choice."""
        return all(len(each) == 1 for each in self.places)

    @property
    def pattern(self) -> str:
        """As a regular expression that Python and PostgreSQL read alike: letters and digits need no care."""
        return "".join(each if len(each) == 1 else f"[{each}]" for each in self.places)

    @property
    def said(self) -> SQLColumnExpression[bool]:
        """That it stands in the folded text."""
        words = func.coalesce(TranscriptText.shown, TranscriptText.folded) if self.masked else TranscriptText.folded
        if self.exact:
            return words.contains("".join(self.places), autoescape=True)
        return words.regexp_match(self.pattern)

    @property
    def decided_by_grams(self) -> bool:
        """Whether the index alone says where it is said."""
        return self.exact and len(self.places) <= LONGEST_GRAM and not self.masked

    def places_in(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return from which character to before which it is said in a piece of the transcript."""
        folded = [(char, place) for place, each in enumerate(text) for char in search_form(each)]
        found = re.finditer(self.pattern, "".join(char for char, _ in folded))
        return tuple((folded[hit.start()][1], folded[hit.end() - 1][1] + 1) for hit in found)


def sought(query: str, *, sounds_like: bool = False, masked: bool = False) -> Sought:
    """Return what to look for. Raises RequestError if nothing is left of it.

    Numerals are nobody's homophones: who may not search for a number must not find it by its sound.
    """
    if not (folded := search_form(query)):
        raise RequestError("text", "没有可搜索的文字", "请输入至少一个汉字、字母或数字")
    if not sounds_like:
        return Sought(places=tuple(folded), masked=masked)
    alike = (char + "".join(c for c in homophones(char)[1:] if not digits(c)) for char in folded)
    return Sought(places=tuple(alike), masked=masked)


@contextmanager
def by_index(session: Session, *others: str) -> Iterator[None]:
    """Let PostgreSQL use the index even for what is common: reading the rows costs far more than it believes.

    `others` are further plans that it shall not take. For the rest of the transaction it plans for all rows of a list
    that is read piece by piece, not for the first ones: after a lookup, all are wanted.
    """
    if is_sqlite(session):
        yield
        return
    for plan in ("enable_seqscan", "jit", *others):  # jit would be started by the imagined cost of what was forbidden
        session.execute(text(f"SET LOCAL {plan} = off"))
    session.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
    yield
    for plan in ("enable_seqscan", *others):
        session.execute(text(f"SET LOCAL {plan} = on"))


def expected(session: Session, what: Sought) -> int:
    """Return how many candidates PostgreSQL expects, which keeps how frequent each gram is; 0 where nobody counts."""
    if is_sqlite(session):
        return 0
    known = candidates(session, what).compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    planned: list[Any] = (
        session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {known}", known.params).scalar_one()
    )
    return int(planned[0]["Plan"]["Plan Rows"])


def candidates(session: Session, what: Sought) -> Select[int]:
    """Return a statement for recordings whose transcript has all its grams, one of those where a place has a choice."""
    choices = _grams_of(what)
    if is_sqlite(session):
        index = table(INDEX, column("rowid"))
        each = ("(" + " OR ".join(f'"{gram}"' for gram in some) + ")" for some in choices)
        match = literal_column(INDEX).op("MATCH")(" AND ".join(each))
        return select(index.c.rowid).where(match)
    stored = func.string_to_array(TranscriptText.grams, literal_column("' '"))
    wanted = select(TranscriptText.recording_id)
    if what.exact:
        return wanted.where(stored.op("@>")(cast([gram for (gram,) in choices], ARRAY(Text))))
    return wanted.where(*(stored.op("&&")(cast(list(some), ARRAY(Text))) for some in choices))


def _grams_of(what: Sought) -> list[tuple[str, ...]]:
    """Return sets of grams, of each of which one must be there."""
    if what.exact and len(what.places) > 1:
        return [(gram,) for gram in sorted({a + b for a, b in pairwise(what.places)})]
    return [tuple(each) for each in dict.fromkeys(what.places)]
