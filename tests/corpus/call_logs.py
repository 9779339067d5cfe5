"""Logs of recorders as they are found: cut, saved by Excel, in other encodings, looping, turned back in time.

`where` is the kind of the recorder. The call that is looked for is named `KEYS[kind]`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook

from tests.corpus.case import Case, refused, taken

DATA = Path(__file__).parents[1] / "service" / "intake" / "data"
UUID = "a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d"
KEYS = {
    "asterisk": "1743042317.12206",
    "freeswitch": UUID,
    "box": "CH3201_1.wav",
    "tencent": "8a76adc6-e70c-459d-8921-56c88d91f840",
}
TITLES = "通道,号码,呼叫类型,来电时间,接通时间,结束时间,接听状态,录音文件"
ROW = "3201,13800001234,呼入,2025-03-27 09:25:17,2025-03-27 09:25:23,2025-03-27 09:26:37,已接,D:\\record\\CH3201_1.wav"
BOX = f"{TITLES}\r\n{ROW}\r\n"
TEN_MEGABYTES = 10 << 20


def cases() -> Iterator[Case]:
    yield from _boxes()
    yield from _boxes_by_excel()
    yield from _asterisk()
    yield from _freeswitch_tables()
    yield from _freeswitch_json()
    yield from _freeswitch_xml()
    yield from _tencent()


def _boxes() -> Iterator[Case]:
    box = "box"
    yield taken("good.csv", BOX, where=box)
    yield taken("gbk.csv", BOX.encode("gbk"), where=box)
    yield taken("utf-16.csv", BOX.encode("utf-16"), where=box)
    yield taken("mark.csv", b"\xef\xbb\xbf" + BOX.encode(), where=box)
    yield taken("semicolons.csv", BOX.replace(",", ";"), where=box)
    yield taken("tabs.csv", BOX.replace(",", "\t"), where=box)
    yield taken("old-mac.csv", BOX.replace("\r\n", "\r"), where=box)
    yield taken(
        "quoted.csv", "\r\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in (TITLES, ROW)), where=box
    )
    yield taken("quote-open.csv", BOX + '"3202,138,"呼入\r\n', where=box)
    yield taken("nul-lines.csv", BOX + "\0" * 4096 + "\r\n", where=box)
    yield taken("cut-line.csv", BOX + ROW[:30], where=box)
    yield taken("columns-more.csv", BOX + ROW + "," * 5000 + "\r\n", where=box)
    yield taken(
        "title-thrice.csv", BOX.replace("通道,", "通道,通道,通道,").replace("3201,", "3201,3201,3201,"), where=box
    )
    yield taken("columns-disagree.csv", f"分机,{TITLES}\r\n3202,{ROW}\r\n", "两列说法不同", box)
    yield taken("backwards.csv", BOX.replace("09:26:37", "08:00:00"), "时间先后颠倒", box)
    yield taken("minutes.csv", BOX.replace(":17,", ",").replace(":23,", ","), where=box)
    yield taken("no-such-time.csv", BOX.replace("09:25:17", "25:61:61"), "started_at 不是时间", box)
    yield taken("year-1.csv", BOX.replace("2025-03-27 09:25:17", "0001-01-01 00:00:00"), "started_at 不是时间", box)
    yield taken("year-9999.csv", BOX.replace("2025-03-27 09:26:37", "9999-12-31 23:59:59"), "ended_at 不是时间", box)
    yield taken("zone-odd.csv", BOX.replace("09:25:17", "09:25:17+99:99"), "started_at 不是时间", box)
    yield taken("ring-huge.csv", f"响铃时长,{TITLES}\r\n{'9' * 400},{ROW}\r\n", "ring_seconds 不是", box)
    yield taken("ring-nan.csv", f"响铃时长,{TITLES}\r\nnan,{ROW}\r\n", "ring_seconds 不是", box)
    yield taken("ring-clock.csv", f"响铃时长,{TITLES}\r\n99:999:59,{ROW}\r\n", "ring_seconds 不是", box)
    yield taken("direction.csv", BOX.replace("呼入", "会议"), "direction 看不懂", box)
    yield taken("phone-e-notation.csv", BOX.replace("13800001234", "1.38E+10"), where=box)
    yield taken("twice.csv", BOX + ROW.replace("3201,", "3202,") + "\r\n", "有 2 条指向这个录音", box)
    yield taken("superscript.csv", BOX.replace("09:25:17", "09:25:1²"), "started_at 不是时间", box)
    yield taken("line-of-10-mb.csv", BOX + "x" * TEN_MEGABYTES + "\r\n", where=box)
    yield taken("commas-of-1-mb.csv", BOX + "," * (1 << 20) + "\r\n", where=box)
    yield refused("empty.csv", "", "没有认识的列", box)
    yield refused("blank-lines.csv", "\r\n" * 1000, "没有认识的列", box)
    yield refused("no-titles.csv", ROW + "\r\n", "没有认识的列", box)
    yield refused("shift-jis.csv", b"\x81\xff\xff" + "録音".encode("shift-jis"), "编码的文字", box)
    yield refused("half-utf-16.csv", BOX.encode("utf-16")[:-1], "编码的文字", box)
    yield refused("page.csv", "<html><body>404</body></html>\r\n", "没有认识的列", box)
    yield refused("no-files.csv", BOX.replace("D:\\record\\CH3201_1.wav", ""), "录音文件", box)
    yield refused("rows-20001.csv", TITLES + "\r\n" + "a\r\n" * 20_001, "超过 20000 行", box)


def _boxes_by_excel() -> Iterator[Case]:
    box, whole = "box", (DATA / "calls.xlsx").read_bytes()
    old = (DATA / "calls.xls").read_bytes()
    yield taken("good.xlsx", whole, where=box)
    yield taken("good.xls", old, where=box)
    yield taken("named-csv.csv", whole, where=box)
    for size in (10, 1000, len(whole) // 2, len(whole) - 10):
        yield refused(f"cut-{size}.xlsx", whole[:size], "XLSX 已损坏", box)
    for size in (9, 512, 600, len(old) // 2):
        yield refused(f"cut-{size}.xls", old[:size], "XLS 已损坏", box)
    yield refused("zip.xlsx", _zip({"a.txt": b"a"}), "XLSX 已损坏", box)
    yield refused("bomb.xlsx", _zip({"xl/worksheets/sheet1.xml": b"<" * (65 << 20)}), "展开后超过 64 MB", box)
    yield refused("entities.xlsx", _entities(whole), "XLSX 已损坏", box)
    yield refused("sheet-empty.xlsx", _book([]), "没有认识的列", box)
    yield taken("error-cells.xlsx", _book([*_rows(), ["#REF!", "#N/A", "#DIV/0!"]]), where=box)
    yield taken("far-cell.xlsx", _far(), where=box)


def _asterisk() -> Iterator[Case]:
    kind = "asterisk"
    log = (DATA / "logs" / "asterisk" / "1-menu.csv").read_text()
    lines = log.splitlines(keepends=True)
    yield taken("good.csv", log, where=kind)
    yield taken("twice.csv", log + log, where=kind)
    yield taken("turned.csv", "".join(reversed(lines)), where=kind)
    yield taken("first-line-cut.csv", lines[0][40:] + log, where=kind)
    yield taken("blanks-between.csv", "\n\n".join(lines), where=kind)
    yield taken("quote-open.csv", '"open,\n' + log, where=kind)
    yield taken("binary-between.csv", log.encode() + bytes(range(32)) * 50 + b"\n", where=kind)
    yield taken("time-is-no-time.csv", log.replace("2025-03-27", "2025-13-47"), "start 不是时间", kind)
    yield taken("year-9999.csv", log.replace("2025-03-27", "9999-12-31"), "start 不是时间", kind)
    yield taken("sequence.csv", log.replace("\n", ",²\n"), where=kind)
    yield taken("line-of-10-mb.csv", log + "y" * TEN_MEGABYTES + "\n", where=kind)
    yield taken("900-legs.csv", log * 300, where=kind)
    yield taken("by-excel.csv", log.replace('"', "").replace(",", ";"), where=kind)
    yield refused("prose.csv", "no calls today\n" * 20, "没有一行是 Asterisk", kind)
    yield refused("gzip.csv", b"\x1f\x8b\x08" + bytes(range(200, 256)) * 20, "编码的文字", kind)


def _freeswitch_tables() -> Iterator[Case]:
    kind = "freeswitch"
    stamps = '"2025-03-27 09:25:17","2025-03-27 09:25:26","2025-03-27 09:26:17"'
    line = f'"c","02080001234","3201","p",{stamps},"60","51","NORMAL_CLEARING","{UUID}","","","PCMA","PCMA"\n'
    yield taken("good.csv", line, where=kind)
    yield taken("no-stamps.csv", line.replace("2025-03-27", "x"), "没有开始时间", kind)
    yield taken("backwards.csv", line.replace("09:26:17", "08:00:00"), where=kind)
    yield taken("twice.csv", line * 2, where=kind)
    yield refused("no-uuid.csv", line.replace(UUID, ""), "没有一行是 FreeSWITCH", kind)
    yield refused("semicolons.csv", line.replace('","', '";"').replace(UUID, "x"), "没有一行是 FreeSWITCH", kind)


def _freeswitch_json() -> Iterator[Case]:
    kind, whole = "freeswitch", (DATA / "freeswitch.cdr.json").read_text().replace("b6c9f6c0", "a5c9f6c0")
    told = json.loads(whole)
    wrong = "不是 mod_json_cdr"

    def changed(**more: object) -> str:
        return json.dumps(told | more)

    yield taken("good.json", whole, where=kind)
    yield taken("mark.json", "\ufeff" + whole, where=kind)
    yield taken("flow-alone.json", changed(callflow=told.get("callflow", [{}])[0]), where=kind)
    yield taken("no-flow.json", changed(callflow=[]), where=kind)
    yield refused("cut.json", whole[: len(whole) // 2], wrong, kind)
    yield refused("deep.json", '{"variables":' * 50_000, wrong, kind)
    yield refused("variables-list.json", changed(variables=["a"]), wrong, kind)
    yield refused("variables-null.json", changed(variables=None), wrong, kind)
    yield refused("flow-text.json", changed(callflow="x"), wrong, kind)
    yield refused("flow-numbers.json", changed(callflow=[7]), wrong, kind)
    yield refused("flow-null.json", changed(callflow=None), wrong, kind)
    yield refused("times-list.json", changed(callflow=[{"times": [1]}]), wrong, kind)
    yield refused("applications-number.json", changed(callflow=[{"extension": {"applications": 7}}]), wrong, kind)
    variables = told["variables"]
    for name, value in (
        ("9999", "9" * 400),
        ("superscript", "²"),
        ("negative", "-1"),
        ("float", "1e308"),
        ("nan", "nan"),
    ):
        epochs = dict.fromkeys(("start_epoch", "answer_epoch", "end_epoch", "bridge_epoch"), value)
        yield taken(f"epoch-{name}.json", changed(variables=variables | epochs), where=kind)
    for name, stamp in (
        ("400-digits", "9" * 400),
        ("5000-digits", "9" * 5000),
        ("year-33658", "1" + "0" * 18),
        ("text", "x"),
    ):
        times = {"profile_created_time": stamp, "answered_time": stamp, "bridged_time": stamp, "hangup_time": stamp}
        flow = [{"times": times, "caller_profile": {"destination_number": "3201"}}]
        yield taken(f"flow-time-{name}.json", changed(callflow=flow), where=kind)
    yield taken("flows-5000.json", changed(callflow=told.get("callflow", [{}]) * 5000), where=kind)
    yield refused("nan-in-a-name.json", '{"variables": {"uuid": NaN}, "callflow": {"times": 3}}', wrong, kind)


def _freeswitch_xml() -> Iterator[Case]:
    kind, whole = "freeswitch", (DATA / "freeswitch.cdr.xml").read_text()
    wrong = "不是正确的 XML"
    yield taken("good.xml", whole, where=kind)
    yield taken(
        "gbk.xml", ('<?xml version="1.0" encoding="gbk"?>' + whole.partition("?>")[2]).encode("gbk"), where=kind
    )
    yield taken("instruction.xml", whole.replace("<variables>", "<?php x ?><variables>"), where=kind)
    yield refused("cut.xml", whole[: len(whole) // 2], wrong, kind)
    yield refused("two-roots.xml", whole + whole.partition("?>")[2], wrong, kind)
    yield refused("deep.xml", "<a>" * 10_000, wrong, kind)
    yield refused("nul.xml", whole.replace("<variables>", "<variables>\0"), wrong, kind)
    yield refused("entity.xml", '<!DOCTYPE x [<!ENTITY a "b">]><cdr>&a;</cdr>', "实体", kind)
    yield refused("laughs.xml", '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><cdr>&b;</cdr>', "实体", kind)
    yield refused("outside.xml", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><cdr/>', "实体", kind)
    yield refused("megabytes.xml", f"<cdr>{'a' * (1 << 20)}</cdr>", "超过 1024 KB", kind)
    double = '<?xml version="1.0" encoding="utf-6"?><cdr a="utf-8"/>'
    yield refused("unknown-encoding-beside-utf-8.xml", double, wrong, kind)
    yield refused("unknown-encoding.xml", '<?xml version="1.0" encoding="klingon"?><cdr>', wrong, kind)


def _tencent() -> Iterator[Case]:
    kind, whole = "tencent", (DATA / "tencent.json").read_text()
    wrong = "不是腾讯云推送"
    yield taken("good.json", whole, where=kind)
    yield taken("gbk.json", whole.encode("gbk"), where=kind)
    yield refused("cut.json", whole[: len(whole) // 2], wrong, kind)
    yield refused("number.json", "7", wrong, kind)
    yield refused("nothing.json", "{}", wrong, kind)
    yield refused("null.json", "null", wrong, kind)
    yield refused("deep.json", "[" * 100_000, wrong, kind)
    yield refused("response-null.json", '{"Response": null}', wrong, kind)
    for name, value in (
        ("seats-number", "7"), ("seats-text", '"x"'), ("seats-numbers", "[7]"), ("seats-nulls", "[null]"),
        ("time-text", '[{"AcceptTimestamp": "x"}]'), ("time-huge", '[{"AcceptTimestamp": 1e300}]'),
        ("time-nan", '[{"AcceptTimestamp": NaN}]'), ("time-digits", '[{"EndedTimestamp": 1%s}]' % ("0" * 400)),
        ("type-list", '[{"Type": ["staffSeat"]}]'), ("address", '[{"RecordURL": "http://["}]'),
    ):  # fmt: skip
        yield refused(f"{name}.json", f'{{"SessionId": "1", "ServeParticipants": {value}}}', wrong, kind)
    yield refused("direction-list.json", '{"SessionId": "1", "Direction": []}', wrong, kind)
    yield refused("user-list.json", '{"SessionId": "1", "SeatUser": [1], "ServeParticipants": [{}]}', wrong, kind)


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return buffer.getvalue()


def _entities(whole: bytes) -> bytes:
    """The same workbook, with a document type in its sheet."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with zipfile.ZipFile(BytesIO(whole)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    return _zip({n: bomb + b"<x>&b;</x>" if "sheet1" in n else content for n, content in files.items()})


def _rows() -> list[list[str]]:
    return [TITLES.split(","), ROW.split(",")]


def _book(rows: list[list[str]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _far() -> bytes:
    """A note in the last corner of a sheet."""
    book = Workbook()
    for row in _rows():
        book.active.append(row)
    book.active.cell(1000, 16_384, "备注")
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()
