"""Plays and saved transcripts, as people type them and as other programs write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.corpus.case import Case, refused, taken

PLAY = "setting: phone\nstaff @0.5-3.9: 您好,请讲。\ncitizen @4.5-9.0: 我想问过户。\nstaff @9.5-14.0: 这不归我管。\n"
PROBE = {"start": 0, "end": 1, "channel": 0, "phrase": "a", "variant": "a"}
SEGMENT = {"start": 0.5, "end": 3.9, "text": "您好,请讲。", "role": "staff"}


def cases() -> Iterator[Case]:
    yield from _plays()
    yield from _headers()
    yield from _transcripts()


def _plays() -> Iterator[Case]:
    yield taken("good.play", PLAY)
    yield taken("mark.play", "\ufeff" + PLAY)
    yield taken("windows.play", PLAY.replace("\n", "\r\n"))
    yield taken("wide-colons.play", PLAY.replace(": ", "："))
    yield taken("comments.play", "# 一天\n\n" + PLAY + "# 完\n")
    yield taken("untimed.play", "staff: 您好\ncitizen: 你好\n")
    yield taken("turned.play", "\n".join(reversed(PLAY.splitlines()[1:])) + "\n")
    yield taken("no-length.play", PLAY.replace("0.5-3.9", "3.9-3.9"))
    yield taken("one-word-2000-times.play", "staff @0-9: " + "我" * 2_000 + "\n")
    yield taken("turns-400.play", "staff: 您好\ncitizen: 你好\n" * 200)
    yield taken("emoji.play", "staff: 您好😀👩‍👩‍👧\u200d\u202e\n")
    yield taken("nul.play", PLAY.replace("请讲", "请\0讲"))
    for name, content, told in (
        ("empty", "", "没有一句话"),
        ("comments-only", "# 无\n", "没有一句话"),
        ("header-only", "setting: phone\n", "没有一句话"),
        ("gbk", PLAY.encode("gbk"), "UTF-8"),
        ("utf-16", PLAY.encode("utf-16"), "UTF-8"),
        ("zeros", bytes(1000), "看不懂这一行"),
        ("surrogate", PLAY.replace("请讲", "\ud800"), "UTF-8"),
        ("prose", "今天来了三个人\n", "看不懂这一行"),
        ("role-unknown", "boss: 您好\n", "没有一句话"),
        ("header-behind", PLAY + "window: A01\n", "看不懂这一行"),
        ("text-missing", PLAY + "staff @15-16:\n", "这一句写得不完整"),
        ("end-missing", PLAY + "staff @15: 好\n", "这一句写得不完整"),
        ("backwards", PLAY + "staff @16-15: 好\n", "结束早于开始"),
        ("dots", PLAY + "staff @1.2.3-4: 好\n", "不是数字"),
        ("minus", PLAY + "staff @-1-4: 好\n", "写得不完整"),
        ("400-digits", PLAY + f"staff @0-{'9' * 400}: 好\n", "超过一周"),
        ("weeks", PLAY + "staff @0-99999999: 好\n", "超过一周"),
        ("clock", PLAY + "staff @00:10-00:12: 好\n", "写得不完整"),
        ("json", '{"segments": []}', "看不懂这一行"),
        ("page", "<html></html>\n", "看不懂这一行"),
    ):
        yield refused(f"{name}.play", content, told)


def _headers() -> Iterator[Case]:
    for name, line, told in (
        ("twice", "setting: counter", "“setting”写了两次"),
        ("stranger", "sitting: phone", "sitting"),
        ("setting", "direction: inbound", "direction"),
        ("ring", "ring_seconds: nan", "ring_seconds"),
        ("ring-huge", f"ring_seconds: {'9' * 400}", "ring_seconds"),
        ("channel", "staff_channel: 1.5", "staff_channel"),
        ("time", "started_at: 2026-02-30T09:00:00", "started_at"),
        ("time-zone", "started_at: 2026-03-02T09:00:00+25:00", "started_at"),
        ("calls", "calls: 3", "calls"),
        ("extras", "extras: a", "extras"),
        ("empty", "window:", "window"),
        ("long", f"window: {'长' * 201}", "window"),
    ):
        yield refused(f"header-{name}.play", PLAY.replace("setting: phone", f"setting: phone\n{line}"), told)


def transcript(**more: Any) -> str:
    return json.dumps({"segments": [SEGMENT]} | more)


def segment(**more: Any) -> str:
    return transcript(segments=[SEGMENT | more])


def _transcripts() -> Iterator[Case]:
    yield taken("good.json", transcript(setting="phone"))
    yield taken("unsorted.json", transcript(segments=[SEGMENT | {"start": 5, "end": 6}, SEGMENT]))
    yield taken("nothing-said.json", transcript(segments=[]))
    yield taken("duration-short.json", transcript(duration=1))
    yield taken("segments-twice.json", transcript(segments=[SEGMENT] * 500))
    for name, content, told in (
        ("empty", "", "JSON"),
        ("cut", transcript()[:30], "JSON"),
        ("deep", '{"segments":' + "[" * 50_000, "JSON"),
        ("list", "[]", "全文"),
        ("key-twice", '{"segments": [], "segments": []}', "“segments”写了两次"),
        ("inner-key-twice", '{"segments": [{"start": 0, "start": 1, "end": 2, "text": "a"}]}', "“start”写了两次"),
        ("no-segments", '{"setting": "phone"}', "segments"),
        ("segments-object", '{"segments": {}}', "segments"),
        ("segment-text", '{"segments": ["您好"]}', "segments.0"),
        ("start-missing", '{"segments": [{"end": 1, "text": "a"}]}', "start"),
        ("text-number", segment(text=7), "text"),
        ("text-null", segment(text=None), "text"),
        ("backwards", segment(start=9), "时间不合理"),
        ("before-0", segment(start=-1), "时间不合理"),
        ("weeks", segment(end=604_801), "时间不合理"),
        ("nan", segment(end=float("nan")), "应为数字"),
        ("infinite", segment(end=float("inf")), "应为数字"),
        ("word-backwards", segment(words=[{"start": 3, "end": 1, "text": "a", "confidence": 1}]), "时间不合理"),
        ("word-nan", segment(words=[{"start": 0, "end": 1, "text": "a", "confidence": float("nan")}]), "应为数字"),
        ("role", segment(role="boss"), "role"),
        ("channel-text", segment(channel="left"), "channel"),
        ("channel-9", segment(channel=9), "channel"),
        ("channel-minus", segment(channel=-1), "channel"),
        ("confidence-7", segment(confidence=7), "confidence"),
        ("duration-minus", transcript(duration=-1), "duration"),
        ("duration-infinite", transcript(duration=float("inf")), "duration"),
        ("duration-ages", transcript(duration=1e300), "duration"),
        ("gap-backwards", transcript(gaps=[{"start": 5, "end": 1}]), "gaps"),
        (
            "probe-nan",
            transcript(
                probes=[{"start": 0, "end": 1, "channel": 0, "phrase": "a", "variant": "a", "score": float("nan")}]
            ),
            "score",
        ),
        ("stranger", transcript(speaker="甲"), "speaker"),
        ("surrogate", r'{"segments": [{"start": 0, "end": 1, "text": "\ud800"}]}', "JSON"),
        ("gbk", '{"segments": [{"start": 0, "end": 1, "text": "您好"}]}'.encode("gbk"), "UTF-8"),
    ):
        yield refused(f"{name}.json", content, told)
