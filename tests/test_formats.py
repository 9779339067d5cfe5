"""Files that people write by hand: what is accepted, and how a mistake is named."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from speechaudit import formats
from speechaudit.errors import InputError, SidecarError, TranscriptError
from speechaudit.model import Aside, Audit, Call, Encounter, Leg, MadeBy, Recording, Segment, Span, Transcript, Word
from speechaudit.reasons import because

DOCUMENT = Path(__file__).parents[1] / "docs" / "formats.md"


def sidecar(tmp_path: Path, text: str) -> formats.Metadata:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    return formats.read_sidecar(path)


def test_no_sidecar_means_nothing_is_known(tmp_path: Path) -> None:
    assert formats.read_sidecar(tmp_path / "none.json") == formats.Metadata()


def test_a_sidecar_with_everything(tmp_path: Path) -> None:
    given = {
        "setting": "phone",
        "staff": " 1017 ",
        "window": "社保窗口",
        "started_at": "2026-03-02T01:15:00Z",
        "ring_seconds": 6,
        "staff_channel": 1,
        "direction": "in",
        "ended_by": "citizen",
        "calls": [{"at": "2026-03-02T01:15:30Z", "number": "A002"}, {"at": 4.5, "number": "A001"}],
        "legs": [
            {"kind": "person", "who": "8001", "start": 9, "end": 60.5, "ring_seconds": 6},
            {"kind": "machine", "start": 0, "end": 9},
        ],
        "extras": {"分机": "8001"},
    }
    known = sidecar(tmp_path, json.dumps(given))
    assert set(given) == {each.name for each in fields(formats.Metadata)}
    assert known.staff == "1017"
    assert known.started_at == datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
    recording = formats.recording_of("a.wav", known, None, 0)
    assert (recording.staff_channel, recording.setting, recording.extras) == (0, "phone", {"分机": "8001"})
    assert recording.calls == (Call(at=4.5, number="A001"), Call(at=30.0, number="A002"))
    assert recording.ended_by == "citizen"
    menu, answered = recording.legs
    assert menu == Leg(kind="machine", start=0.0, end=9.0)
    assert answered == Leg(kind="person", who="8001", start=9.0, end=60.5, ring_seconds=6.0)


@pytest.mark.parametrize("started_at", ["", '"started_at": "2026-03-02T09:00:00",'])
def test_clock_times_of_calls_need_the_start_of_the_recording(tmp_path, started_at):
    with pytest.raises(SidecarError, match=r"calls.*started_at"):
        sidecar(tmp_path, f'{{{started_at} "calls": [{{"at": "2026-03-02T09:15:00+08:00"}}]}}')


def test_a_call_before_the_recording_counts_as_its_start(tmp_path):
    known = sidecar(
        tmp_path, '{"started_at": "2026-03-02T09:00:00Z", "calls": [{"at": "2026-03-02T08:59:00Z", "number": "A1"}]}'
    )
    assert formats.recording_of("a.wav", known, None, None).calls == (Call(at=0.0, number="A1"),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"stuff": "1017"}', "“stuff”没有这一项"),
        ('{"ring_seconds": "6"}', "“ring_seconds”应为数字,实为 '6'"),
        ('{"ring_seconds": -1}', "“ring_seconds”"),
        ('{"staff": 1017}', "“staff”应为文字"),
        ('{"setting": "desk"}', "“setting”取值不在允许的范围内"),
        ('{"staff_channel": 2}', "“staff_channel”"),
        ('{"started_at": "gestern"}', "“started_at”应为 ISO 8601 时间"),
        ('{"extras": "x"}', "“extras”应为对象"),
        ('{"calls": [{"number": "A1"}]}', "“calls.0.at”缺少这一项"),
        ('{"calls": [{"at": 1, "nr": "A1"}]}', "“calls.0.nr”没有这一项"),
        ('{"calls": [{"at": -1}]}', "“calls.0.at"),
        ('{"ended_by": "nobody"}', "“ended_by”取值不在允许的范围内"),
        ('{"legs": [{"kind": "person", "start": 1}]}', "“legs.0.end”缺少这一项"),
        ('{"legs": [{"kind": "person", "start": 2, "end": 1}]}', "“legs”里有一段的结束早于开始"),
        ("[]", "“全文”"),
        ("{", "不是正确的 JSON"),
        ("\x00\x01", "不是正确的 JSON"),
    ],
)
def test_a_wrong_sidecar_is_named_with_its_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SidecarError, match=r"a\.json") as caught:
        sidecar(tmp_path, text)
    assert problem in str(caught.value)


def test_a_sidecar_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match="超过 1 MB"):
        formats.read_sidecar(path)


def an_audit() -> Audit:
    word = Word(start=0.5, end=1.0, text="您好", confidence=0.9)
    segment = Segment(start=0.5, end=1.0, text="您好", words=(word,), role="staff")
    transcript = Transcript(segments=(segment,), duration=10.0)
    return Audit(
        recording=Recording(file="a.wav", staff="1017", setting="phone", started_at=datetime(2026, 3, 2, tzinfo=UTC)),
        duration=10.0,
        encounters=(Encounter(start=0.0, end=10.0, transcript=transcript, measures={"ring_seconds": 6.0}),),
        made_by=MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="cpu", compute_type="int8"),
        rulebook_version="abc",
        profile="default",
    )


def test_an_audit_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.audit.json"
    formats.save(an_audit(), path)
    assert formats.read_audit(path) == an_audit()
    assert [p.name for p in path.parent.iterdir()] == ["a.audit.json"]


def test_an_audit_of_the_time_before_a_fact_was_known_is_read(tmp_path: Path) -> None:
    written = json.loads(formats.dump(an_audit()))
    for fact in ("ended_by", "legs", "calls", "direction"):
        del written["recording"][fact]
    path = tmp_path / "old.audit.json"
    path.write_text(json.dumps(written), encoding="utf-8")
    assert formats.read_audit(path) == an_audit()


def test_a_judged_recording_keeps_its_facts_when_it_is_judged_again(tmp_path: Path) -> None:
    leg = Leg(kind="person", who="3201", start=9.0, end=60.0, ring_seconds=4.0)
    known = Recording(file="a.wav", setting="phone", ended_by="line", calls=(Call(at=3.0, number="A1"),), legs=(leg,))
    path = tmp_path / "a.audit.json"
    formats.save(replace(an_audit(), recording=known), path)
    saved = formats.read_transcript(path)
    assert formats.recording_of(saved.file or "", saved, None, None) == known


def test_an_audit_is_one_line_of_json() -> None:
    line = formats.dump(an_audit())
    assert "\n" not in line
    assert json.loads(line)["encounters"][0]["transcript"]["segments"][0]["text"] == "您好"


def test_a_saved_audit_is_a_transcript_with_its_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.audit.json"
    formats.save(an_audit(), path)
    saved = formats.read_transcript(path)
    assert (saved.staff, saved.setting, saved.made_by) == ("1017", "phone", an_audit().made_by)
    assert formats.transcript_of(saved) == an_audit().encounters[0].transcript


def test_an_end_that_is_missing_is_known_when_it_lies_in_talk_beside_the_services(tmp_path: Path) -> None:
    heard = replace(an_audit().encounters[0].transcript, cut_off=True)
    talk = Aside(start=0.0, end=1.0, transcript=heard, reasons=(because("private-talk"),))
    path = tmp_path / "a.audit.json"
    formats.save(replace(an_audit(), encounters=(), asides=(talk,)), path)
    assert formats.transcript_of(formats.read_transcript(path)).cut_off


def test_a_transcript_needs_times_and_text_only(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('{"segments": [{"start": 2, "end": 3, "text": "b"}, {"start": 0, "end": 1, "text": "a"}]}')
    transcript = formats.transcript_of(formats.read_transcript(path))
    assert [s.text for s in transcript.segments] == ["a", "b"]
    assert (transcript.duration, transcript.segments[0].role) == (3.0, "unknown")


@pytest.mark.parametrize("text", ["{}", '{"segments": [{"start": 0}]}', '{"segments": 1}', '{"encounters": []}', ""])
def test_what_is_no_transcript_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(TranscriptError, match=r"t\.json"):
        formats.read_transcript(path)


def test_every_key_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [each.name for each in fields(formats.Metadata) if f"| `{each.name}` |" not in text] == []
    defined = formats.schema()["$defs"] | {"Audit": formats.schema()}
    keys = {key for name, shape in defined.items() if name != "Word" for key in shape.get("properties", {})}
    assert sorted(key for key in keys if f"`{key}" not in text and f".{key}" not in text) == [], (
        "write them down in docs/formats.md"
    )


@pytest.mark.parametrize("times", ['"start": 5, "end": 1', '"start": -1, "end": 1', '"start": 0, "end": 1e300'])
def test_times_that_cannot_be_are_refused(tmp_path: Path, times: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'{{"segments": [{{{times}, "text": "您好"}}]}}', encoding="utf-8")
    with pytest.raises(TranscriptError, match="第1句的时间不合理"):
        formats.read_transcript(path)


def test_a_sidecar_from_notepad(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"staff": "1017"}', encoding="utf-8-sig")
    assert formats.read_sidecar(path).staff == "1017"
    path.write_text('{"window": "社保窗口"}', encoding="gb18030")
    with pytest.raises(InputError, match="不是 UTF-8 文本"):
        formats.read_sidecar(path)


def test_an_audit_read_again_names_the_same_recording(tmp_path: Path) -> None:
    first = formats.read_transcript(_saved_audit(tmp_path))
    assert first.file == "a.wav"


def _saved_audit(tmp_path: Path) -> Path:
    by = MadeBy(program="p", transcriber="t", model="m", model_sha256="", device="", compute_type="")
    audit = Audit(
        recording=Recording(file="a.wav"), duration=1.0, encounters=(), made_by=by, rulebook_version="", profile=""
    )
    formats.save(audit, tmp_path / "a.wav.audit.json")
    return tmp_path / "a.wav.audit.json"


def test_gaps_travel_with_the_transcript(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    said = '{"start": 0, "end": 2, "text": "您好", "role": "staff"}'
    path.write_text(f'{{"setting": "phone", "segments": [{said}], "gaps": [{{"start": 1.5, "end": 2.5}}]}}', "utf-8")
    assert formats.transcript_of(formats.read_transcript(path)).gaps == (Span(start=1.5, end=2.5),)


@pytest.mark.parametrize(
    ("sound", "beside"), [("REC1.WAV", "REC1.JSON"), ("录音１.wav", "录音1.json"), ("e\u0301.wav", "é.json")]
)
def test_the_file_beside_is_found_however_its_name_is_written(tmp_path: Path, sound: str, beside: str) -> None:
    (tmp_path / beside).write_text('{"setting": "phone"}', encoding="utf-8")
    assert formats.read_sidecar(formats.sidecar_of(tmp_path / sound)).setting == "phone"
    assert formats.read_sidecar(formats.sidecar_of(tmp_path / "other.wav")).setting is None
