"""Who would say it: staff or citizens. The sentences stand in no file of training."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from speechaudit.classifiers import label_sides, label_texts, with_sides
from speechaudit.classifiers.sides import FILE, SideModel
from speechaudit.errors import ModelError
from speechaudit.model import Label, Segment, Transcript

STAFF = [
    "您好,请问您要办什么业务?",
    "我给您打印一份材料清单。",
    "这事不归我们管,你去三楼问问。",
    "这个表第三栏没填,你补一下。",
    "资料都齐了,五个工作日之后来取就行。",
    "跟你说了今天办不了,明天再来。",
]
CITIZENS = [
    "你好,我想办一下社保转移。",
    "我的身份证丢了怎么办啊?",
    "我要投诉你们,叫你们领导出来。",
    "我上礼拜来过一趟,你们同事说材料够了呀。",
    "那我家老人腿脚不好,能不能我替他办?",
    "哦,谢谢啊,那我下午再跑一趟。",
]


def sides(*texts: str) -> list[Label]:
    segments = tuple(Segment(start=float(i), end=i + 1.0, text=text) for i, text in enumerate(texts))
    told = label_sides(Transcript(segments=segments, duration=float(len(texts))))
    return [label for segment in told.segments for label in segment.labels]


@pytest.mark.parametrize("text", STAFF)
def test_staff(text: str) -> None:
    assert [label.name for label in sides(text)] == ["staff-like"]


@pytest.mark.parametrize("text", CITIZENS)
def test_citizens(text: str) -> None:
    assert [label.name for label in sides(text)] == ["citizen-like"]


@pytest.mark.parametrize(("said", "heard"), [("请出示身份证", "请出是身份正"), ("我想办社保", "我想半社宝")])
def test_homophones_hardly_matter(said: str, heard: str) -> None:
    (one,), (two,) = sides(said), sides(heard)
    assert one.name == two.name
    assert two.confidence > 0.6


@pytest.mark.parametrize("text", ["", "  ", "……。?!", "🙂"])
def test_text_without_words_is_on_no_side(text: str) -> None:
    assert sides(text) == []


def test_no_segments() -> None:
    assert sides() == []


def test_company_and_order_change_nothing() -> None:
    texts = STAFF + CITIZENS
    together = sides(*texts)
    assert [sides(text)[0] for text in texts] == together
    assert sides(*reversed(texts)) == together[::-1]


def test_confidence_holds_the_odds_and_other_labels_stay() -> None:
    old = Label(name="manual", confidence=1.0)
    segments = (
        Segment(start=0.0, end=1.0, text="好", labels=(old,)),
        Segment(start=1.0, end=2.0, text="行"),
        Segment(start=2.0, end=3.0, text="嗯"),
    )
    told = with_sides(Transcript(segments=segments, duration=3.0), [2.0, -2.0, 0.0])
    assert told.segments[0].labels == (old, Label(name="staff-like", confidence=0.8808))
    assert told.segments[1].labels == (Label(name="citizen-like", confidence=0.8808),)
    assert told.segments[2] == segments[2]


def test_the_other_model_tells_no_sides() -> None:
    found = {label.name for labels in label_texts(STAFF + CITIZENS) for label in labels}
    assert found.isdisjoint({"staff-like", "citizen-like"})


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    for name in (FILE.name, f"{FILE.name}.sha256"):
        shutil.copy(FILE.with_name(name), tmp_path / name)
    assert SideModel(tmp_path / FILE.name).odds(["您好"]).shape == (1,)
    with (tmp_path / FILE.name).open("r+b") as file:
        file.seek(5000)
        file.write(b"\0\0\0\0")
    with pytest.raises(ModelError, match="损坏"):
        SideModel(tmp_path / FILE.name)
