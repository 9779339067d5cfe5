"""Made call logs with queues, transfers and menus: who was put through and when, or why a person must say it.

docs/recorders.md shows the same as a table. A leg is told as kind:who@start-end, with what its telephone rang.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from pathlib import Path

import pytest

from speechaudit.model import Leg
from tests.service.intake.intake_kit import Desk, MakeDesk, who

LOGS = Path(__file__).with_name("data") / "logs"
NAMES = {
    "asterisk": "q-600-08210001663-20250327-092517-1743042317.12206.wav",
    "freeswitch": "a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d.wav",
    "tencent": "1743038717_8a76adc6-e70c-459d-8921-56c88d91f840.wav",
    "box": "CH1.wav",
}


def silence(seconds: int) -> bytes:
    """A file that says how long it is; nobody listens to it here."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(4000)
        out.writeframes(bytes([128]) * 4000 * seconds)
    return file.getvalue()


def told(leg: Leg) -> str:
    rang = f" rang {leg.ring_seconds:g}" if leg.ring_seconds is not None else ""
    return f"{leg.kind}:{leg.who or '?'}@{leg.start:g}-{leg.end:g}{rang}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What comes out: the ringing that counts, who ended it, the legs; or part of the reason why it waits."""

    ring: float | None = None
    ended_by: str | None = None
    legs: tuple[str, ...] = ()
    waits: str = ""


CASES: dict[tuple[str, int], Known] = {
    ("asterisk/1-menu.csv", 98): Known(legs=("machine:?@0-20", "person:3201@20-98")),
    ("asterisk/2-queue-freepbx.csv", 112): Known(ring=9, legs=("queue:?@0-30", "person:3201@30-112 rang 9")),
    ("asterisk/2-queue-freepbx.csv", 82): Known(ring=9, legs=("person:3201@0-82 rang 9",)),
    ("asterisk/3-queue-issabel.csv", 88): Known(ring=16, legs=("queue:?@0-24", "person:3201@24-88 rang 16")),
    ("asterisk/4-pickup.csv", 80): Known(legs=("person:3201@11-80",)),
    ("asterisk/5-parked.csv", 111): Known(waits="先后由 3201、3202 接听"),
    ("asterisk/6-attended.csv", 121): Known(waits="先后由 3201、3202 接听"),
    ("asterisk/7-asked-only.csv", 91): Known(ring=9, legs=("person:3201@0-91 rang 9",)),
    ("asterisk/8-blind.csv", 98): Known(waits="先后由 3201、3202 接听"),
    ("freeswitch/1-menu.csv", 90): Known(),
    ("freeswitch/2-queue-both-legs.csv", 94): Known(ring=9, legs=("machine:?@0-48", "person:3201@48-94 rang 9")),
    ("freeswitch/3-menu-then-person.json", 99): Known(
        ring=8, ended_by="citizen", legs=("machine:?@0-24", "person:3201@32-99 rang 8")
    ),
    ("freeswitch/4-transfer.json", 132): Known(waits="先后由 3201、3202 接听"),
    ("freeswitch/5-transfer-unknown.json", 132): Known(waits="转接到 3202,通话记录里没有后来由谁接听"),
    ("freeswitch/6-queue-then-survey.json", 108): Known(
        legs=("machine:?@0-8", "queue:?@8-48", "person:3201@48-88", "machine:?@88-108")
    ),
    ("freeswitch/7-line.json", 64): Known(ring=6, ended_by="line", legs=("person:3201@0-64 rang 6",)),
    ("tencent/1-menu.json", 60): Known(ring=9, ended_by="citizen", legs=("person:1017@0-60 rang 9",)),
    ("tencent/2-queue.json", 64): Known(ring=6, ended_by="staff", legs=("person:1017@0-64 rang 6",)),
    ("tencent/3-transfer.json", 60): Known(ring=9, legs=("person:1017@0-60 rang 9",)),
    ("tencent/4-system.json", 60): Known(ring=9, legs=("person:1017@0-60 rang 9",)),
    ("tencent/5-own-telephone.json", 60): Known(ring=9, ended_by="staff", legs=("person:1017@0-60 rang 9",)),
    ("box/1-menu.csv", 34): Known(),
    ("box/2-queue.csv", 20): Known(ring=9, ended_by="staff"),
    ("box/3-transfer.csv", 74): Known(waits="通话转接到 3202"),
    ("box/4-two-lines.csv", 74): Known(waits="有 2 条指向这个录音"),
    ("box/5-excel.csv", 60): Known(),
}


def taken(desk: MakeDesk, log: str, seconds: int) -> Desk:
    kind, _, name = log.partition("/")
    box = desk(kind=kind, log=name)
    box.put(name, (LOGS / log).read_bytes())
    box.put(NAMES[kind], silence(seconds))
    box.scan()
    return box


@pytest.mark.parametrize(("log", "seconds"), CASES)
def test_who_was_put_through(desk: MakeDesk, log: str, seconds: int) -> None:
    known, box = CASES[log, seconds], taken(desk, log, seconds)
    if known.waits:
        assert (box.recordings(), known.waits in box.reasons()) == ([], True), box.reasons()
        return
    assert not box.pending(), box.reasons()
    row = box.only()
    assert who(row)[:4] == ("1017", "A01", known.ring, "in"), box.reasons()
    assert (row.facts.ended_by, tuple(map(told, row.facts.legs))) == (known.ended_by, known.legs)
    assert {leg.staff for leg in row.facts.legs if leg.kind == "person"} <= {"1017"}


def test_the_legs_of_what_waits_come_over_when_a_person_completes_it(desk: MakeDesk) -> None:
    box = taken(desk, "freeswitch/4-transfer.json", 132)
    told_by = {"setting": "phone", "window": "A01", "staff": "1017", "started_at": "2025-03-27T09:25:17"}
    (waits,) = box.pending()
    assert box.api.ask("POST", f"/intake/pending/{waits.id}/complete", json=told_by).status_code == 202
    legs = box.only().facts.legs
    assert tuple(map(told, legs)) == ("person:3201@0-52 rang 8", "person:3202@60-132 rang 8")
    assert [leg.staff for leg in legs] == ["1017", None]


def test_a_length_that_fits_no_part_of_the_call_gives_no_legs(desk: MakeDesk) -> None:
    box = taken(desk, "asterisk/2-queue-freepbx.csv", 40)
    assert (who(box.only())[:3], box.only().facts.legs) == (("1017", "A01", 9.0), ())
