"""A sound with what is told of it goes to the store: to be audited, or to wait for a person.

Whoever sends may delete their file as soon as a function here returns: the sound is kept first, then the row is
written in one transaction, then the job is queued. Whatever dies on the way, the same bytes sent again end as one
recording.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.orm import Session

from service.audio import Draft, Stored
from service.errors import NotFoundError, UnavailableError
from service.ingest import placing, transfers
from service.ingest.call_facts import Origin
from service.ingest.call_record import CallRecord, masked
from service.ingest.file_names import media_type, safe_name
from service.ingest.placing import Placement
from service.services import Services
from service.sources import Source
from service.store import centre, intake, recordings
from service.store.base import one_at_a_time
from service.store.centre import Staff, Window
from service.store.intake import NewPending, Pending
from service.store.recordings import NewRecording, RecordingRow, Status, sender_of
from speechaudit.errors import AudioError
from speechaudit.model import CallFacts, fact_values, facts_of

log = logging.getLogger(__name__)
# Of what waits a person is asked these, and what they leave out is unknown; all else stays as it came.
_ASKED: Final = ("setting", "started_at", "ring_seconds", "staff_channel", "direction")
_NO_SETTING: Final = "没有说明场景:电话(phone)还是柜台(counter)"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A file as it came: its name, what the sender says of its type, and who sends it ("user:3", "intake:box").

    `by` is the sender's name for people, `key` what tells repeats of one sender. `recorder` is there if no person
    sends it: then what is in doubt waits instead of being refused.
    """

    name: str
    sender: str
    by: str
    media_type: str = ""
    key: str | None = None
    recorder: Recorder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """The source of a file that came by itself, and when the file was written or arrived."""

    source: Source
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOtherwise:
    """A fact that was told again and otherwise: under the name that corrects it, what was kept and what was given."""

    name: str
    kept: str | None
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a file: `new` and `known` are recordings, `pending` waits, `discarded` was given up before.

    `number` is that of the recording or of what waits; `reasons` say why it waits, `status` is that of a recording.
    `sha256` is empty without sound. `differs` tells what is now said of known bytes and is not what was kept.
    """

    state: Literal["new", "known", "pending", "discarded"]
    number: int
    sha256: str = ""
    reasons: tuple[str, ...] = ()
    status: Status | None = None
    differs: tuple[ToldOtherwise, ...] = ()


def of_recorder(source: Source, name: str, at: datetime, media_type: str = "") -> IncomingFile:
    """Return a file that came by itself, from this source and at this time."""
    recorder = Recorder(source=source, at=at)
    return IncomingFile(
        name=name, sender=sender_of(source.name), by=source.name, media_type=media_type, recorder=recorder
    )


def receive(services: Services, file: IncomingFile, record: CallRecord, draft: Draft) -> Receipt:
    """Take in one file. Raises UnavailableError, and for a request RequestError and ConflictError."""
    if file.recorder is None:  # before the sound gets its place
        with services.database.read() as session:
            placing.refuse(placing.resolve(session, record).doubts)
    stored = services.audio.keep(draft)
    sound = _heard(services, stored, file) if file.recorder else SoundHeader()
    with services.database.write() as session:
        one_at_a_time(session, stored.sha256)
        receipt, row = _decided(session, file, stored, record, sound)
        if receipt.state in {"new", "pending"}:
            services.audio.must_have(stored.sha256)
    given_up = receipt.state == "discarded" or (row is not None and row.audio_deleted_at is not None)
    if given_up and stored.new:  # what was deleted on purpose does not come back with a copy of the file
        services.audio.delete(stored.sha256)
    if row is not None:
        queue_audit(services, row)
    return receipt


def receive_unusable(services: Services, file: IncomingFile, reason: str) -> Receipt:
    """Note a file whose sound cannot be kept at all. Raises UnavailableError."""
    new = _pending(file, Stored(sha256="", size=0, new=False), CallRecord(), (reason,))
    with services.database.write() as session:
        one_at_a_time(session, f"{new.source}/{file.name}")
        return Receipt(state="pending", number=intake.add(session, new).id, reasons=(reason,))


def complete(services: Services, pending_id: int, told: CallRecord, by: str, left: Collection[str] = ()) -> Receipt:
    """Take in what waits, by what a person says; what they were not asked, and `left`, stays as it came with the file.

    Raises NotFoundError, ConflictError, RequestError, UnavailableError.
    """
    with services.database.write() as session:
        waiting = intake.waiting(session, pending_id)
        said = {name: getattr(told, name) for name in _ASKED if name not in left}
        said |= {"ended_by": told.ended_by or waiting.facts.ended_by}
        if told.staff and told.staff not in {leg.staff for leg in waiting.facts.legs}:
            said["legs"] = transfers.with_first(waiting.facts.legs, told.staff)
        uploaded = sender_of(waiting.source) == waiting.source
        source = {} if uploaded else {"source": waiting.source}
        facts = replace(waiting.facts, **said, extras={**source, **waiting.facts.extras})
        prefix = next((each.prefix for each in services.sources(session) if each.name == waiting.source), "")
        place = placing.resolve(session, replace(told, **fact_values(facts)), prefix=prefix)
        placing.refuse(place.doubts)
        sound = Stored(sha256=sound_of(waiting), size=waiting.size, new=False)
        file = IncomingFile(
            name=waiting.file_name, sender=sender_of(waiting.source), by=by, media_type=waiting.media_type
        )
        row, new = recordings.add(session, _recording(file, sound, place))
        intake.settle(waiting, "completed", by, row.id)
        if new:
            services.audio.must_have(row.sha256)
    queue_audit(services, row)
    return _receipt(row, new=new)


def sound_of(row: Pending) -> str:
    """Return the SHA-256 of what waits. Raises NotFoundError if there is no sound (any more)."""
    if row.sha256 is None or row.state == "discarded":
        raise NotFoundError(f"待处理 {row.id}", "没有声音", "只能放弃")
    return row.sha256


def queue_audit(services: Services, row: RecordingRow) -> None:
    """Queue the job, if it is to be done; where the queue is away, a worker will find the recording later."""
    if row.status != "queued":
        return
    try:
        services.jobs.audit(row.id, row.attempt)
    except UnavailableError as problem:
        log.warning("recording %d waits for its job: %s", row.id, problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundHeader:
    """What a file says of its sound; `problem` says why it cannot be heard."""

    channels: int = 0
    seconds: float | None = None
    problem: str = ""


def _heard(services: Services, stored: Stored, file: IncomingFile) -> SoundHeader:
    from speechaudit.asr.foreign import heading

    try:
        with services.audio.as_file(stored.sha256, file.name) as path:
            found = heading(path)
            return SoundHeader(channels=found.channels, seconds=found.seconds)
    except AudioError as problem:
        return SoundHeader(problem=f"{problem.problem}。{problem.cure}")


def _decided(
    session: Session, file: IncomingFile, stored: Stored, record: CallRecord, sound: SoundHeader
) -> tuple[Receipt, RecordingRow | None]:
    """Leave known bytes what they are, and make the others a recording if nothing is in doubt."""
    row = recordings.repeated(session, stored.sha256, source=file.sender, idempotency_key=file.key)
    if row is not None:
        place = placing.resolve(session, record, _origin(file, sound))
        return replace(_receipt(row, new=False), differs=tuple(_differences(session, row, place))), row
    waiting = intake.of_sound(session, stored.sha256)
    if waiting is not None and waiting.state == "discarded":
        if file.recorder:
            return Receipt(state="discarded", number=waiting.id, sha256=stored.sha256), None
        waiting.state = "waiting"  # a person sends it after all
    place, reasons = _placed(session, file, record, sound)
    if reasons:
        new = replace(
            _pending(file, stored, record, reasons), facts=place.facts, known=_as_texts(file, record, place.facts)
        )
        number = intake.add(session, new).id
        return Receipt(state="pending", number=number, sha256=stored.sha256, reasons=reasons), None
    row, _ = recordings.add(session, _recording(file, stored, place))
    if waiting is not None:
        intake.settle(waiting, "completed", file.by, row.id)
    return _receipt(row, new=True), row


def _placed(
    session: Session, file: IncomingFile, record: CallRecord, sound: SoundHeader
) -> tuple[Placement, tuple[str, ...]]:
    """Return the place, and why it waits. Raises RequestError for a request that cannot be right."""
    place = placing.resolve(session, record, _origin(file, sound))
    if file.recorder is None:
        placing.refuse(place.doubts)
        return place, () if place.facts.setting else (_NO_SETTING,)
    kept = replace(place, facts=replace(place.facts, extras=_extras(file, record)))
    return kept, tuple(filter(None, (sound.problem, *(doubt.problem for doubt in place.doubts))))


def _origin(file: IncomingFile, sound: SoundHeader) -> Origin | None:
    if (by := file.recorder) is None:
        return None
    return Origin(source=by.source, file_time=by.at, channels=sound.channels, seconds=sound.seconds)


def _differences(session: Session, row: RecordingRow, place: Placement) -> Iterator[ToldOtherwise]:
    """Yield what is told now and was kept otherwise; what is not told now differs from nothing."""
    for name in ("setting", "direction", "ring_seconds", "staff_channel", "ended_by", "started_at"):
        kept, given = getattr(row.facts, name), getattr(place.facts, name)
        if given is not None and given != kept:
            yield ToldOtherwise(name=name, kept=None if kept is None else str(kept), given=str(given))
    if place.staff_id is not None and place.staff_id != row.staff_id:
        given = centre.get(session, Staff, place.staff_id).number
        yield ToldOtherwise(name="staff", kept=row.staff.number if row.staff else None, given=given)
    if place.window_id is not None and place.window_id != row.window_id:
        given = centre.get(session, Window, place.window_id).code
        yield ToldOtherwise(name="window", kept=row.window.code if row.window else None, given=given)


def _receipt(row: RecordingRow, *, new: bool) -> Receipt:
    return Receipt(state="new" if new else "known", number=row.id, sha256=row.sha256, status=row.status)


def _recording(file: IncomingFile, stored: Stored, place: Placement) -> NewRecording:
    return NewRecording(
        sha256=stored.sha256,
        size=stored.size,
        file_name=safe_name(file.name),
        media_type=media_type(file.media_type, file.name),
        facts=place.facts,
        staff_id=place.staff_id,
        window_id=place.window_id,
        source=file.sender,
        idempotency_key=file.key,
    )


def _pending(file: IncomingFile, stored: Stored, record: CallRecord, reasons: tuple[str, ...]) -> NewPending:
    return NewPending(
        sha256=stored.sha256 or None,
        size=stored.size,
        file_name=safe_name(file.name),
        media_type=media_type(file.media_type, file.name),
        source=file.recorder.source.name if file.recorder else file.sender,
        reasons=list(reasons),
        known=_as_texts(file, record, facts_of(record)),
        facts=replace(facts_of(record), extras=_extras(file, record)),
    )


def _extras(file: IncomingFile, record: CallRecord) -> dict[str, str]:
    """Return what else is worth keeping; of a citizen's number only the end."""
    found = {"source": file.recorder.source.name} if file.recorder else {}
    found |= record.extras
    if record.ids:
        found["call_id"] = record.ids[0]
    if record.number:
        found["number"] = masked(record.number) or ""
    return found


def _as_texts(file: IncomingFile, record: CallRecord, facts: CallFacts) -> dict[str, str]:
    """Return what is known, for whoever completes the rest; of the facts also what follows from which end is ours."""
    source = file.recorder.source if file.recorder else None
    known = {
        "setting": record.setting or (source and source.setting),
        "staff": record.staff,
        "window": record.window or (source and source.window),
        "extension": record.extension,
        "caller": masked(record.caller),
        "callee": masked(record.callee),
        "number": masked(record.number),
        "direction": facts.direction,
        "started_at": record.started_at and record.started_at.isoformat(),
        "ring_seconds": None if record.ring() is None else f"{record.ring():g}",
        "staff_channel": None if facts.staff_channel is None else str(facts.staff_channel),
        "call_id": record.ids[0] if record.ids else None,
    }
    return {name: text for name, text in known.items() if text}
