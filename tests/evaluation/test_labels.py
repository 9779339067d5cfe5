"""Labelled folders as people write them: whole ones are read, broken ones are told with line, key and cure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from speechaudit.errors import InputError
from speechaudit.evaluation import clips, labels, run
from speechaudit.rules import rulebook

from .made import BAD, EXPECTED, GOOD, folder

ROOT = Path(__file__).parents[2]
COUNTER = "setting: counter\nstaff @0.5-3.9: 您好,请问您办理什么业务?\ncitizen @4.5-9.0: 我来办营业执照。\n"


def read(path: Path) -> labels.LabelledFolder:
    return labels.read(path, rulebook.load())


def test_a_folder_is_read(tmp_path: Path) -> None:
    labelled = read(folder(tmp_path, good=GOOD, bad=BAD, other=GOOD))
    good, bad = labelled.items
    assert (good.stem, good.recording) == ("good", None)
    assert good.play == tmp_path / "good.play"
    assert good.expected[0].no_forbidden
    assert good.expected[0].verdicts == {"phone.opening": "pass", "words.hello": "pass", "words.goodbye": "pass"}
    assert not bad.expected[0].no_forbidden
    assert labelled.unlisted == ("other",)


def test_plays_may_lie_below_their_recordings() -> None:
    items = read(ROOT / "samples").items
    assert all(item.play and item.recording for item in items)
    assert [len(item.expected) for item in items if item.stem == "counter-three-services"] == [3]


def test_names_and_verdicts_that_yaml_would_turn_into_other_things(tmp_path: Path) -> None:
    expected = "0123:\n  - words.sorry: n/a\nno:\n  - words.hello: unclear\n"
    path = folder(tmp_path, expected, **{"0123": GOOD, "no": GOOD})
    assert [item.stem for item in read(path).items] == ["0123", "no"]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("good:", "goood:", 2, "“goood”没有同名的剧本"),
        ("words.hello: pass", "words.helo: pass", 4, "“good”写了“words.helo”,没有这条规则"),
        ("words.hello: pass", "sounds.greet: pass", 4, "“sounds.greet”,这条规则不适用于 phone"),
        ("words.hello: pass", "words.hello: passed", 4, "“good”的 words.hello 写了不认识的判定"),
        ("words.hello: pass", "words.hello: [pass]", 4, "“good”的 words.hello 写了不认识的判定"),
        ("forbidden: none", "forbidden: pass", 6, "“good”的 forbidden 写了“pass”"),
        ("forbidden: none", "forbidden: none\n  - words.hello: pass", 3, "“good”是电话,只有一次服务,却写了 2 次"),
        ("  - phone.opening: fail", "    phone.opening: fail", 8, "“bad”下面应是列表"),
        ("good:\n", "good:\n  - pass\nmore:\n", 3, "“good”应写成“键: 值”"),
        ("bad:", "good:", 7, "“good”写了两次"),
        ("words.hello: pass", "phone.opening: pass", 4, "“phone.opening”写了两次"),
        ("words.hello: pass", "words.hello: 'pass", 4, "不是正确的 YAML"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, old: str, new: str, line: int, told: str) -> None:
    broken = EXPECTED.replace(old, new, 1)
    assert broken != EXPECTED
    with pytest.raises(InputError) as raised:
        read(folder(tmp_path, broken))
    assert raised.value.where.startswith(f"{tmp_path / 'expected.yml'} 第{line}行第")
    assert told in raised.value.problem
    assert raised.value.cure


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="里面什么也没有"):
        read(folder(tmp_path, "# nothing yet\n"))


def test_the_folder_above_names_those_below(tmp_path: Path) -> None:
    folder(tmp_path / "test")
    with pytest.raises(InputError, match="请指定其中一个文件夹") as raised:
        read(tmp_path)
    assert str(tmp_path / "test") in str(raised.value)


def test_two_recordings_of_one_name_are_told(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "good.wav").touch()
    (tmp_path / "good.mp3").touch()
    with pytest.raises(InputError, match="2 个同名文件"):
        read(tmp_path)


def test_play_and_metadata_must_agree_on_the_setting(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "good.wav").touch()
    (tmp_path / "good.json").write_text('{"setting": "counter"}', encoding="utf-8")
    with pytest.raises(InputError, match="setting"):
        read(tmp_path)


def test_a_wrong_number_of_services_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    """The labels or the division may be wrong: only a person can tell which."""
    path = folder(tmp_path, "one:\n  - words.hello: pass\n  - words.hello: pass\n", one=COUNTER)
    labelled, book = read(path), rulebook.load()
    text, spans = run.judge_plays(labelled, book)
    assert [row.found for one in text.compared for row in one.rows] == ["unjudged", "unjudged"]
    assert spans == {"one": ()}
    (remark,) = run.evaluation(labelled, book, text).remarks
    assert remark.startswith(f"{path / 'expected.yml'}:“one”写了 2 次服务,程序在剧本里分出 1 次。")


def test_the_fingerprint_follows_what_decides(tmp_path: Path) -> None:
    path = folder(tmp_path / "first")
    first, _ = labels.fingerprint(labels.files_of(read(path)))
    copy = shutil.copytree(path, tmp_path / "copy")
    assert labels.fingerprint(labels.files_of(read(copy)))[0] == first
    (copy / "good.play").write_text(GOOD.replace("谢谢", "谢了"), encoding="utf-8")
    assert labels.fingerprint(labels.files_of(read(copy)))[0] != first


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("[]", "里面没有一段录音"),
        ('[{"path": "a.wav"}]', "“0.text”缺少这一项"),
        ('{"path": "a.wav"}', "“全文”应为列表"),
        ('[{"path": "a.wav", "text": "您好"}, {"path": "b.wav", "text": "再见"}]', "第2项的文件“b.wav”不存在"),
    ],
)
def test_a_broken_manifest_is_told(tmp_path: Path, manifest: str, told: str) -> None:
    (tmp_path / "a.wav").touch()
    (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        clips.read(tmp_path)


def test_clips_are_grouped_by_kind_or_folder(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "a.wav").touch()
    (tmp_path / "manifest.json").write_text(
        '[{"path": "words/a.wav", "text": "您好"}, {"path": "words/a.wav", "text": "您好", "kind": "clear", "age": 3}]',
        encoding="utf-8",
    )
    assert [clip.group for clip in clips.read(tmp_path)] == ["words", "clear"]
