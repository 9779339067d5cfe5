"""What somebody puts into forms and samples to do harm: it is told or taken as text, never a failure of the service."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from service.api.profiles import ProfileChoicesIn
from service.sources import KINDS
from speechaudit.rules import choosing, rulebook
from tests.service.intake.intake_kit import wav
from tests.service.web.test_recorders import root, send
from tests.service.web_kit import Web, text_of

__all__ = ["root"]  # a fixture of the neighbours


@cache
def bomb() -> bytes:
    """A workbook of a few kilobytes that unpacks to 64 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/worksheets/sheet1.xml", "<a>" * 2**20 * 16)
    return file.getvalue()


@cache
def contents() -> dict[str, bytes]:
    return {
        "nothing": b"",
        "zeros": bytes(4096),
        "half of a workbook": bomb()[:200],
        "bomb": bomb(),
        "old workbook": b"\xd0\xcf\x11\xe0" + bytes(2048),
        "brackets": b"[" * 100_000,
        "entities": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "numbers": b'{"variables": {"start_epoch": "' + b"9" * 5000 + b'"}}',
        "half a pair": b'{"SessionId": "\\ud800", "ServeParticipants": [{"RecordId": "\\udfff"}]}',
        "steering": "通道,来电时间,录音文件\n\x1b[2J,2025-03-27 09:25:17,\u202egnp.wav\n".encode(),
        "one long line": "通道,来电时间,录音文件\n".encode() + b"," * 500_000,
        "year 0": "通道,来电时间,录音文件\n1,0000-00-00 00:00:00,a.wav\n2,99999-01-01,b.wav\n".encode(),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_sample_makes_the_page_of_recorders_fail(web: Web, root: Path, kind: str) -> None:
    browser = web.browser("admin")
    for ending in ("csv", "json", "xml", "xlsx"):
        files = [
            ("files", (f"../../{n}\x00{n}.{ending}", each, "text/csv")) for n, each in enumerate(contents().values())
        ]
        assert send(web, browser, f"new/{kind}", "look", files=files).status_code in (200, 422)
    pasted = "\n".join(content.decode("utf-8", "replace")[:5000] for content in contents().values())
    answer = send(web, browser, f"new/{kind}", "look", sample=pasted, files=[("files", ("a.wav", wav(), "audio/wav"))])
    assert answer.status_code in (200, 422)
    assert "root:x:0" not in text_of(answer)
    assert not list(root.rglob("*.csv"))


TITLES = (
    '": [', "'", "#x", "{a: b}", "!!python/object:os.system", "null", "yes", "123", "- a", "&a", "*a", "|", ">",
    "%YAML",
    "\u202e倒过来", "---", "a: b", "\ufeff甲", "<script>", "{{ 7*7 }}", "a" * 60,
)  # fmt: skip


def test_every_title_of_a_profile_is_read_as_it_was_typed(tmp_path: Path) -> None:
    folder = shutil.copytree(rulebook.default_folder(), tmp_path / "lexicons")
    path = folder / "profiles" / "tongyong-2023.yml"
    text, before = path.read_text("utf-8"), choosing.chosen(folder, "tongyong-2023")
    for title in TITLES:
        path.write_text(choosing.with_choices(text, replace(before, title=title), before, folder), "utf-8", newline="")
        assert choosing.chosen(folder, "tongyong-2023").title == title


@pytest.mark.parametrize("broken", ["\u2028", "\x85", "\x1b", "\n", ""])
def test_a_title_that_is_no_line_is_refused(broken: str) -> None:
    with pytest.raises(ValidationError, match="title"):
        ProfileChoicesIn.model_validate({"title": broken, "required": ["hello"]})


@pytest.mark.parametrize("kind", ["staff", "windows", "extensions", "rosters"])
def test_no_table_makes_the_preview_of_an_import_fail(web: Web, kind: str) -> None:
    browser = web.browser("admin")
    for content in contents().values():
        answer = browser.post(
            f"/api/v1/imports/{kind}/preview",
            content=content,
            headers={"X-CSRF-Token": web.csrf, "Content-Type": "text/csv"},
        )
        assert answer.status_code in (200, 422), answer.text[:300]


def test_no_reaudit_voice_or_report_that_is_asked_for_makes_the_service_fail(web: Web) -> None:
    browser = web.browser("admin")
    odd = ("\u202e", "a\x1fb", "9" * 400, "-1", "../x", "%00", "{}", "1e999")
    for text in odd:
        for place in ("reports/issued", "reaudits", "voices", "rules/profiles"):
            path = f"/{place}/{quote(text, safe='')}"
            assert browser.get(path).status_code < 500, (path, text)
        for data in ({"since": text}, {"until": text, "staff": text}, {"window": text, "since": "9999-12-31"}):
            assert browser.post("/reaudits", data={"csrf": web.csrf, **data}).status_code < 500, data
        said = {"csrf": web.csrf, "number": text, "given_on": text, "text": text * 5000}
        assert browser.post("/voices", data=said).status_code < 500, text
