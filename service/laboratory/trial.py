"""What a rule as somebody writes it would have found in recordings that were heard already, beside what counts now.

A trial runs in a thread of this process, and for many recordings in processes of its own, outside of any transaction
that writes; how far it is and what it found is saved each second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from service.background import Duty
from service.laboratory.comparing import Compared, ComparedPart, Lexicons, RuleComparison
from service.laboratory.helpers import Helpers, TrialOrder, helping
from service.laboratory.labels import MOST_RECORDINGS, TrialLabels
from service.store import Database, trials
from service.store.recordings import RecordingRow
from service.store.trials import MOST_SHOWN, Change, ScoreMove, TrialHit, TrialProgress, TrialState

if TYPE_CHECKING:
    from speechaudit.model import Verdict
    from speechaudit.pipeline import Libraries

log = logging.getLogger(__name__)
STEP: Final = 10
ALONE: Final = 300  # recordings that are compared before another process had read the rulebook
_SAVE: Final = 1.0  # seconds between two savings
_BREATH: Final = 0.02  # seconds between steps in this process, for the requests that wait meanwhile


class RuleTrial:
    """One trial, from `start` until it is done, somebody cancels it, or this process ends.

    Raises RulebookError with all that is wrong with the rule.
    """

    def __init__(
        self, database: Database, lexicons: Lexicons, libraries: Libraries, told: TrialProgress, labels: TrialLabels
    ) -> None:
        self._database, self._labels = database, labels
        book = lexicons.book(told.rule, told.text)
        self._comparison = RuleComparison(database, book, libraries, labels)
        url = database.engine.url.render_as_string(hide_password=False)
        self._order = TrialOrder(database=url, lexicons=lexicons, rule=told.rule, text=told.text, libraries=libraries)
        self._helpers: Helpers | None = None
        self._over = threading.Event()
        self._waiting: Sequence[int] = ()
        self._changes: Counter[Change] = Counter()
        self._verdicts: Counter[Verdict] = Counter()
        self._hits: tuple[TrialHit, ...] = ()  # those that are not saved yet; so the moves
        self._moves: tuple[ScoreMove, ...] = ()
        self._room, self._saved_at = (MOST_SHOWN, MOST_SHOWN), time.monotonic()
        self._told = told
        self._thread = threading.Thread(target=self._run, name="trial", daemon=True)

    def start(self) -> TrialProgress:
        """Choose the recordings, newest first, begin, and return the trial. Raises ConflictError while one runs."""
        with self._database.read() as session:
            mine = RecordingRow.audited_at.is_not(None), RecordingRow.occurred_at >= self._told.since
            wanted = select(RecordingRow.id).where(*mine).order_by(RecordingRow.occurred_at.desc(), RecordingRow.id)
            self._waiting = session.scalars(wanted.limit(MOST_RECORDINGS)).all()
        self._told = replace(self._told, total=len(self._waiting))
        with self._database.write() as session:
            self._told = replace(self._told, id=trials.begin(session, self._told))
        self._thread.start()
        return self._told

    def stop(self, patience: float) -> None:
        """End with the recordings that are under way, because this process ends; wait so many seconds for that."""
        self._over.set()
        self._thread.join(patience)

    @property
    def running(self) -> bool:
        """Whether it is still at it."""
        return self._thread.is_alive()

    def _run(self) -> None:
        duty = Duty("trial", self.step)
        with ExitStack() as stack:
            if len(self._waiting) > ALONE:
                self._helpers = stack.enter_context(helping(self._order))
            while not self._over.is_set() and duty.run():
                pass
        state: TrialState = "failed" if duty.standing.problem else "interrupted" if self._left() else "done"
        Duty("trial", partial(self._save, state)).run()

    def step(self) -> bool:
        """Compare some recordings, and give whether there are more and it is to go on."""
        helpers = self._helpers
        part = self._helped(helpers) if helpers and helpers.ready else self._alone()
        self._labels.learn(part.labels)
        self._told = replace(self._told, relabelled=self._told.relabelled + len(part.labels))
        first = not self._changes
        for found in part.found:
            self._told = self._counted(found)
        due = time.monotonic() - self._saved_at > _SAVE or (first and bool(self._changes))
        return (not due or self._save("running")) and bool(self._left())

    def _left(self) -> bool:
        return bool(self._waiting) or bool(self._helpers and self._helpers.waiting)

    def _alone(self) -> ComparedPart:
        time.sleep(_BREATH)
        return self._comparison.of(self._next())

    def _next(self) -> Sequence[int]:
        some, self._waiting = self._waiting[:STEP], self._waiting[STEP:]
        return some

    def _helped(self, helpers: Helpers) -> ComparedPart:
        """Return what the next part brought, or nothing yet; without help again where a process broke off."""
        try:
            while self._waiting and helpers.room:
                some = self._waiting[:STEP]
                helpers.give(some, self._labels.known(some))
                self._waiting = self._waiting[STEP:]
            return helpers.take(_SAVE)
        except BrokenProcessPool as problem:
            log.warning("a trial goes on without processes of its own: %s", problem)
            self._waiting = (*helpers.waiting, *self._waiting)
            self._helpers = None
            return self._alone()

    def _save(self, state: TrialState) -> bool:
        """Keep what came out, and give whether to go on."""
        hits, moves = self._hits[: self._room[0]], self._moves[: self._room[1]]
        with self._database.write() as session:
            wanted = trials.save(session, self._told, hits, moves, state)
        self._room = self._room[0] - len(hits), self._room[1] - len(moves)
        self._hits, self._moves, self._saved_at = (), (), time.monotonic()
        return wanted

    def _counted(self, found: Compared | None) -> TrialProgress:
        told = replace(self._told, done=self._told.done + 1)
        if found is None:
            return replace(told, left_out=told.left_out + 1)
        self._changes.update(hit.change for hit in found.hits)
        self._verdicts.update(found.verdicts)
        move = found.move
        self._hits += found.hits
        self._moves += (move,) if move else ()
        up = move is not None and (move.after or 0.0) > (move.before or 0.0)
        return replace(
            told,
            changes=dict(self._changes),
            verdicts=dict(self._verdicts),
            raised=told.raised + up,
            lowered=told.lowered + (move is not None and not up),
        )


class Laboratory:
    """The trial that this process runs: its results are in the database, where every process finds them."""

    def __init__(self) -> None:
        self._running: RuleTrial | None = None
        self._labels = TrialLabels()

    def begin(
        self, database: Database, lexicons: Lexicons, libraries: Libraries, wanted: TrialProgress
    ) -> TrialProgress:
        """Start what is wanted, with a number of its own.

        Raises RulebookError with all that is wrong with the rule, and ConflictError while another trial runs, anywhere.
        """
        trial = RuleTrial(database, lexicons, libraries, wanted, self._labels)
        begun = trial.start()
        self._running = trial
        return begun

    def stop(self, patience: float) -> None:
        """End what runs in this process; wait so many seconds for it."""
        if self._running is not None:
            self._running.stop(patience)
