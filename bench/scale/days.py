"""Days and runs put through the simulation: what people would wait for, and whether it foretells a real run."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.scale.measured import Measured, Waits
from bench.scale.simulation import Crew, Load, Simulation, State, counted, sojourns
from bench.scale.sums import DAY, HOUR, OPEN, PROFILE, Assumed, Size, working_day

CLOSED = (OPEN + len(PROFILE)) * HOUR
_RUNS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """How a day went. `middle`, `late` (95 of 100) and `longest` are seconds until the result; `empty` is o'clock."""

    crew: Crew
    use: float
    middle: float
    late: float
    longest: float
    empty: float
    counts: dict[State, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """Seconds from arrival to audit in a real run, and as the simulation of the same arrivals gives them."""

    load: float
    number: int
    seen: tuple[float, float, float]
    foretold: tuple[float, float, float]


def outcome(loads: Sequence[Load], crew: Crew, days: float = 2.0) -> DayOutcome:
    """Simulate from midnight on until all is done, or so many days are over."""
    jobs = Simulation(loads, crew).run(days * DAY)
    took = sojourns(jobs) or [float("inf")]
    last = max((job.ended for job in jobs if job.ended is not None and not job.load.beside), default=0.0)
    work = sum(load.work + crew.overhead for load in loads if not load.beside)
    return DayOutcome(
        crew=crew,
        use=work / (crew.workers * crew.places * DAY),
        middle=_share(took, 0.5),
        late=_share(took, 0.95),
        longest=took[-1],
        empty=last / HOUR,
        counts=counted(jobs),
    )


def _share(values: Sequence[float], share: float) -> float:
    """Return the value below which this share lies; `values` are in order."""
    return values[min(len(values) - 1, int(share * len(values)))]


def overhead(known: Measured) -> float:
    """Seconds that a job keeps its place beside the hearing: from the run in which everything waited at once."""
    queueing = known.queueing
    return max(0.0, queueing.workers / queueing.saturated_per_second - queueing.hearing - Crew(workers=1).poll / 2)


def foretold(known: Measured) -> tuple[Foretold, ...]:
    """Put the arrivals of each real run through the simulation, some times, and compare."""
    crew = Crew(workers=known.queueing.workers, overhead=overhead(known))
    return tuple(_compared(run, known.queueing.hearing, crew) for run in known.queueing.runs)


def _compared(run: Waits, hearing: float, crew: Crew) -> Foretold:
    loads = [Load(at=at, work=hearing) for at in run.arrivals]
    runs = [_three(sojourns(Simulation(loads, crew, seed).run(DAY))) for seed in range(_RUNS)]
    middle = tuple(statistics.fmean(each) for each in zip(*runs, strict=True))
    return Foretold(
        load=run.load, number=len(loads), seen=_three(sorted(run.sojourns)), foretold=(middle[0], middle[1], middle[2])
    )


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean, the median, and what nine of ten stay below; `values` are in order."""
    return statistics.fmean(values), _share(values, 0.5), _share(values, 0.9)


def workers_tried(size: Size, known: Measured, assumed: Assumed) -> tuple[tuple[int, DayOutcome], ...]:
    """Simulate the same day with the workers that are busy all night, all evening, and hardly behind at the peak."""
    cost = known.hearing.counter + known.hearing.judging + known.hearing.copying
    loads = working_day(size.windows, cost, assumed)
    work = sum(load.work + overhead(known) for load in loads)
    peak = work * max(PROFILE) / HOUR
    wanted = (work / 20 / HOUR, work / (len(PROFILE) + 2) / HOUR, peak, 1.25 * peak)
    crews = [Crew(workers=max(1, round(each + 0.5)), overhead=overhead(known)) for each in wanted]
    return tuple((crew.workers, outcome(loads, replace(crew, failing=assumed.failing))) for crew in crews)


def troubles(size: Size, known: Measured, assumed: Assumed, reaudited: int) -> dict[str, DayOutcome]:
    """Simulate a day with a re-audit of so many recordings, one with deaths of workers, and one without storage."""
    cost = known.hearing.counter + known.hearing.judging + known.hearing.copying
    loads = working_day(size.windows, cost, assumed)
    work = sum(load.work + overhead(known) for load in loads)
    crew = Crew(workers=max(1, round(work / (len(PROFILE) + 2) / HOUR + 0.5)), overhead=overhead(known))
    judged = HOUR / assumed.services_per_hour * known.hearing.judging + 1 / known.stores["PostgreSQL"].audits_per_second
    batch = Load(at=10 * HOUR, work=reaudited * judged, beside=True)
    return {
        "一切正常": outcome(loads, crew),
        "上午十点复评,任务另排一队(现在这样)": outcome([*loads, batch], crew),
        "上午十点复评,与听录音排同一队(以前那样)": outcome([*loads, batch], replace(crew, beside_apart=False)),
        "每个 worker 每忙一小时死一次": outcome(loads, replace(crew, seconds_between_deaths=HOUR)),
        "录音存储上午十点起不可用 5 分钟": outcome(loads, replace(crew, away=((10 * HOUR, 10 * HOUR + 300),))),
        "录音存储上午十点起不可用 1 小时": outcome(loads, replace(crew, away=((10 * HOUR, 11 * HOUR),))),
    }
