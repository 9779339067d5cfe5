"""What was measured, as it lies in `measured.json`; each value names its unit."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("measured.json")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hearing(_Frozen):
    """Processor seconds for a second of sound, and bytes; `seconds` of sound were heard in `files` recordings."""

    files: int
    seconds: float
    processor: str
    phone: float
    counter: float
    judging: float
    copying: float
    copy_bytes_per_channel_hour: float
    outline_bytes_per_hour: float
    worker_memory_bytes: int


class Stored(_Frozen):
    """What so many stored audits take in a database: rows of each table, and bytes of each with its indexes."""

    audits: int
    services: int
    seconds: float
    rows: dict[str, int]
    sizes: dict[str, int]
    audits_per_second: float


class Idle(_Frozen):
    """What each worker asks of PostgreSQL while nothing waits, and what the look for lost jobs takes."""

    workers: int
    connections_per_worker: float
    transactions_per_worker_second: float
    sweep_seconds_per_waiting: float
    queue_bytes_per_job: float


class Waits(_Frozen):
    """One run of the service: `arrivals` are the seconds at which recordings came, `sojourns` how long each took."""

    load: float
    arrivals: tuple[float, ...]
    sojourns: tuple[float, ...]


class Queueing(_Frozen):
    """Runs with the simulated recogniser, each recording taking `hearing` seconds; all at once, then at some loads."""

    workers: int
    hearing: float
    saturated_per_second: float
    runs: tuple[Waits, ...]


class Measured(_Frozen):
    """Everything."""

    day: str
    hearing: Hearing
    stores: dict[str, Stored]
    idle: Idle
    queueing: Queueing


def load(path: Path = FILE) -> Measured:
    """Read the measured points."""
    return Measured.model_validate_json(path.read_bytes())
