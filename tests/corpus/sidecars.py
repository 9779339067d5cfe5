"""Files beside recordings: JSON of people and programs, XML and CSV of recorders, as they break them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.corpus.case import Case, refused, taken

GOOD = '{"setting": "phone", "staff": "1017", "started_at": "2026-03-02T09:15:00+08:00"}'
DEEP = 50_000


def cases() -> Iterator[Case]:
    yield from _syntax()
    yield from _encodings()
    yield from _values()
    yield from _times()
    yield from _calls()


def _syntax() -> Iterator[Case]:
    wrong = "不是正确的 JSON"
    yield taken("good.json", GOOD)
    yield taken("nothing-known.json", "{}")
    yield taken("blanks.json", f"\r\n\t {GOOD} \n")
    yield refused("empty.json", "", wrong)
    yield refused("cut.json", GOOD[:40], wrong)
    yield refused("two.json", GOOD + GOOD, wrong)
    yield refused("comment.json", f"// made by hand\n{GOOD}", wrong)
    yield refused("single-quotes.json", "{'setting': 'phone'}", wrong)
    yield refused("trailing-comma.json", '{"setting": "phone",}', wrong)
    yield refused("javascript.json", f"var call = {GOOD};", wrong)
    yield refused("list.json", f"[{GOOD}]", "应为对象")
    yield refused("text.json", '"phone"', "应为对象")
    yield refused("number.json", "7", "应为对象")
    yield refused("null.json", "null", "应为对象")
    yield refused("deep-lists.json", "[" * DEEP + "]" * DEEP, wrong)
    yield refused("deep-objects.json", '{"a":' * DEEP + "1" + "}" * DEEP, wrong)
    yield refused("deep-and-cut.json", '{"a":' * DEEP, wrong)
    yield refused("key-twice.json", '{"staff": "1017", "staff": "1018"}', "staff")
    yield refused("inner-key-twice.json", '{"extras": {"票号": "1", "票号": "2"}}', "票号")
    yield refused("key-twice-escaped.json", '{"staff": "1017", "st\\u0061ff": "1018"}', "staff")
    yield refused("page.json", "<!DOCTYPE html><title>404</title>", wrong)


def _encodings() -> Iterator[Case]:
    named = '{"setting": "phone", "window": "社保窗口"}'
    yield taken("mark.json", b"\xef\xbb\xbf" + GOOD.encode())
    yield refused("mark-twice.json", b"\xef\xbb\xbf" * 2 + GOOD.encode(), "不是正确的 JSON")
    yield refused("utf-16.json", GOOD.encode("utf-16"), "UTF-8")
    yield refused("utf-16-be.json", b"\xfe\xff" + GOOD.encode("utf-16-be"), "UTF-8")
    yield refused("utf-32.json", named.encode("utf-32"), "UTF-8")
    yield refused("gbk.json", named.encode("gbk"), "UTF-8")
    yield refused("latin-1.json", '{"window": "caf\xe9"}'.encode("latin-1"), "UTF-8")
    yield refused("overlong.json", b'{"window": "\xc0\xaf"}', "UTF-8")
    yield refused("surrogate-bytes.json", b'{"window": "\xed\xa0\x80"}', "UTF-8")
    yield refused("surrogate.json", r'{"window": "\ud800"}', "不是正确的 JSON")
    yield refused("surrogates-turned.json", r'{"window": "\udc00\ud800"}', "不是正确的 JSON")
    yield taken("pair.json", r'{"window": "\ud840\udc00"}')
    yield refused("nul-behind.json", GOOD.encode() + bytes(512), "不是正确的 JSON")
    yield refused("nul-raw.json", b'{"window": "a\x00b"}', "不是正确的 JSON")
    yield refused("line-break-inside.json", '{"window": "a\nb"}', "不是正确的 JSON")
    yield refused("zeros.json", bytes(4096), "不是正确的 JSON")
    yield refused("sound.json", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(range(256)), "UTF-8")


def _values() -> Iterator[Case]:
    for name, told, value in (
        ("nan", "ring_seconds", "NaN"),
        ("infinite", "ring_seconds", "Infinity"),
        ("beyond-floats", "ring_seconds", "1e999"),
        ("400-digits", "ring_seconds", "9" * 400),
        ("5000-digits", "ring_seconds", "9" * 5000),
        ("negative", "ring_seconds", "-0.001"),
        ("too-long", "ring_seconds", "3600.5"),
        ("text", "ring_seconds", '"8"'),
        ("list", "ring_seconds", "[8]"),
        ("true", "ring_seconds", "true"),
    ):
        yield refused(f"ring-{name}.json", f'{{"ring_seconds": {value}}}', told)
    yield taken("ring-smallest.json", '{"ring_seconds": 5e-324}')
    yield taken("ring-minus-nought.json", '{"ring_seconds": -0.0}')
    for name, given in (("channel", '"staff_channel": 2'), ("channel-broken", '"staff_channel": 0.5')):
        yield refused(f"{name}.json", f"{{{given}}}", "staff_channel")
    yield refused("channel-huge.json", f'{{"staff_channel": {"1" * 4000}}}', "staff_channel")
    yield refused("setting.json", '{"setting": "Phone"}', "setting")
    yield refused("direction.json", '{"direction": "inbound"}', "direction")
    yield refused("ended-by.json", '{"ended_by": null, "ended": "staff"}', "ended")
    yield refused("stranger.json", '{"stuff": "1017"}', "stuff")
    yield refused("staff-number.json", '{"staff": 1017}', "staff")
    yield refused("staff-blank.json", '{"staff": "  "}', "staff")
    yield refused("staff-long.json", json.dumps({"staff": "1" * 201}), "staff")
    yield refused("extras-list.json", '{"extras": ["a"]}', "extras")
    yield refused("extras-number.json", '{"extras": {"票号": 7}}', "extras.票号")
    yield refused("extras-nested.json", '{"extras": {"a": {"b": "c"}}}', "extras.a")
    strangers = ",".join(f'"k{number}": 1' for number in range(1_000))
    yield refused("1000-strangers.json", f"{{{strangers}}}", "k0")
    yield refused("key-of-2000.json", json.dumps({"名" * 2000: 1}), "没有这一项")
    yield refused("value-of-2000.json", json.dumps({"ring_seconds": "长" * 2000}), "ring_seconds")


def _times() -> Iterator[Case]:
    for name, text in (
        ("february-30", "2026-02-30T09:00:00"),
        ("hour-24", "2026-03-02T24:01:00"),
        ("second-61", "2026-03-02T09:00:61"),
        ("year-0", "0000-01-01T00:00:00"),
        ("year-10000", "10000-01-01T00:00:00"),
        ("zone-25-hours", "2026-03-02T09:00:00+25:00"),
        ("zone-named", "2026-03-02T09:00:00 Asia/Shanghai"),
        ("chinese", "2026年3月2日 9时"),
        ("american", "03/02/2026 9:15 AM"),
        ("empty", ""),
    ):
        yield refused(f"time-{name}.json", json.dumps({"started_at": text}), "started_at")
    yield refused("time-list.json", '{"started_at": [2026, 3, 2]}', "started_at")
    yield refused("time-seconds.json", '{"started_at": 1772414100}', "started_at")
    yield taken("time-zone-odd.json", '{"started_at": "2026-03-02T09:15:00+05:45"}')
    yield taken("time-zone-minus-23.json", '{"started_at": "2026-03-02T09:15:00-23:59"}')
    yield taken("time-first.json", '{"started_at": "0001-01-01T00:00:00+14:00"}')
    yield taken("time-last.json", '{"started_at": "9999-12-31T23:59:59-12:00"}')


def _calls() -> Iterator[Case]:
    yield refused("call-before-1.json", '{"calls": [{"at": -1}]}', "calls.0.at")
    yield refused("call-of-weeks.json", '{"calls": [{"at": 604801}]}', "calls.0.at")
    yield refused("call-no-start.json", '{"calls": [{"at": "2026-03-02T09:15:00"}]}', "calls")
    mixed = '{"started_at": "2026-03-02T09:00:00+08:00", "calls": [{"at": "2026-03-02T09:15:00"}]}'
    yield refused("call-zones-mixed.json", mixed, "时区")
    edges = '{"started_at": "0001-01-01T00:00:00+14:00", "calls": [{"at": "9999-12-31T23:59:59-12:00"}]}'
    yield refused("call-of-ages.json", edges, "calls")
    yield taken("call-before.json", mixed.replace("09:15:00", "08:15:00+08:00"))
    yield refused("leg-backwards.json", '{"legs": [{"kind": "person", "start": 9, "end": 2}]}', "legs")
    yield refused("leg-kind.json", '{"legs": [{"kind": "robot", "start": 0, "end": 2}]}', "legs.0.kind")
    yield refused("megabytes.json", GOOD + " " * (1 << 20), "超过 1 MB")
    many = json.dumps({"calls": [{"at": n % 1000, "number": "A" * 10} for n in range(5_000)]})
    yield taken("calls-5000.json", many)
