"""`python -m bench.scale` writes the tables of `docs/scaling.md`; with `--measure` it measures first, for minutes.

`queue` is the service with a simulated recogniser, on PostgreSQL; `sound` hears `labelled/test` and stores the audits.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any, Final

from bench import kill, pages
from bench.scale import measured, measuring, page, waits
from service.settings import Settings
from service.store import Database

_STORED, _BACKLOG, _CREW = 300, 500, 3
Measurements = dict[str, Any]


def queue(folder: Path, urls: dict[str, str]) -> Measurements:
    """Measure how long recordings wait, and what idle workers ask of the database."""
    places = {each: folder / each for each in ("waits", "idle")}
    for place in places.values():
        place.mkdir()
    queueing, left = waits.run(places["waits"], kill.another(urls["PostgreSQL"], "waits"), workers=_CREW)
    print(f"{queueing.saturated_per_second:.2f} a second, {left:.0f} bytes a job", flush=True)
    apart = Settings(data=places["idle"], database_url=kill.another(urls["PostgreSQL"], "idle"))
    looked = measuring.idle(apart, crew=_CREW, backlog=_BACKLOG, queue_bytes_per_job=left)
    return {"idle": looked.model_dump(), "queueing": queueing.model_dump()}


def sound(_folder: Path, urls: dict[str, str]) -> Measurements:
    """Measure what hearing costs, and what the audits take in both databases."""
    known = measuring.hear_all(Path("labelled/test"))
    stores = {}
    for kind, url in {"SQLite": urls["SQLite"], "PostgreSQL": kill.another(urls["PostgreSQL"], "stored")}.items():
        database = Database(url)
        database.migrate()
        stores[kind] = measuring.stored(database, known, _STORED).model_dump()
        database.close()
    return {"hearing": measuring.hearing_of(known).model_dump(), "stores": stores}


PARTS: Final = {"queue": queue, "sound": sound}


def measure(parts: list[str]) -> None:
    """Measure these parts on this machine, and keep them beside those measured before."""
    kept: Measurements = json.loads(measured.FILE.read_bytes()) if measured.FILE.exists() else {}
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="speechaudit-scale-") as name:
            os.environ["SPEECHAUDIT_CACHE"] = f"{name}/cache"  # whatever was heard before is heard again
            with pages.databases(Path(name) / "databases") as urls:
                kept |= PARTS[part](Path(name), urls) | {"day": date.today().isoformat()}
        measured.FILE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", nargs="*", choices=PARTS, help="measure these parts, or all, on this machine")
    asked = parser.parse_args()
    if asked.measure is not None:
        measure(asked.measure or list(PARTS))
    page.write(measured.load())


if __name__ == "__main__":
    main()
