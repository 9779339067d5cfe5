"""Who was put through in a call of FreeSWITCH, from its call flows, its variables, and the rows of its other legs.

A transfer begins a new flow; the newest stands first, and each says where the call went (`caller_profile`), what was
done there (`extension`) and when (`times`, microseconds since 1970): created with the flow, bridged to a person, left
by transfer or hangup. `transfer_history` lists transfers as `time:uuid:kind:where/context/dialplan`.
https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_json_cdr_6587379
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from service.ingest.call_record import End, Party
from speechaudit.model import LegKind

_APPS: Final[Mapping[LegKind, frozenset[str]]] = {
    "queue": frozenset({"callcenter", "fifo", "park", "valet_park", "hold"}),
    "machine": frozenset(
        {"answer", "ivr", "playback", "play_and_get_digits", "read", "phrase", "say", "voicemail", "lua", "sleep"}
    ),
}
_TRANSFER: Final = re.compile(r"(?P<at>\d{10}):[^:|]*:(?P<kind>[a-z]+_xfer|uuid_br):(?P<where>[^|,\]\"]+)")
_MICROSECONDS: Final = re.compile(r"[1-9][0-9]{9,16}")  # from January 1970 to the year 5138
_BROKEN: Final = frozenset(
    {"NETWORK_OUT_OF_ORDER", "DESTINATION_OUT_OF_ORDER", "NORMAL_TEMPORARY_FAILURE", "RECOVERY_ON_TIMER_EXPIRE"}
    | {"MEDIA_TIMEOUT", "SWITCH_CONGESTION", "INTERWORKING"}
)
# Between the answer of one end and the joining of both: more, and a menu or a queue had answered before.
JOINED: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Where a call went: the number, the applications that ran there, and the times by name, in microseconds."""

    number: str | None
    apps: frozenset[str] = frozenset()
    times: Mapping[str, str] = field(default_factory=dict)

    def at(self, name: str) -> datetime | None:
        """Return a time of this flow; None for what did not happen, which is 0, and for what is no time."""
        digits = self.times.get(f"{name}_time", "0")
        return datetime.fromtimestamp(int(digits) / 1e6, UTC) if _MICROSECONDS.fullmatch(digits) else None

    def left(self) -> datetime | None:
        """Return when the call went on, or ended; None where neither is told."""
        return self.at("transfer") or self.at("hangup")


def parties(flows: Sequence[Flow]) -> tuple[Party, ...]:
    """Return everybody and everything that answered, in order of time."""
    timed = [flow for flow in flows if flow.at("profile_created")]
    timed.sort(key=lambda flow: flow.at("profile_created") or datetime.max.replace(tzinfo=UTC))
    return tuple(party for flow in timed for party in _of_flow(flow, first=flow is timed[0]))


def _of_flow(flow: Flow, *, first: bool) -> Iterator[Party]:
    """Yield what answered in a flow before a person, and the person."""
    began, answered, bridged, left = (
        *(flow.at(name) for name in ("profile_created", "answered", "bridged")),
        flow.left(),
    )
    if began is None or left is None:
        return
    before = next((kind for kind, apps in _APPS.items() if apps & flow.apps), None)
    up = max(began, answered) if answered else began
    early = first and answered is not None and bridged is not None and (bridged - answered).total_seconds() > JOINED
    kind = before or ("machine" if early or (bridged is None and answered) else None)
    if kind and (end := bridged or left) > up:
        yield Party(kind=kind, who=None, answered_at=up, ended_at=end)
    if bridged is not None:
        yield Party(kind="person", who=flow.number, answered_at=bridged, ended_at=left, ring_at=None if kind else began)


def unexplained(history: str, found: Iterable[Party]) -> str | None:
    """Return where a call was transferred to without a party that answered there; None where all are known."""
    known = {party.who for party in found if party.kind == "person"}
    told = ((match["kind"], match["where"].split("/")) for match in _TRANSFER.finditer(history))
    numbers = [(where[-1] if kind == "att_xfer" else where[0]).partition("@")[0] for kind, where in told]
    return next((number for number in numbers if number not in known), None)


def rang_off(disposition: str) -> End | None:
    """Return the end that rang off: the caller's, whose BYE was received, or the other, to whom one was sent."""
    return {"recv_bye": "caller", "recv_cancel": "caller", "send_bye": "callee"}.get(disposition)  # type: ignore[return-value]


def line_broke(cause: str) -> bool:
    """Return whether the cause of the hangup is one that nobody meant."""
    return cause.upper() in _BROKEN
