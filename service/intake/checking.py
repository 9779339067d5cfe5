"""What a sample of a recorder tells, line by line, and what of it would wait: nothing is set, kept or taken in.

The readers are those of the watched folders, and so is the way from a call to its window and staff. A log without its
recordings is looked at as if each recording held its whole call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.errors import ServiceError
from service.ingest import placing
from service.ingest.call_facts import Origin, of_sound, settled
from service.ingest.call_record import CallRecord, merged
from service.ingest.fields import by_name
from service.intake import call_logs, sample_tables
from service.intake.files import FoundFile, is_sound, place_and_stem, shown, written
from service.intake.kinds import sidecar
from service.intake.kinds.cdr import Records
from service.intake.understood import Told, UnderstoodCall, told
from service.sources import WITH_LOG, Kind, Source
from service.spreadsheets import decoded
from service.store.base import now
from speechaudit.errors import AudioError
from speechaudit.text import file_name_form

MOST_FILES: Final = 2000
# Places are looked for in the database, some questions for each call: so many take seconds.
MOST_CALLS: Final = 2000
_MOST_NAMES: Final = 64 * 1024
Outcome = Literal["taken", "waits", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong and what to do about it, in Chinese."""

    problem: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLine:
    """A recording, a call in a log, a line of it, or a file: what was understood and what would become of it.

    `lines` are those of the log, empty for a file. `nothing` will come of it where there is no recording to expect.
    """

    file: str
    lines: tuple[int, ...] = ()
    outcome: Outcome = "taken"
    known: Told = ()
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSample:
    """All of a sample. `columns` are titles of tables with what each is taken for; `more`: there was still more."""

    lines: tuple[CheckedLine, ...]
    columns: tuple[tuple[str, str], ...] = ()
    more: bool = False

    def count(self, outcome: Outcome) -> int:
        """Count what would become so."""
        return sum(line.outcome == outcome for line in self.lines)

    def reasons(self) -> tuple[tuple[Trouble, int], ...]:
        """Return why what waits would wait, the most frequent first."""
        found = Counter(each for line in self.lines if line.outcome == "waits" for each in line.troubles)
        return tuple(found.most_common())


_UNREAD: Final[Mapping[Kind, Trouble]] = {
    "asterisk": Trouble(
        problem="不是完整的一行 CDR(列数不对,或没有 uniqueid、start)",
        cure="请检查 cdr.conf 的 loguniqueid=yes;只是断了的一行,那个录音由人补全",
    ),
    "freeswitch": Trouble(
        problem="不是完整的一行 CDR(列数不对,或没有 36 位的 uuid)",
        cure="请用 cdr_csv.conf.xml 里的 example 模板,或加上标题行",
    ),
    "box": Trouble(
        problem="没有录音文件的名称",
        cure="没有录音的通话不收;有录音的,请用 fields(列的含义)写明哪一列是录音文件名(file)",
    ),
}
_AS_WRITTEN: Final = "请看原来的内容:列认错了的,用 fields(列的含义)写明;没有写错的,由人听了补全"
_AS_NAMED: Final = "请对照文件名改写 names(文件名的写法)"
_NO_SOUND: Final = Trouble(problem="没有接通", cure="没有录音可收;有这个录音的话会进入待处理")
_OTHERS: Final = Trouble(problem="只有群众一方的声音", cure="不单独稽核,移到 done")
_NO_CALL: Final = Trouble(
    problem="通话记录里没有这个录音", cure="请检查通话记录(log)是否指对、录音名里是否有通话编号或记录里的文件名"
)
_NO_SIDECAR: Final = Trouble(problem="没有说明文件", cure="请让设备在录音旁边写同名的 .json、.xml 或 .csv")
_TWICE: Final = "请让设备每次通话用不同的文件名;一次通话写了两行的,只留一行"
_UNREADABLE: Final = "改好以前,这样的录音由人听了补全"
_NOT_NEEDED: Final = Trouble(problem="这种来源不读这个文件", cure="不用理会")


def check(
    files: Sequence[FoundFile], source: Source, zone: ZoneInfo, session: Session | None, *, most: int = MOST_CALLS
) -> CheckedSample:
    """Return what these files tell, of calls the first; without a session windows and staff are not looked for.

    Raises OSError.
    """
    checker = _Checker(source, zone, session, most)
    found = list(islice(checker.lines(files[:MOST_FILES]), most + 1))
    columns = sample_tables.columns(source, [each.path for each in files[:MOST_FILES]])
    more = len(found) > most or len(files) > MOST_FILES or any(sample_tables.cut(each.path) for each in files)
    return CheckedSample(lines=tuple(found[:most]), columns=columns, more=more)


