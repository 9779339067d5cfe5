"""Requests that no program of ours sends: bodies, headers, forms, ranges, cursors and names in addresses.

`where` is the method and path below /api/v1, `told` the status and part of the answer, `HEADERS` what is sent besides
by name. There is one recording, number 1, with a sound of 100 bytes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.corpus.case import Case, as_bytes

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
HEADERS: dict[str, dict[str, Any]] = {}
TRY = "POST /rules/try"


def asked(name: str, where: str, told: str, content: bytes | str = b"", **headers: str | bytes) -> Case:
    """A request and the beginning of its answer: the status, and a piece of what is said."""
    HEADERS[name] = {key.replace("_", "-"): value for key, value in headers.items()}
    return Case(name=name, content=as_bytes(content), taken=told[0] in "23", told=told, where=where)


def cases() -> Iterator[Case]:
    yield from _bodies()
    yield from _addresses()
    yield from _cursors()
    yield from _ranges()
    yield from _forms()
    yield from _metadata()
    yield from _headers()


def _bodies() -> Iterator[Case]:
    json_type = "application/json"
    good = '{"texts": ["您好"], "setting": "phone"}'
    yield asked("good", TRY, "200", good, Content_Type=json_type)
    for name, body in (
        ("empty", ""),
        ("cut", good[:20]),
        ("text", '"texts"'),
        ("list", f"[{good}]"),
        ("null", "null"),
        ("nul", b"\0" * 100),
        ("surrogate", r'{"texts": ["\ud800"], "setting": "phone"}'),
        ("nan", '{"texts": NaN, "setting": "phone"}'),
        ("texts-number", '{"texts": 7, "setting": "phone"}'),
        ("texts-empty", '{"texts": [], "setting": "phone"}'),
        ("texts-101", json.dumps({"texts": ["a"] * 101, "setting": "phone"})),
        ("text-1001", json.dumps({"texts": ["我" * 1001], "setting": "phone"})),
        ("profile-outside", '{"texts": ["a"], "profile": "../../etc/passwd"}'),
        ("profile-nul", '{"texts": ["a"], "profile": "a\\u0000"}'),
        ("profile-none", '{"texts": ["a"], "profile": "none"}'),
        ("stranger", '{"texts": ["a"], "rule": "x"}'),
    ):
        yield asked(f"try-{name}", TRY, "422", body, Content_Type=json_type)
    yield asked("try-too-large", TRY, "413", '{"texts": ["' + "a" * 300_000, Content_Type=json_type)
    yield asked("try-no-type", TRY, "422", good, Content_Type="text/plain")
    unreadable = "400 请求的内容读不懂"
    yield asked("try-deep-lists", TRY, unreadable, "[" * 100_000, Content_Type=json_type)
    yield asked("try-deep-objects", TRY, unreadable, '{"texts":' * 20_000, Content_Type=json_type)
    yield asked("try-gbk", TRY, unreadable, good.encode("gbk"), Content_Type=json_type)
    yield asked("try-huge-number", TRY, unreadable, f'{{"texts": {"9" * 5000}}}', Content_Type=json_type)
    yield asked("try-utf-16", TRY, "200", good.encode("utf-16"), Content_Type=json_type)
    yield asked("try-mark", TRY, "200", "\ufeff" + good, Content_Type=json_type)
    for path in ("/staff/9", "/windows/9"):
        for name, body in (
            ("nul", '{"name": "a\\u0000"}'),
            ("long", json.dumps({"name": "名" * 201})),
            ("blank", '{"name": " "}'),
        ):
            yield asked(f"{path[1:-2]}-name-{name}", f"PUT {path}", "422", body, Content_Type=json_type)
    for name, when in (
        ("first", "0001-01-01T00:00:00+14:00"),
        ("last", "9999-12-31T23:59:59-12:00"),
        ("last-utc", "9999-12-31T23:59:59Z"),
    ):
        roster = {"window": "A01", "staff": "1017", "starts_at": "2026-03-02T08:30:00+08:00", "ends_at": when}
        yield asked(f"roster-{name}", "POST /rosters", "422", json.dumps(roster), Content_Type=json_type)
        key = {"name": "k", "scopes": ["recordings:read"], "expires_at": when}
        yield asked(f"key-{name}", "POST /keys", "422", json.dumps(key), Content_Type=json_type)
    yield asked(
        "patch-surrogate", "PATCH /recordings/1", "422", r'{"staff": "\udfff", "window": null}', Content_Type=json_type
    )


def _addresses() -> Iterator[Case]:
    for name, number in (
        ("0", "0"),
        ("minus", "-1"),
        ("text", "one"),
        ("float", "1.5"),
        ("2-63", str(2**63)),
        ("digits", "9" * 500),
        ("hex", "0x1"),
        ("wide", quote("１")),
        ("blank", "%20"),
        ("nul", "%00"),
        ("emoji", quote("😀")),
    ):
        yield asked(f"recording-{name}", f"GET /recordings/{number}", "4")
    for name, path in (
        ("outside", "/rules/..%2F..%2Fetc%2Fpasswd"),
        ("nul", "/rules/a%00b"),
        ("latin", "/rules/%ff%fe"),
        ("long", "/rules/" + "a" * 3_000),
        ("dots", "/rules/....//"),
        ("percent", "/rules/%25%2500"),
    ):
        yield asked(f"rule-{name}", f"GET {path}", "404")
    yield asked("address-too-long", "GET /rules/" + "a" * 9_000, "414")
    yield asked("slash-behind", "GET /log/", "404", Host="evil.example")
    yield asked("staff-nul", "PUT /staff/a%00b", "422", '{"name": "a"}', **JSON_HEADER)
    yield asked("staff-long", "PUT /staff/" + "1" * 65, "422", '{"name": "a"}', **JSON_HEADER)
    yield asked("staff-scientific", "PUT /staff/4.4E+17", "422", '{"name": "a"}', **JSON_HEADER)
    for name, query in (
        ("limit-0", "limit=0"),
        ("limit-201", "limit=201"),
        ("limit-text", "limit=many"),
        ("limit-digits", "limit=" + "9" * 4_400),
        ("status", "status=lost"),
        ("score-nan", "score_from=nan"),
        ("score-inf", "score_to=inf"),
        ("score-minus", "score_from=-1"),
        ("since-no-day", "since=2026-02-30"),
        ("since-year-0", "since=0000-01-01"),
        ("since-first", "since=0001-01-01T00:00:00%2B14:00"),
        ("until-last", "until=9999-12-31T23:59:59-12:00"),
        ("since-seconds", "since=1e400"),
        ("staff-unknown", "staff=9999"),
        ("window-nul", "window=A%00"),
        ("text-long", "text=" + "a" * 201),
        ("staff-101", "&".join(["staff=1017"] * 101)),
        ("rule-long", "rule=" + "a" * 65),
        ("stranger", "starf=1017"),
        ("latin", "text=%ff%fe%00"),
    ):
        yield asked(f"list-{name}", f"GET /recordings?{query}", "422")
    for name, query in (
        ("twice", "limit=2&limit=3"),
        ("like", "text=a%25_%5C%27%22"),
        ("plus", "since=2026-03-02T09:00:00+08:00"),
        ("match", "text=" + quote('a" OR b* NEAR(c')),
    ):
        yield asked(f"list-{name}", f"GET /recordings?{query}", "200")


def _cursors() -> Iterator[Case]:
    for name, value in (
        ("empty-list", []),
        ("numbers", [1, 2]),
        ("three", ["2026-01-01T00:00:00+00:00", 1, 2]),
        ("object", {"a": 1}),
        ("null", None),
        ("negative", ["2026-01-01T00:00:00+00:00", -1]),
        ("2-63", ["2026-01-01T00:00:00+00:00", 2**63]),
        ("digits", ["2026-01-01T00:00:00+00:00", 10**60]),
        ("float", ["2026-01-01T00:00:00+00:00", 1.5]),
        ("true", ["2026-01-01T00:00:00+00:00", "1"]),
        ("no-day", ["2026-02-30T00:00:00+00:00", 1]),
        ("first", ["0001-01-01T00:00:00+14:00", 1]),
    ):
        cursor = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
        yield asked(f"cursor-{name}", f"GET /recordings?cursor={cursor}", "422")
    deep = base64.urlsafe_b64encode(b"[" * 350).decode()
    for name, cursor in (
        ("text", "x"),
        ("padding", "===="),
        ("wide", quote("甲")),
        ("long", "a" * 501),
        ("deep", deep),
        ("blank", "%20"),
    ):
        yield asked(f"cursor-{name}", f"GET /recordings?cursor={cursor}", "422")
    naive = base64.urlsafe_b64encode(b'["2026-01-01T00:00:00", 1]').decode()
    yield asked("cursor-naive", f"GET /recordings?cursor={naive}", "200")


def _ranges() -> Iterator[Case]:
    sound = "GET /recordings/1/audio"
    for name, wanted, status in (
        ("first", "bytes=0-0", "206"),
        ("last", "bytes=-1", "206"),
        ("rest", "bytes=99-", "206"),
        ("beyond-end", "bytes=50-999999999999", "206"),
        ("behind", "bytes=100-", "416"),
        ("far", "bytes=" + "9" * 18 + "-", "416"),
        ("last-0", "bytes=-0", "416"),
        ("turned", "bytes=9-3", "416"),
        ("two", "bytes=0-1,5-6", "200"),
        ("digits", "bytes=" + "9" * 400 + "-", "200"),
        ("negative", "bytes=-1-5", "200"),
        ("unit", "lines=1-2", "200"),
        ("text", "bytes=a-b", "200"),
        ("nothing", "bytes=-", "416"),
        ("wide", "bytes=１-２".encode(), "200"),
    ):
        yield asked(f"range-{name}", sound, status, Range=wanted)


def form(*parts: tuple[str, bytes | str], head: str = "") -> bytes:
    """A form with the boundary b; `head` is more in the header of each part."""
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="x.wav"{head}\r\n\r\n'.encode()
        + as_bytes(value)
        + b"\r\n"
        for name, value in parts
    )
    return body + b"--b--\r\n"


def _forms() -> Iterator[Case]:
    send, kind = "POST /recordings", FORM["Content-Type"]
    for name, boundary in (
        ("none", ""),
        ("empty", "; boundary="),
        ("of-71", "; boundary=" + "b" * 71),
        ("of-60000", "; boundary=" + "b" * 60_000),
        ("other", "; boundary=c"),
    ):
        yield asked(
            f"form-boundary-{name}", send, "422", form(("file", "x")), Content_Type=f"multipart/form-data{boundary}"
        )
    yield asked("form-json", send, "422", "{}", Content_Type="application/json")
    for name, body in (
        ("empty", b""),
        ("nothing", form()),
        ("cut", form(("file", "x" * 100))[:90]),
        ("no-end", form(("file", "x"))[:-4]),
        ("only-newlines", b"\r\n" * 5_000),
        ("no-name", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        ("no-disposition", b"--b\r\nA: b\r\n\r\nx\r\n--b--\r\n"),
        ("header-binary", b"--b\r\n\xff\xfe: \0\r\n\r\nx\r\n--b--\r\n"),
        ("header-endless", b"--b\r\nContent-Disposition: " + b"a" * 100_000),
        ("headers-1000", b"--b\r\n" + b"A: b\r\n" * 1_000 + b"\r\nx\r\n--b--\r\n"),
        ("twice", form(("file", "x"), ("file", "y"))),
        ("stranger", form(("file", "x"), ("sound", "y"))),
        ("parts-1000", form(*[("file", "x")] * 1_000)),
        ("file-empty", form(("file", ""))),
        ("metadata-only", form(("metadata", "{}"))),
    ):
        yield asked(f"form-{name}", send, "422", body, Content_Type=kind)
    for name, file_name in (
        ("outside", "../../../etc/cron.d/x.wav"),
        ("windows", "C:\\\\Windows\\\\x.wav"),
        ("absolute", "/etc/passwd"),
        ("nul", "a\0b.wav"),
        ("line-break", "a%0d%0aSet-Cookie: x.wav"),
        ("long", "长" * 400 + ".wav"),
        ("dots", ".."),
        ("suffix-long", "a." + "中" * 195),
        ("page", "<script>alert(1)</script>.wav"),
        ("right-to-left", "gpj.\u202ewav"),
    ):
        body = form(("file", f"sound {name}")).replace(b"x.wav", file_name.encode())
        yield asked(f"form-name-{name}", send, "202", body, Content_Type=kind)
    latin = form(("file", "sound latin")).replace(b"x.wav", b"\xff\xfe\xc4\xfa.wav")
    yield asked("form-name-latin", send, "202", latin, Content_Type=kind)


def _metadata() -> Iterator[Case]:
    send, kind = "POST /recordings", FORM["Content-Type"]
    for name, text in (
        ("cut", '{"setting":'),
        ("list", "[]"),
        ("deep", '{"extras":' * 5_000),
        ("key-twice", '{"staff": "1017", "staff": "1018"}'),
        ("nan", '{"ring_seconds": NaN}'),
        ("nul", r'{"extras": {"a": "\u0000"}}'),
        ("surrogate", r'{"extras": {"a": "\ud800"}}'),
        ("gbk", '{"window": "窗口"}'.encode("gbk")),
        ("year-1", '{"started_at": "0001-01-01T00:00:00+14:00"}'),
        ("year-9999", '{"started_at": "9999-12-31T23:59:59Z"}'),
        ("call-of-ages", '{"started_at": "2026-03-02T09:00:00Z", "calls": [{"at": "2999-01-01T00:00:00Z"}]}'),
        ("calls-huge", '{"calls": [{"at": 1e300}]}'),
        ("megabytes", " " * 70_000),
    ):
        yield asked(f"metadata-{name}", send, "422", form(("metadata", text), ("file", "x")), Content_Type=kind)


def _headers() -> Iterator[Case]:
    listing = "GET /recordings"
    yield asked("key-none", listing, "401", Authorization="Bearer ")
    yield asked("key-wrong", listing, "401", Authorization="Bearer " + "a" * 5_000)
    yield asked("key-binary", listing, "401", Authorization=b"Bearer \xff\xfe\x80")
    yield asked("key-basic", listing, "401", Authorization="Basic Og==")
    yield asked("cookie-strange", listing, "401", Authorization="", Cookie='speechaudit_session="; a=b; $Version=1')
    yield asked("cookie-binary", listing, "401", Authorization="", Cookie=b"speechaudit_session=\xff\xfe")
    send, kind = "POST /recordings", FORM["Content-Type"]
    for name, key in (("long", "k" * 256), ("blank", "a b"), ("binary", b"\xff\xfe")):
        yield asked(f"idempotency-{name}", send, "422", form(("file", "x")), Content_Type=kind, Idempotency_Key=key)
    yield asked("length-lies", send, "413", b"", Content_Type=kind, Content_Length="9" * 18)
    yield asked("session-nan", "POST /session", "422", '{"name": NaN, "password": 1}', **JSON_HEADER)


JSON_HEADER = {"Content_Type": "application/json"}
