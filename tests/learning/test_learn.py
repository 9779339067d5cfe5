"""Learning as a whole: refused for too little, put in force, taken back; and what an audit says of the model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from speechaudit import classifiers
from speechaudit.classifiers import LabelModel, chosen
from speechaudit.classifiers.weights import FILE, read_stored, sum_file, write_stored
from speechaudit.cli import main
from speechaudit.cli.learn import told
from speechaudit.errors import InputError, ModelError
from speechaudit.learning import Learned, ModelComparison, PairedShare, dump, learn
from speechaudit.model import Label, Segment, Transcript
from tests.evaluation.made import folder
from tests.learning.test_lines import MADE_BY, line

DELIVERED = chosen.label_model(FILE)
SAID = Transcript(segments=(Segment(start=0.0, end=1.0, text="给老子爬远点", role="staff"),), duration=1.0)


def copied(folder: Path, name: str) -> Path:
    """A link to the delivered file under another name, to be put in force."""
    place = folder / f"{name}{chosen.SUFFIX}"
    place.symlink_to(FILE)
    sum_file(place).write_text(sum_file(FILE).read_text("ascii"), "ascii")
    return place


def test_too_few_reviews_are_counted_and_nothing_changes(tmp_path: Path) -> None:
    few = [line(f"第{n}句", family=f"p{n % 3}") for n in range(20)] + [line("吼啥子", "forbid-scold", family="p9")]
    with pytest.raises(InputError, match=r"还差 179 句复核过的话.*还差 59 句认定违反的.*还差 1 个说话的人"):
        learn(few, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_last_one_put_in_force_judges_until_it_is_taken_back(tmp_path: Path) -> None:
    made, models = tmp_path / "made", tmp_path / "models"
    made.mkdir()
    assert chosen.in_force(models) == FILE
    first = chosen.put_in_force(copied(made, "centre-1"), models)
    second = chosen.put_in_force(copied(made, "centre-2"), models)
    assert chosen.in_force(models) == second
    assert chosen.step_back(models) == first
    assert chosen.step_back(models) == FILE
    with pytest.raises(InputError, match="没有可以退回的"):
        chosen.step_back(models)


def test_a_model_that_is_gone_is_told_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / chosen.LIST).write_text("centre-1.safetensors\n", "utf-8")
    with pytest.raises(ModelError, match="学到的标签模型不见了"):
        chosen.in_force(tmp_path)


def test_going_back_is_one_command(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    chosen.put_in_force(copied(made, "centre-1"), tmp_path)
    asked = ["learn", "--back", "--labels", str(tmp_path)]
    done = CliRunner().invoke(main, asked)
    assert (done.exit_code, DELIVERED.name in done.output) == (0, True)
    again = CliRunner().invoke(main, asked)
    assert (again.exit_code, "没有可以退回的" in again.output) == (2, True)


def test_the_command_says_how_many_reviews_are_missing(tmp_path: Path) -> None:
    (tmp_path / "a.lines.jsonl").write_text(dump(line("不办", "forbid-bare-refusal")), "utf-8")
    done = CliRunner().invoke(main, ["learn", str(tmp_path), "--labels", str(tmp_path / "models")])
    assert (done.exit_code, "还差 199 句复核过的话" in done.output) == (2, True)
    assert not (tmp_path / "models").exists()


def test_an_audit_names_the_model_and_words_are_told_again_only_by_another_one(tmp_path: Path) -> None:
    now = classifiers.labelled_by(MADE_BY, tmp_path)
    assert (now.label_model, now.label_model_sha256) == (DELIVERED.name, DELIVERED.sha256)
    assert len(DELIVERED.sha256) == 12
    assert classifiers.relabelled(SAID, MADE_BY, tmp_path) == (
        SAID,
        MADE_BY,
    )  # nobody knows which model told the older ones
    assert classifiers.relabelled(SAID, now, tmp_path) == (SAID, now)
    older = replace(now, label_model="delivered-1", label_model_sha256="0" * 12)
    words, by = classifiers.relabelled(SAID, older, tmp_path)
    assert by == now
    assert any(label.name == "profanity" for label in words.segments[0].labels)


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose model in force reads no fault in anything."""
    models = tmp_path_factory.mktemp("mute")
    made = models / f"centre-mute{chosen.SUFFIX}"
    stored, about = read_stored(FILE)
    offsets = {"offsets": [-99.0] * len(about["offsets"]), "some_fault": [1.0, -99.0]}
    write_stored(stored, about | offsets | {"name": "centre-mute"}, made)
    chosen.put_in_force(made, models)
    return models