class _Checker:
    """One sample on its way through the readers of its source."""

    def __init__(self, source: Source, zone: ZoneInfo, session: Session | None, most: int) -> None:
        self._source, self._session, self._most = source, session, most
        self._shown_in, self._zone = zone, source.zone(zone)

    def lines(self, files: Sequence[FoundFile]) -> Iterator[CheckedLine]:
        """Yield the logs or lists of names, then the recordings."""
        sounds = [each for each in files if is_sound(each.path)]
        others = [each for each in files if not is_sound(each.path)]
        if self._source.kind in WITH_LOG:
            yield from self._with_logs(sounds, others)
        elif self._source.kind == "name":
            yield from chain.from_iterable(map(self._names, others))
            yield from (self._sound(each, CallRecord()) for each in sounds)
        else:
            yield from self._with_sidecars(sounds, others)

    def _with_logs(self, sounds: Sequence[FoundFile], others: Sequence[FoundFile]) -> Iterator[CheckedLine]:
        calls: list[CallRecord] = []
        for each in others:
            log = call_logs.read(each.path, self._source, self._zone, call_logs.beginning, self._most + 1)
            if log.problem:
                yield _refused(each.path, log.problem, log.cure)
                continue
            calls += log.calls
            yield from self._log(each.path, log.calls)
        index = call_logs.by_name(calls)
        for each in sounds:
            name = self._named(each)
            keys = (shown(each.path), Path(shown(each.path)).stem, *name.ids)
            yield self._sound(each, call_logs.call_of(index, keys, written(each), self._source.clock), _NO_CALL)

    def _log(self, path: Path, calls: Sequence[CallRecord]) -> Iterator[CheckedLine]:
        """Yield the calls of a log and the lines of which nothing was made, in their order."""
        used = {number for call in calls for number in call.lines}
        rest = [(number,) for number in sample_tables.unread(self._source, path, used)]
        index = call_logs.by_name(calls)
        items: list[tuple[tuple[int, ...], CallRecord | None]] = [(call.lines, call) for call in calls]
        for numbers, call in sorted([*items, *((each, None) for each in rest)], key=lambda item: item[0]):
            yield self._unread(path, numbers) if call is None else self._call(path, call, index)

    def _unread(self, path: Path, numbers: tuple[int, ...]) -> CheckedLine:
        outcome: Outcome = "nothing" if self._source.kind == "box" else "waits"
        return CheckedLine(file=shown(path), lines=numbers, outcome=outcome, troubles=(_UNREAD[self._source.kind],))

    def _call(self, path: Path, call: CallRecord, index: Records) -> CheckedLine:
        if call.other_party or call.answered is False:
            why = _OTHERS if call.other_party else _NO_SOUND
            known = told(self._facts(call, self._whole(call))[0], self._session)
            return CheckedLine(file=shown(path), lines=call.lines, outcome="nothing", known=known, troubles=(why,))
        alike = index.get(file_name_form(call.file or "".join(call.ids[:1])), [])
        near = [each for each in alike if self._near(each, call)]
        twice = (Trouble(problem=call_logs.several(len(near)), cure=_TWICE),) if len(near) > 1 else ()
        return self._line(shown(path), call, self._whole(call), twice)

    def _near(self, one: CallRecord, other: CallRecord) -> bool:
        times = one.started_at, other.started_at
        return None in times or abs(times[0] - times[1]) <= self._source.clock  # type: ignore[operator]

    def _whole(self, call: CallRecord) -> Origin:
        """Return the recording of a call as it would be if it held all of it."""
        ended = call.ended_at or call.started_at or now()
        seconds = (ended - call.started_at).total_seconds() if call.parties and call.started_at else None
        return Origin(source=self._source, file_time=ended, channels=2, seconds=seconds)

    def _names(self, found: FoundFile) -> Iterator[CheckedLine]:
        """Yield what the names in a list of them tell, one a line."""
        try:
            with found.path.open("rb") as file:
                names = decoded(_whole_lines(file.read(_MOST_NAMES))).splitlines()
        except ServiceError as problem:
            yield _refused(found.path, problem.problem, problem.cure)
            return
        for number, name in enumerate(names, 1):
            if name.strip():
                record = replace(by_name(self._source, name.strip(), self._zone), lines=(number,))
                yield self._line(name.strip()[:200], record, self._whole(record))

    def _with_sidecars(self, sounds: Sequence[FoundFile], others: Sequence[FoundFile]) -> Iterator[CheckedLine]:
        beside = dict(sidecar.beside(others))
        stems = {place_and_stem(each.path) for each in sounds}
        for each in others:
            if each.path.suffix.casefold() not in sidecar.SUFFIXES:
                yield CheckedLine(file=shown(each.path), outcome="nothing", troubles=(_NOT_NEEDED,))
            elif place_and_stem(each.path) not in stems:
                call, problems = sidecar.told(each.path, self._source, self._zone)
                yield (
                    self._line(shown(each.path), call, self._whole(call))
                    if call
                    else _refused(each.path, "".join(problems).rstrip("。"), _UNREADABLE)
                )
        for each in sounds:
            path = beside.get(place_and_stem(each.path))
            call, problems = sidecar.told(path, self._source, self._zone) if path else (None, ())
            yield self._sound(each, CallRecord(doubts=problems) if problems else call, _NO_SIDECAR)

    def _named(self, found: FoundFile) -> CallRecord:
        return by_name(self._source, shown(found.path), self._zone)

    def _sound(self, found: FoundFile, call: CallRecord | None, missing: Trouble = _NO_CALL) -> CheckedLine:
        """Return what would become of a recording with the call that was found for it; None where there is none."""
        name = self._named(found)
        if call and call.other_party:
            return CheckedLine(file=shown(found.path), outcome="nothing", troubles=(_OTHERS,))
        origin, troubles = self._heard(found)
        troubles += () if call else (missing,)
        return self._line(shown(found.path), merged(name, call or CallRecord(), self._source.clock), origin, troubles)

    def _heard(self, found: FoundFile) -> tuple[Origin, tuple[Trouble, ...]]:
        from speechaudit.asr.foreign import heading

        silent = Origin(source=self._source, file_time=written(found), channels=0)
        if not found.state.size:
            return silent, (Trouble(problem="文件是空的(0 字节)", cure="请检查录音设备"),)
        try:
            sound = heading(found.path)
        except AudioError as problem:
            return silent, (Trouble(problem=problem.problem, cure=problem.cure),)
        return replace(silent, channels=sound.channels, seconds=sound.seconds), ()

    def _line(self, file: str, record: CallRecord, origin: Origin, troubles: tuple[Trouble, ...] = ()) -> CheckedLine:
        cure = _AS_NAMED if self._source.kind == "name" else _AS_WRITTEN
        stated = tuple(Trouble(problem=each, cure=cure) for each in record.doubts)
        known, found = self._facts(replace(record, doubts=()), origin)
        wrong = (*troubles, *stated, *found)
        return CheckedLine(
            file=file,
            lines=record.lines,
            outcome="waits" if wrong else "taken",
            known=told(known, self._session),
            troubles=wrong,
        )

    def _facts(self, record: CallRecord, origin: Origin) -> tuple[UnderstoodCall, tuple[Trouble, ...]]:
        """Return the call with its window and staff, and why it would wait."""
        if self._session is not None:
            place = placing.resolve(self._session, record, origin)
            troubles = tuple(Trouble(problem=each.problem, cure=each.mend or each.cure) for each in place.doubts)
            return UnderstoodCall(record=record, facts=place.facts, place=place, zone=self._shown_in), troubles
        heard = of_sound(record, origin)
        facts, problems = settled(heard, origin, record.direction)
        known = UnderstoodCall(record=heard, facts=facts, place=None, zone=self._shown_in)
        return known, tuple(Trouble(problem=each, cure=_AS_WRITTEN) for each in problems)


def _refused(path: Path, problem: str, cure: str) -> CheckedLine:
    return CheckedLine(file=shown(path), outcome="waits", troubles=(Trouble(problem=problem, cure=cure),))


def _whole_lines(content: bytes) -> bytes:
    """Return a list without the last line, where that may have been cut."""
    return content if len(content) < _MOST_NAMES else content.rpartition(b"\n")[0]
