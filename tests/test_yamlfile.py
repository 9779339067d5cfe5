"""What people write into YAML, and what YAML would make of it."""

from __future__ import annotations

from datetime import date

import pytest

from speechaudit.yamlfile import YamlError, read


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "“a”写了两次(第一次在第1行)"),
        ("{a: 1, a: 2}", 1, 8, "“a”写了两次"),
        ("x:\n  - {k: 1, 'k': 2}\n", 2, 12, "“k”写了两次"),
        ("1: x\n0x1: y\n", 2, 1, "“0x1”写了两次"),
        ("<<: {a: 1}\n<<: {b: 1}\n", 2, 1, "“<<”写了两次"),
        ("a: 1\nb: 2024-13-45\n", 2, 4, "“2024-13-45”读不成它的类型(timestamp)"),
        (f"a: {'9' * 5000}", 1, 4, "“99999999999999999999…”读不成它的类型(int)"),
        ("a: !!int abc", 1, 4, "“abc”读不成它的类型(int)"),
        ("a: !!int ''", 1, 4, "“”读不成它的类型(int)"),
        ("a: !!float abc", 1, 4, "(float)"),
        ("a: !!bool abc", 1, 4, "(bool)"),
        ("a: !!timestamp abc", 1, 4, "(timestamp)"),
        ("a: !!binary é", 1, 4, "(binary)"),
        ("a: !!python/object:os.system x", 1, 4, "os.system"),
        ("a: !!python/object/apply:os.system [x]", 1, 4, "os.system"),
        ("甲: 1\n乙: 二\x07三\n", 2, 5, "不可见的控制字符"),
        ("\0", 1, 1, "不可见的控制字符"),
        ("a: 'open\nb: 1\n", 1, 4, "不是正确的 YAML"),
        ("a: [1\nb: 2\n", 2, 2, "不是正确的 YAML"),
        ("? [a]\n: b", 1, 3, "不是正确的 YAML"),
        ("<<: 3", 1, 5, "不是正确的 YAML"),
        ("a: " + "[" * 100_000, 1, 1003, "不是正确的 YAML"),
        ("- " * 50_000 + "x", 1, 1999, "不是正确的 YAML"),
        ("a: " + "[" * 500 + "]" * 500, 1, 34, "嵌套太深"),
        ("a: &a [*a]", 1, 4, "引用(*)展开后太大"),
        ("a: 1\n---\nb: 2\n", 2, 1, "不是正确的 YAML"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text: str, line: int, column: int, told: str) -> None:
    with pytest.raises(YamlError) as caught:
        read(text)
    fault = caught.value.faults[0]
    assert told in fault.problem
    assert (fault.place.line, fault.place.column) == (line, column)


def test_a_page_of_references_is_not_unfolded() -> None:
    steps = [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(YamlError, match="展开后太大"):
        read("\n".join(["k0: &k0 [x]", *steps]))


def test_all_faults_of_a_text_are_told_in_its_order() -> None:
    with pytest.raises(YamlError) as caught:
        read("a: 1\na: !!int x\nb:\n  c: 2024-02-30\n  c: 2\n")
    assert [(fault.place.line, fault.place.column) for fault in caught.value.faults] == [(2, 1), (2, 4), (5, 3), (4, 6)]


def test_what_yaml_allows_is_read() -> None:
    text = "on: 1\n'1': x\n2: y\nday: 2026-01-31\nbase: &b {a: 1}\nmore: {<<: *b, a: 2}\nagain: [*b, *b]\n"
    assert read(text).data == {
        True: 1,
        "1": "x",
        2: "y",
        "day": date(2026, 1, 31),
        "base": {"a": 1},
        "more": {"a": 2},
        "again": [{"a": 1}, {"a": 1}],
    }
    assert read("").data is None


def test_names_stay_names_where_only_text_is_wanted() -> None:
    assert read("1: x\n01: y\n2024-13-45: no\n", only_text=True).data == {"1": "x", "01": "y", "2024-13-45": "no"}
    with pytest.raises(YamlError, match="“1”写了两次"):
        read("1: x\n1: y\n", only_text=True)


def test_the_place_of_a_field_passes_over_what_is_not_written() -> None:
    file = read("a:\n  - b: 1\n    c: {d: 2}\n")
    place = file.place(["a", 0, "union", "c", "d", "gone"])
    assert (place.path, place.where) == (("a", 0, "c", "d"), "第3行第9列")
    assert read("").place(["a"]).where == "第1行第1列"
