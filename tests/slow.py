"""Whole rooms of tests that take long by nature: `make check` does not even read them, `make test` runs all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
# Folders and files below `tests/` and why they are slow; None: not this one of the folder. The nearest entry holds.
# What says who is charged with what, who may do what, and what is refused stays in `make check`.
ROOMS: dict[str, str | None] = {
    "asr": "decodes sound or hears it, some of it in processes of its own",
    "asr/test_batches.py": None,
    "asr/test_cleaning.py": None,
    "asr/test_crosstalk.py": None,
    "asr/test_gathering.py": None,
    "asr/test_replay.py": None,
    "asr/test_turns.py": None,
    "asr/test_windows.py": None,
    "asr/registry/test_bundles.py": None,
    "asr/registry/test_hub.py": None,
    "asr/registry/test_shelf.py": None,
    "browser": "opens pages in a browser",
    "cli": "runs commands on whole folders",
    "corpus": "a thousand broken files and requests",
    "evaluation/test_run.py": "evaluates whole sets",
    "reports/test_docx.py": "makes documents and reads them back",
    "reports/test_pages.py": "makes documents and reads them back",
    "reports/test_pdf.py": "makes documents and reads them back",
    "reports/test_writing.py": "makes documents and reads them back",
    "rules/test_loops.py": "repeats texts until the work would show",
    "rules/test_reading.py": "breaks copies of all lexicons, file by file",
    "service/api": "asks route by route, with an application and a database for each test",
    "service/api/test_permissions.py": None,
    "service/api/test_queue_calls.py": None,
    "service/faults": "breaks what the service stands on and waits for it",
    "service/ingest/test_correcting.py": "asks route by route, with an application and a database for each test",
    "service/intake": "scans folders as recorders fill them",
    "service/test_audio.py": "keeps and streams files, also from a storage that is away",
    "service/test_backup.py": "saves and brings back whole installations, from each schema",
    "service/test_backup_s3.py": "saves and brings back whole installations, from each schema",
    "service/test_demo.py": "builds whole centres",
    "service/test_hostile_backups.py": "saves and brings back whole installations, from each schema",
    "service/test_jobs.py": "starts servers and workers, and kills them",
    "service/test_laboratory.py": "builds whole centres",
    "service/test_migrations.py": "saves and brings back whole installations, from each schema",
    "service/test_retention.py": "builds whole centres",
    "service/test_spreadsheets.py": "reads workbooks as large as they come",
    "service/test_tallies.py": "builds whole centres",
    "service/test_worker.py": "starts servers and workers, and kills them",
    "service/web": "opens page by page, with an application and a database for each test",
    "service/web/test_signin.py": None,
    "speakers/test_colleagues.py": "decodes sound or hears it, some of it in processes of its own",
    "speakers/test_embed.py": "decodes sound or hears it, some of it in processes of its own",
    "speakers/test_machines.py": "decodes sound or hears it, some of it in processes of its own",
    "speakers/test_real_sound.py": "decodes sound or hears it, some of it in processes of its own",
    "speakers/test_strangers.py": "decodes sound or hears it, some of it in processes of its own",
    "speakers/test_swapped.py": "decodes sound or hears it, some of it in processes of its own",
    "test_samples.py": "decodes sound or hears it, some of it in processes of its own",
}


@cache
def reason(path: Path) -> str | None:
    """Why what this file or folder tests is slow, or None."""
    if path == TESTS or TESTS not in path.parents:
        return None
    name = path.relative_to(TESTS).as_posix()
    return ROOMS[name] if name in ROOMS else reason(path.parent)


def wholly(path: Path) -> bool:
    """Tell whether all below this path is slow."""
    inside = f"{path.relative_to(TESTS).as_posix()}/" if TESTS in path.parents else ""
    return reason(path) is not None and not any(
        why is None and name.startswith(inside) for name, why in ROOMS.items() if inside
    )
