from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from speechaudit.classifiers import label, label_texts, turns_before
from speechaudit.classifiers.labeller import MINIMUM, Labeller
from speechaudit.classifiers.weights import FILE, read_weights
from speechaudit.classifiers.windows import WINDOW, windows
from speechaudit.errors import ModelError
from speechaudit.model import NO_FAULT, Label, Role, Segment, Transcript
from speechaudit.text import model_form

HERE = Path(__file__).parent
UNKIND = [line.split("\t") for line in (HERE / "unkind.txt").read_text("utf-8").splitlines()]
KIND = (HERE / "kind.txt").read_text("utf-8").splitlines()
ACCUSING, SURE, PERHAPS = 0.95, 0.8, 0.5


@cache
def told(text: str) -> tuple[Label, ...]:
    """The labels of a text by itself."""
    return label_texts([text])[0]


def accusations(text: str, limit: float = PERHAPS) -> dict[str, float]:
    return {own.name: own.confidence for own in told(text) if accusing(own.name) and own.confidence >= limit}


def accusing(name: str) -> bool:
    return name.startswith("forbid-") or name == "profanity"


def names(text: str) -> set[str]:
    return {own.name for own in told(text)}


@pytest.mark.parametrize("text", KIND)
def test_good_service_and_citizens_are_never_accused(text: str) -> None:
    assert accusations(text, ACCUSING) == {}


def test_hardly_any_good_service_goes_to_a_person() -> None:
    """None of 69 as the model is delivered; a model that accuses everybody would pass all tests below."""
    assert (len(KIND), sum(bool(accusations(text, SURE)) for text in KIND)) == (69, 0)


@pytest.mark.slow
def test_most_unkindness_in_new_words_is_recognised() -> None:
    """58 of 58 as the model is delivered, 41 of them surely enough to accuse."""
    assert len(UNKIND) == 58
    assert sum(bool(accusations(text, SURE)) for _, text in UNKIND) >= 56
    assert sum(bool(accusations(text, ACCUSING)) for _, text in UNKIND) >= 39


def test_most_unkindness_goes_to_its_own_topic() -> None:
    """56 of 58 as the model is delivered."""
    assert sum(topic in accusations(text) for topic, text in UNKIND) >= 49


@pytest.mark.parametrize("text", ["请问您办理什么业务?", "身份证带了吗?", "这个要多少钱啊", "你们周六上班吗"])
def test_questions(text: str) -> None:
    assert "question" in names(text)


@pytest.mark.parametrize("text", ["请出示一下您的身份证。", "麻烦您在这里签个字。", "您把户口本拿给我看一下。"])
def test_requests(text: str) -> None:
    assert "request" in names(text)


@pytest.mark.parametrize("text", ["再见,您慢走。", "已经给您办好了。", "三百六十块。"])
def test_statements_are_no_questions(text: str) -> None:
    assert "question" not in names(text)


@pytest.mark.parametrize("text", ["", "  ", "……。?!", "🙂", "—"])
def test_text_without_words_has_no_labels(text: str) -> None:
    assert label_texts([text]) == ((),)


def test_no_texts() -> None:
    assert label_texts([]) == ()


def test_label_adds_to_a_transcript() -> None:
    old = Label(name="manual", confidence=1.0)
    segments = (
        Segment(start=0.0, end=1.0, text="请问您办什么业务?", role="staff", labels=(old,)),
        Segment(start=1.0, end=2.0, text=""),
    )
    transcript = Transcript(segments=segments, duration=2.0)
    labelled = label(transcript)
    assert labelled.segments[0].labels[0] == old
    assert {own.name for own in labelled.segments[0].labels} >= {"manual", "question"}
    assert labelled.segments[1] == segments[1]
    assert transcript.segments[0].labels == (old,)


def test_the_turn_before_is_that_of_another_role_just_before() -> None:
    def said(start: float, text: str, role: Role = "staff") -> Segment:
        return Segment(start=start, end=start + 1, text=text, role=role)

    segments = (
        said(0, "按一", "machine"),
        said(2, "您好。"),
        said(4, "这样", "citizen"),
        said(6, "行不行?", "citizen"),
        said(8, "不行。"),
        said(10, "要原件。"),
        said(60, "下一位。"),
        said(62, "我来。", "citizen"),
    )
    assert turns_before(segments) == ("", "", "您好。", "您好。", "这样行不行?", "这样行不行?", "", "下一位。")


