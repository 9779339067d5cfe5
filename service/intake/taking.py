"""A recording that came by itself goes to the store: to be audited, or to wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Literal

from sqlalchemy.orm import Session

from service.api.multipart import safe_name
from service.api.services import Services
from service.api.uploads import hand_in, media_type
from service.audio import Draft, Stored
from service.intake import matching
from service.intake.facts import Facts, masked
from service.intake.matching import Place
from service.intake.source import Source
from service.store import intake, recordings
from service.store.base import one_at_a_time
from service.store.intake import NewPending
from service.store.recordings import NewRecording, RecordingRow
from speechaudit.errors import AudioError


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file as it came: its name, what the sender says of its type, and when it was written or arrived."""

    name: str
    at: datetime
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a file: `new` and `known` are recordings, `pending` waits, `discarded` was given up before.

    `number` is that of the recording or of what waits; `reasons` say why it waits. `sha256` is empty without sound.
    """

    state: Literal["new", "known", "pending", "discarded"]
    number: int
    sha256: str = ""
    reasons: tuple[str, ...] = ()


def take(services: Services, source: Source, arrival: Arrival, facts: Facts, draft: Draft) -> Taken:
    """Keep the sound, then the recording, then queue its job: the sender may delete its file when this returns.

    Raises UnavailableError. Whatever dies on the way, the same file taken again ends as one recording.
    """
    stored = services.audio.keep(draft)
    channels, problem = _sound(services, stored, arrival.name)
    with services.database.write() as session:
        one_at_a_time(session, stored.sha256)
        taken, row = _decided(session, source, arrival, stored, facts, (channels, problem))
        if taken.state in {"new", "pending"}:
            services.audio.must_have(stored.sha256)
    if row is not None and row.status == "queued":
        hand_in(services, row)
    given_up = taken.state == "discarded" or (row is not None and row.audio_deleted_at is not None)
    if given_up and stored.new:  # what was deleted on purpose does not come back with a copy of the file
        services.audio.delete(stored.sha256)
    return taken


def refuse(services: Services, source: Source, arrival: Arrival, reason: str) -> Taken:
    """Note a file whose sound cannot be kept at all. Raises UnavailableError."""
    new = _pending(source, arrival, Stored(sha256="", size=0, new=False), Facts(), (reason,))
    with services.database.write() as session:
        one_at_a_time(session, f"{source.name}/{arrival.name}")
        return Taken(state="pending", number=intake.add(session, new).id, reasons=(reason,))


def _sound(services: Services, stored: Stored, name: str) -> tuple[int, str]:
    """The number of channels, and why the sound cannot be heard, if so."""
    from speechaudit.asr.audio import probe

    try:
        with services.audio.as_file(stored.sha256, PurePath(name).suffix) as path:
            return probe(path).channels, ""
    except AudioError as problem:
        return 0, f"{problem.problem}。{problem.cure}"


def _decided(
    session: Session, source: Source, arrival: Arrival, stored: Stored, facts: Facts, sound: tuple[int, str]
) -> tuple[Taken, RecordingRow | None]:
    """Known bytes stay what they are; the others become a recording if nothing is in doubt."""
    if (row := recordings.of_sound(session, stored.sha256)) is not None:
        return Taken(state="known", number=row.id, sha256=stored.sha256), row
    waiting = intake.of_sound(session, stored.sha256)
    if waiting is not None and waiting.state == "discarded":
        return Taken(state="discarded", number=waiting.id, sha256=stored.sha256), None
    channels, unheard = sound
    place = matching.place(session, source, facts, file_time=arrival.at, channels=channels)
    if reasons := (unheard, *place.doubts) if unheard else place.doubts:
        row_id = intake.add(session, _pending(source, arrival, stored, facts, reasons)).id
        return Taken(state="pending", number=row_id, sha256=stored.sha256, reasons=reasons), None
    row, _ = recordings.add(session, _recording(source, arrival, stored, facts, place))
    if waiting is not None:
        intake.settle(waiting, "completed", source.name, row.id)
    return Taken(state="new", number=row.id, sha256=stored.sha256), row


def _recording(source: Source, arrival: Arrival, stored: Stored, facts: Facts, place: Place) -> NewRecording:
    return NewRecording(
        sha256=stored.sha256,
        size=stored.size,
        file_name=safe_name(arrival.name),
        media_type=media_type(arrival.media_type, arrival.name),
        setting=place.setting,
        staff_id=place.staff_id,
        window_id=place.window_id,
        started_at=place.started_at,
        ring_seconds=place.ring_seconds,
        staff_channel=place.staff_channel,
        direction=place.direction,
        calls=facts.calls,
        extras=extras(source, facts),
        source=f"intake:{source.name}",
    )


def _pending(source: Source, arrival: Arrival, stored: Stored, facts: Facts, reasons: tuple[str, ...]) -> NewPending:
    return NewPending(
        sha256=stored.sha256 or None,
        size=stored.size,
        file_name=safe_name(arrival.name),
        media_type=media_type(arrival.media_type, arrival.name),
        source=source.name,
        reasons=list(reasons),
        known=as_texts(source, facts),
        calls=facts.calls,
        extras=extras(source, facts),
    )


def extras(source: Source, facts: Facts) -> dict[str, str]:
    """What else is worth keeping; of a citizen's number only the end."""
    found = {"source": source.name, **facts.extras}
    if facts.ids:
        found["call_id"] = facts.ids[0]
    if facts.number:
        found["number"] = masked(facts.number) or ""
    return found


def as_texts(source: Source, facts: Facts) -> dict[str, str]:
    """What is known, for whoever completes the rest."""
    known = {
        "setting": facts.setting or source.setting,
        "staff": facts.staff,
        "window": facts.window or source.window,
        "extension": facts.extension,
        "caller": masked(facts.caller),
        "callee": masked(facts.callee),
        "number": masked(facts.number),
        "direction": facts.direction,
        "started_at": facts.started_at and facts.started_at.isoformat(),
        "ring_seconds": None if facts.ring() is None else f"{facts.ring():g}",
        "staff_channel": None if facts.staff_channel is None else str(facts.staff_channel),
        "call_id": facts.ids[0] if facts.ids else None,
    }
    return {name: text for name, text in known.items() if text}
