"""A recorder as a form describes it, and the sample that comes with it, looked at before anything is set."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from service.api.recorders import RecorderIn, RecorderOut
from service.errors import RequestError
from service.ingest.file_names import safe_name
from service.intake import samples
from service.intake.checking import CheckedSample, check
from service.sources import FIELDS, Kind, draft
from service.web import words
from service.web.forms import Form, read_told
from service.web.visit import Visit

MOST_SHOWN: Final = 200
_MOST_FILES: Final = 50
_PLAIN: Final = ("setting", "folder", "log", "names", "window", "prefix", "timezone", "caller_channel")
_NUMBERS: Final = ("settle_seconds", "wait_minutes", "clock_hours")
TYPED: Final = (*_PLAIN, *_NUMBERS)
# What the facts that a recorder may tell are called in this form.
FACTS: Final[Mapping[str, str]] = {
    **words.FACTS,
    "ended_by": "谁挂断",
    "result": "接听状态",
    "file": "录音文件名",
    "date": "日期",
    "time": "时间",
    "ring_at": "开始响铃的时间",
    "answered_at": "接通时间",
    "ended_at": "结束时间",
    "queue_seconds": "排队秒数",
    "transferred_to": "转接到",
}
CHOICES: Final = tuple((name, FACTS[name]) for name in FIELDS)
_NO_SAMPLE: Final = RequestError("样本", "没有给出样本", "请选文件,或粘贴几行")
_TOO_MANY: Final = RequestError("样本", f"超过 {_MOST_FILES} 个文件", "请只选几个")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A title of the recorder: what it is set to mean, and what it is taken for otherwise; both may be empty."""

    title: str
    chosen: str
    usual: str


def described(kind: Kind, form: Form) -> RecorderIn:
    """Return what the form says. Raises RequestError."""
    told: dict[str, Any] = {name: form[name] for name in (*_PLAIN, *_NUMBERS) if form[name]}
    if channel := told.get("caller_channel"):
        told["caller_channel"] = int(channel) if channel in {"0", "1"} else channel
    return read_told(RecorderIn, told | {"kind": kind, "fields": _fields(form)})


def _fields(form: Form) -> dict[str, str]:
    pairs = zip(form.all("title"), form.all("meant"), strict=False)
    return {title: meant for title, meant in pairs if title and meant}


def typed(form: Form) -> dict[str, str]:
    """Return what was typed, to be shown again."""
    return {name: form[name] for name in ("name", "sample", *TYPED)}


def as_typed(known: RecorderOut) -> dict[str, str]:
    """Return a recorder as the form takes it."""
    told = {name: str(known.source.get(name, "")) for name in TYPED}
    return told | {"name": known.name, "sample": ""}


def columns(fields: Mapping[str, str], found: CheckedSample | None) -> tuple[Columns, ...]:
    """Return the titles of the sample, then what else is set, then two rows to be filled in."""
    seen = found.columns if found else ()
    named = {title for title, _ in seen}
    mine = (Columns(title=title, chosen=fields.get(title, ""), usual=name) for title, name in seen)
    others = (Columns(title=title, chosen=meant, usual="") for title, meant in fields.items() if title not in named)
    spare = (Columns(title="", chosen="", usual=""),) * 2
    return (*mine, *others, *spare)


def looked(visit: Visit, given: RecorderIn, form: Form) -> CheckedSample:
    """Return what the sample of the form tells. When its files were written is not known here. Raises RequestError."""
    told = given.model_dump(exclude={"active", "folder", "clock_hours"}, exclude_defaults=True)
    source = draft(told | {"name": "sample", "kind": given.kind, "setting": given.setting, "clock_hours": 1e6})
    with TemporaryDirectory(prefix="speechaudit-sample-") as place, visit.services.database.read() as session:
        paths = tuple(_written(Path(place), given.kind, form))
        if not paths:
            raise _NO_SAMPLE
        return check(samples.of(paths), source, visit.services.settings.zone, session, most=MOST_SHOWN)


def _written(place: Path, kind: Kind, form: Form) -> Iterator[Path]:
    """Write the files of the form and what was pasted into a folder of their own, and yield them."""
    files = form.files("files")
    if len(files) > _MOST_FILES:
        raise _TOO_MANY
    for each in files:
        path = place / safe_name(each.filename or "")
        with path.open("wb") as file:
            shutil.copyfileobj(each.file, file)
        yield path
    if text := form.raw("sample").strip():
        path = place / f"粘贴的内容{_suffix(kind, text)}"
        path.write_text(text, encoding="utf-8", errors="replace")
        yield path


def _suffix(kind: Kind, text: str) -> str:
    if kind == "name":
        return ".txt"
    return {"<": ".xml", "{": ".json", "[": ".json"}.get(text[0], ".csv")
