"""Search in transcripts: exact substrings of any length, from one character on, the same on both databases.

Words are folded first: width, case, spaces and punctuation do not matter (punctuation is the recogniser's guess).
`grams` are the single characters and neighbouring pairs of a text; an index over them finds candidates, and the
folded text itself decides. See docs/decisions/service-search.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise

from sqlalchemy import ForeignKey, Select, Text, cast, column, func, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.errors import RequestError
from service.store.base import Base, Ref, is_sqlite
from speechaudit.text import search_form

INDEX = "transcript_grams"
LONGEST_GRAM = 2


class TranscriptText(Base):
    """What is searched: folded words of a recording, a line per segment, and the character pairs in them."""

    __tablename__ = "transcripts"
    __table_args__ = ()

    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    folded: Mapped[str] = mapped_column(Text)
    grams: Mapped[str] = mapped_column(Text)


def folded_lines(texts: Iterable[str]) -> str:
    """The searched text of a recording: a folded line per segment, so that nothing is found across two of them."""
    return "\n".join(filter(None, map(search_form, texts)))


def grams(folded: str) -> str:
    """Every character and every pair of neighbours once, separated by spaces, in steady order."""
    lines = folded.split("\n")
    found = {c for line in lines for c in line} | {a + b for line in lines for a, b in pairwise(line)}
    return " ".join(sorted(found))


def term(query: str) -> str:
    """What to look for. Raises RequestError if nothing is left of it."""
    if not (folded := search_form(query)):
        raise RequestError("text", "没有可搜索的文字", "请输入至少一个汉字、字母或数字")
    return folded


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


def candidates(session: Session, folded_term: str) -> Select[int]:
    """The recordings whose transcript has all grams of the term."""
    wanted = [folded_term] if len(folded_term) == 1 else sorted({a + b for a, b in pairwise(folded_term)})
    if is_sqlite(session):
        index = table(INDEX, column("rowid"))
        match = literal_column(INDEX).op("MATCH")(" AND ".join(f'"{gram}"' for gram in wanted))
        return select(index.c.rowid).where(match)
    stored = func.string_to_array(TranscriptText.grams, literal_column("' '"))
    return select(TranscriptText.recording_id).where(stored.op("@>")(cast(wanted, ARRAY(Text))))