def run_cli(*args: str | Path, said: str = "") -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=said, catch_exceptions=False)


@pytest.mark.parametrize("command", [("try",), ("explain", SAID.segments[0].text)])
def test_rules_are_tried_with_the_model_in_force_which_is_named(mute: Path, command: tuple[str, ...]) -> None:
    with_own = run_cli("rules", *command, said=SAID.segments[0].text)
    with_mute = run_cli("rules", *command, "--labels", mute, said=SAID.segments[0].text)
    assert "forbidden.profanity" in with_own.stdout
    assert f"标签模型:{DELIVERED.name}({DELIVERED.sha256})" in with_own.stderr
    assert "forbidden.profanity" not in with_mute.stdout
    assert f"标签模型:centre-mute({chosen.label_model(chosen.in_force(mute)).sha256})" in with_mute.stderr


def test_plays_are_measured_and_audited_with_the_model_in_force_which_is_named(mute: Path, tmp_path: Path) -> None:
    play = f"setting: counter\nstaff: 您好,请坐。\ncitizen: 请问这个怎么填?\nstaff: {SAID.segments[0].text}!\n"
    labelled = folder(tmp_path / "set", "one:\n  - forbidden.profanity: fail\n", one=play)
    found = [
        page_of(run_cli("evaluate", labelled, "--out", tmp_path / "out", *own), tmp_path / "out")
        for own in ((), ("--labels", mute))
    ]
    assert [(page["source"]["label_model"]["name"], hits(page)) for page in found] == [
        (DELIVERED.name, 1),
        ("centre-mute", 0),
    ]
    assert "| 标签模型 | centre-mute,sha256 `" in (tmp_path / "out" / "accuracy.md").read_text("utf-8")
    audited = json.loads(run_cli("audit", "--json", "--transcript", labelled / "one.play", "--labels", mute).stdout)
    assert audited["made_by"]["label_model"] == "centre-mute"
    words = audited["encounters"][0]["transcript"]["segments"]
    assert {label["name"] for segment in words for label in segment["labels"]} == {"no-fault"}


def page_of(done: Result, out: Path) -> dict[str, Any]:
    assert done.exit_code == 0
    read: dict[str, Any] = json.loads((out / "accuracy.json").read_text("utf-8"))
    return read


def hits(page: dict[str, Any]) -> int:
    """How many faults were found of those that are there."""
    recall: dict[str, int] = page["measured"]["text"]["total"]["fail_recall"]
    return recall["hits"]


def test_labels_of_the_model_before_do_not_stay() -> None:
    stale = Label(name="forbid-threat", confidence=0.99)
    side = Label(name="staff-like", confidence=0.7)
    (segment,) = SAID.segments
    told = classifiers.label(replace(SAID, segments=(replace(segment, labels=(stale, side)),)))
    assert side in told.segments[0].labels
    assert stale not in told.segments[0].labels


def share(before: int, after: int, of: int = 50) -> PairedShare:
    return PairedShare(before=before, after=after, of=of, lost=max(0, before - after), won=max(0, after - before))


def test_a_model_that_is_worse_somewhere_is_told_as_refused_with_both_tables() -> None:
    better = ModelComparison(found=share(10, 20), charged=share(4, 4), asked=share(1, 1), accused=share(0, 0))
    worse = ModelComparison(found=share(40, 30), charged=share(20, 20), asked=share(1, 1), accused=share(0, 1))
    known = {"lines": 300, "contradicted": 2, "before": DELIVERED}
    lines = told(Learned(model=None, centre=better, ours=worse, **known))  # type: ignore[arg-type]
    assert "  违反,找出的:10 → 20,共 50(95% 区间 27.6%–53.8%)" in lines
    assert lines[-1] == (
        f"没有启用:随程序的句子上找出的明显比以前少;随程序的句子上认定错的比以前多。仍用 {DELIVERED.name}"
    )
    learnt = LabelModel(name="centre-1", sha256="1" * 12)
    (last,) = told(Learned(model=learnt, centre=better, ours=better, **known))[-1:]  # type: ignore[arg-type]
    assert last.startswith("已启用 centre-1(111111111111)")
