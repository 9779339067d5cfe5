import json
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from speechaudit.errors import InputError
from speechaudit.model import Audit
from speechaudit.reports import ReportSettings, build, write
from speechaudit.reports.manner import MEASURES
from tests.sentences import legacy

from .made import TITLES, audit, encounter, evidence, finding


def cells(book: Workbook, sheet: str) -> list[list[object]]:
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


@pytest.fixture(scope="module")
def paths(many: list[Audit], settings: ReportSettings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """What is written of many audits, into a folder that is made for it."""
    return tuple(write(build(many, settings), tmp_path_factory.mktemp("reports") / "new" / "folder"))


@pytest.fixture(scope="module")
def written(paths: tuple[Path, ...]) -> Path:
    """The folder."""
    return paths[0].parent


def test_four_files_each(paths: tuple[Path, ...], written: Path) -> None:
    assert [path.name for path in paths[:8]] == [
        "index.html",
        "index.xlsx",
        "index.docx",
        "index.json",
        "工号1017.html",
        "工号1017.xlsx",
        "工号1017.docx",
        "工号1017.json",
    ]
    assert written.parts[-2:] == ("new", "folder")
    assert sorted(paths) == sorted(written.iterdir())


def test_json_is_the_report(written: Path) -> None:
    report = json.loads((written / "工号1017.json").read_text("utf-8"))
    assert report["staff"] == "工号1017"
    assert report["settings"] == {"pass_mark": 80.0, "minimum_encounters": 10, "worst": 5}
    assert report["figures"]["score"]["n"] == 25
    assert report["moments"][0]["clauses"][0]["title"] == "政务服务窗口文明用语规范"
    assert report["trend"][0] == {"day": "2026-03-02", "n": 3, "mean": pytest.approx(290 / 3)}
    assert report["encounters"][0]["begun_at"] == "2026-03-02T09:00:00"
    index = json.loads((written / "index.json").read_text("utf-8"))
    assert [(one["name"], one["page"], one["ranked"]) for one in index["staff"]] == [
        ("工号1017", "工号1017.html", True),
        ("工号2001", "工号2001.html", False),
        ("未登记人员", "未登记人员.html", False),
    ]


def test_workbook_read_back(written: Path) -> None:
    book = load_workbook(written / "工号1017.xlsx")
    assert book.sheetnames == ["概要", "规则", "扣分明细", "待人工复核", "服务清单", "录音清单"]
    assert all(sheet.freeze_panes == "A2" for sheet in book)
    facts = {row[0]: row[1] for row in cells(book, "概要")}
    assert (facts["均分"], facts["均分的 95% 区间"], facts["已评次数"]) == ("94.8", "91.1–98.4", "25")
    rules = {row[0]: row for row in cells(book, "规则")}
    assert rules["three-voices.greeting"][4:9] == [16, 9, 0, 0, 0.64]
    assert rules["measure.pace"][2] == "试行，不计分"
    moments = cells(book, "扣分明细")
    assert len(moments) == 11
    assert moments[1][1:4] == [25, "是", "forbidden.brush-off"]
    assert moments[1][8:10] == ["00:20", "00:22"]
    assert book["规则"]["I2"].number_format == "0.0%"
    assert len(cells(book, "服务清单")) == len(cells(book, "录音清单")) == 26
    recordings = cells(book, "录音清单")
    assert {row[recordings[0].index("用时")] for row in recordings[1:]} == {"用时 4.3 秒:解码 0.2、识别文字 4.0"}
    services = {row[0]: row for row in cells(book, "服务清单")}
    heads = services["录音"]
    dimensions = [heads.index(title) for title in TITLES.values()]
    assert [services["窗口3/20260304-07.wav"][at] for at in dimensions] == [30, 30, 15]
    assert heads[-len(MEASURES) :] == [f"{title}({unit})" for _, title, unit, _ in MEASURES]


def test_overview_workbook(written: Path) -> None:
    rows = cells(load_workbook(written / "index.xlsx"), "人员")
    assert [row[:4] for row in rows[1:]] == [
        ["工号1017", "足够", 25, 25],
        ["工号2001", "样本不足", 3, 2],
        ["未登记人员", "样本不足", 1, 1],
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "{=1}", "http://x", "12"]
)
def test_no_text_becomes_a_formula_a_link_or_a_number(text: str, settings: ReportSettings, tmp_path: Path) -> None:
    failed = finding("courtesy.thanks", "fail", replace(evidence(text, 1.0, 5.0), reasons=legacy(text)))
    paths = write(build([audit(text, text, encounter(failed))], settings), tmp_path)
    book = load_workbook(paths[5])
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert len(found) >= 5  # staff, quote, why, file in three sheets
    assert {cell.data_type for cell in found} == {"s"}
    assert all(cell.hyperlink is None for cell in found)


def test_texts_that_no_file_format_likes(settings: ReportSettings, tmp_path: Path) -> None:
    proof = replace(evidence("哑\x00\x07\udcff", 1.0, 5.0), reasons=legacy("长" * 40_000))
    hostile = audit("录音\udcb2.wav", "甲\udcff", encounter(finding("courtesy.thanks", "fail", proof)))
    paths = write(build([hostile], settings), tmp_path)
    assert "录音\\udcb2.wav" in paths[4].read_text("utf-8")
    assert json.loads(paths[7].read_text("utf-8"))["recordings"][0]["file"] == "录音\udcb2.wav"
    row = cells(load_workbook(paths[5]), "扣分明细")[1]
    assert row[6] == "录音\\udcb2.wav"
    assert len(str(row[13])) == 32_767


def test_names_cannot_leave_the_folder(settings: ReportSettings, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(build([audit("a.wav", "../../x", encounter()), audit("b.wav", "/etc/y", encounter())], settings), folder)
    assert list(tmp_path.iterdir()) == [folder]
    assert len(list(folder.iterdir())) == 12


def test_links_of_the_overview_lead_to_the_files(settings: ReportSettings, tmp_path: Path) -> None:
    paths = write(build([audit("a.wav", "a/b", encounter()), audit("b.wav", "a:b", encounter())], settings), tmp_path)
    page = paths[0].read_text("utf-8")
    assert all(f'href="{path.name}"' in page for path in paths[4:] if path.suffix == ".html")


def test_same_audits_same_pages(
    paths: tuple[Path, ...], many: list[Audit], settings: ReportSettings, tmp_path: Path
) -> None:
    first, second = paths, write(build(many, settings), tmp_path)
    texts = [[path.read_bytes() for path in paths if path.suffix in (".html", ".json")] for paths in (first, second)]
    assert texts[0] == texts[1]


def test_no_report_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有可以汇总的审核结果"):
        write((), tmp_path)


def test_unwritable_folder_is_said(many: list[Audit], settings: ReportSettings, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="请换一个可写的文件夹"):
        write(build(many, settings), blocked)
