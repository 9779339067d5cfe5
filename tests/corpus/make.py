"""All members of the corpus by reader. `python -m tests.corpus.make FOLDER` writes them as files, to look at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tests.corpus import audits, call_logs, lexicons, plays, requests, sidecars, sounds, tables
from tests.corpus.case import Case

_MADE: Final[Mapping[str, Callable[[], Iterable[Case]]]] = {
    "sounds": sounds.cases,
    "sidecars": sidecars.cases,
    "call_logs": call_logs.cases,
    "tables": tables.cases,
    "lexicons": lexicons.cases,
    "plays": plays.cases,
    "audits": audits.cases,
    "requests": requests.cases,
}
READERS: Final = tuple(_MADE)


@cache
def members(reader: str) -> tuple[Case, ...]:
    """Return the cases of a reader."""
    return tuple(_MADE[reader]())


def write(folder: Path) -> int:
    """Write every case below a folder of its reader, numbered, since some names are those that no disk takes."""
    written = 0
    for reader in READERS:
        (folder / reader).mkdir(parents=True, exist_ok=True)
        for number, case in enumerate(members(reader), 1):
            suffix = Path(case.name.partition("#")[0]).suffix[:9]
            (folder / reader / f"{number:03}{suffix}").write_bytes(case.content)
            written += 1
    return written


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1]))} files")
