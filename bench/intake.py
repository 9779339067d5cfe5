"""A recorder writes 500 files at random speed while the service is killed: each audited once, none lost.

`python -m bench.intake`: a watched folder with a call log; the server, the worker inside it and the workers beside are
killed (-9), on SQLite and PostgreSQL. Window, staff and ringing of each call come from the log and the roster.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from bench import pages
from bench.crew import ROOT, Crew
from bench.kill import Outcome, settings_for, watch
from bench.recorder import LINE
from service.intake.files import DONE, FAILED
from service.settings import Settings
from service.sources import Source
from service.store import Database, centre, intake
from service.store.base import now
from service.store.recordings import RecordingRow

SETTLE_SECONDS = 1.5


def watched(folder: Path) -> Source:
    """The folder of a line recorder."""
    return Source(
        name="box",
        kind="box",
        setting="phone",
        folder=folder,
        log="*.csv",
        settle_seconds=SETTLE_SECONDS,
        wait_minutes=60,
    )


def registered(database: Database) -> None:
    """One line, one window, one member of staff, today."""
    with database.write() as session:
        window, person = centre.put_window(session, "A01", "综合窗口"), centre.put_staff(session, "1017", "工号1017")
        centre.put_extension(session, LINE, window.id)
        centre.put_roster(session, window.id, person.id, now() - timedelta(days=1), now() + timedelta(days=1))


def run(settings: Settings, folder: Path, asked: argparse.Namespace) -> tuple[Outcome, Counter[str]]:
    """Record, take in and audit under kills; what is in the store, and where the files are."""
    database = Database(settings.database)
    database.migrate()
    registered(database)
    recorder = [sys.executable, "-m", "bench.recorder", str(folder), str(asked.recordings), str(asked.writing)]
    with Crew(settings, workers=asked.workers, seconds=asked.seconds, serve=True) as crew:
        with subprocess.Popen(recorder, cwd=ROOT):
            outcome = watch(database, crew, number=asked.recordings, kills=asked.kills, seconds=asked.seconds)
        deadline = time.monotonic() + 60  # a server that was killed last may still have a file to move
        while next(folder.glob("*.wav"), None) and time.monotonic() < deadline:
            time.sleep(0.2)
    found = Counter(str(path.parent.relative_to(folder)) for path in folder.rglob("*.wav*"))
    with database.read() as session:
        found["pending"] = intake.count(session)
        placed = RecordingRow.staff_id.is_not(None), RecordingRow.window_id.is_not(None)
        rows = session.scalars(select(RecordingRow).where(*placed)).all()
        found["right"] = sum(row.facts.ring_seconds == 7.0 for row in rows)
    database.close()
    return outcome, found


def survives(name: str, url: str | None, asked: argparse.Namespace) -> bool:
    """One run on one database, told on the screen."""
    with tempfile.TemporaryDirectory(prefix="speechaudit-intake-") as place:
        folder = Path(place) / "box"
        folder.mkdir()
        settings = settings_for(Path(place), url).model_copy(update={"intake": (watched(folder),)})
        outcome, found = run(settings, folder, asked)
    print(f"{name}: {sum(outcome.kills.values())} kills {dict(outcome.kills)}")
    print(f"    by status: {dict(outcome.statuses)}; by number of audits: {dict(outcome.audits)}")
    print(f"    files in {DONE}: {found[DONE]}, in {FAILED}: {found[FAILED]}, left: {found['.']}; ", end="")
    print(f"waiting for a person: {found['pending']}; with window, staff and ringing: {found['right']}")
    whole = found[DONE] == found["right"] == asked.recordings and not found["."]
    return whole and outcome.audits == {1: asked.recordings}


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=500)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.2, help="that an audit takes")
    parser.add_argument("--writing", type=float, default=0.5, help="seconds that writing a file takes, on average")
    asked = parser.parse_args()
    good = [survives("SQLite", None, asked)]
    with tempfile.TemporaryDirectory(prefix="speechaudit-intake-") as folder, pages.databases(Path(folder)) as urls:
        good.append(survives("PostgreSQL", urls["PostgreSQL"], asked))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