def test_what_was_asked_weighs_in_what_a_refusal_is() -> None:
    model = Labeller()
    refusal = model.names.index("forbid-bare-refusal")
    alone, answer = (model.logits(["不行"], before)[0, refusal] for before in ((), ("用蓝笔填行不行?",)))
    assert answer < alone


def test_confidence_is_a_share_from_the_minimum_up() -> None:
    found = [own for labels in label_texts([text for _, text in UNKIND]) for own in labels]
    assert all(MINIMUM <= own.confidence <= 1 for own in found)


def test_a_text_reads_like_a_fault_or_like_none() -> None:
    fair, rude, empty = label_texts(["您好,请坐,请把身份证给我。", "你脑子有病吧,听不懂人话", "。"])
    assert NO_FAULT in {label.name for label in fair}
    assert NO_FAULT not in {label.name for label in rude}
    assert empty == ()


@pytest.mark.slow
def test_company_and_order_change_nothing() -> None:
    texts = [*KIND, *(text for _, text in UNKIND)]
    alone = [told(text) for text in texts]
    random.Random(3).shuffle(shuffled := list(zip(texts, alone, strict=True)))
    together = label_texts([text for text, _ in shuffled])
    for (text, before), after in zip(shuffled, together, strict=True):
        assert {own.name: pytest.approx(own.confidence, abs=2e-3) for own in before} == {
            own.name: own.confidence for own in after if own.confidence > MINIMUM + 2e-3 or own in before
        }, text


@pytest.mark.slow
def test_same_result_every_time_and_in_every_thread() -> None:
    expected = label_texts(KIND)
    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(lambda _: label_texts(KIND), range(8)))


def test_punctuation_changes_nothing() -> None:
    assert label_texts(["这不归我管,你去问别人!"]) == label_texts(["这不归我管 你去问别人"])


def test_an_insult_in_a_long_turn_is_found() -> None:
    polite = "您的申请已经受理了,这是回执,请收好。办好会给您发短信,大概七个工作日。"
    assert accusations(polite * 2 + "你这人怎么这么笨啊,这点都不懂。" + polite * 2)
    assert accusations(polite * 5) == {}


def test_windows_fit_and_overlap() -> None:
    text = "我先给您登记一下。然后您到三号窗口缴费,缴完费回来找我领证," * 4
    found = windows(text)
    assert all(len(window) <= WINDOW for window in found)
    for place in range(len(model_form(text)) - 10):
        assert any(model_form(text)[place : place + 10] in window for window in found)


def test_a_text_without_a_pause_is_cut_anyway() -> None:
    found = windows("好" * 500)
    assert all(len(window) <= WINDOW for window in found)
    assert sum(map(len, found)) >= 500


def test_a_short_text_is_one_bare_window() -> None:
    assert windows("  您好,请问A4纸有吗?") == ("您好请问a4纸有吗",)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copy(FILE, tmp_path)
    shutil.copy(FILE.with_name(FILE.name + ".sha256"), tmp_path)
    return tmp_path / FILE.name


def test_an_intact_copy_loads(copied: Path) -> None:
    assert read_weights(copied).labels == read_weights().labels


def test_a_damaged_file_is_refused_with_a_cure(copied: Path) -> None:
    data = bytearray(copied.read_bytes())
    data[len(data) // 2] ^= 1
    copied.write_bytes(data)
    with pytest.raises(ModelError, match="重新安装") as caught:
        Labeller(copied)
    assert "损坏" in caught.value.problem
    assert caught.value.where == str(copied)


@pytest.mark.parametrize("missing", ["", ".sha256"])
def test_a_missing_file_is_refused_with_a_cure(copied: Path, missing: str) -> None:
    copied.with_name(copied.name + missing).unlink()
    with pytest.raises(ModelError, match="重新安装"):
        Labeller(copied)


def test_a_truncated_file_is_refused(copied: Path) -> None:
    copied.write_bytes(copied.read_bytes()[:1000])
    with pytest.raises(ModelError, match="损坏"):
        Labeller(copied)


def test_the_file_is_small() -> None:
    assert FILE.stat().st_size <= 23_000_000
