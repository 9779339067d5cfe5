import pytest

from speechaudit.reports.names import display_name, stems

HOSTILE = [
    "../../etc/passwd",
    "..",
    ".",
    "a/b",
    "a\\b",
    "a:b",
    "C:\\x",
    "index",
    "INDEX",
    "CON",
    "nul",
    "未登记人员",
    "<script>",
    "=1+1",
    "-rf",
    "工" * 300,
    "工" * 301,
    "a\0b",
    "a\nb",
    "\udcff",
    "🙂",
]


def test_plain_names_stay_readable() -> None:
    assert stems(["工号1017", "A-12_3", None]) == ("工号1017", "A-12_3", "未登记人员")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_becomes_one_safe_component(name: str) -> None:
    (stem,) = stems([name])
    assert all(part not in stem for part in ("/", "\\", ".", ":", "\0", "\n", "<"))
    assert not stem.startswith("-")
    assert 0 < len(f"{stem}.html.part".encode()) <= 255
    assert stem.casefold() not in {"index", "con", "nul", "未登记人员"}


def test_hostile_names_differ() -> None:
    made = stems([*HOSTILE, None])
    assert len({stem.casefold() for stem in made}) == len(HOSTILE) + 1


@pytest.mark.parametrize(
    "pair", [("a/b", "a:b"), ("a1017", "A1017"), ("A", "\uff21"), ("工" * 40, "工" * 41), ("e\u0301", "\u00e9")]
)
def test_alike_after_cleaning_still_differ(pair: tuple[str, str]) -> None:
    first, second = stems(pair)
    assert first.casefold() != second.casefold()


def test_a_name_cannot_pose_as_a_hashed_one() -> None:
    (hashed,) = stems(["a/b"])
    assert len(set(stems(["a/b", hashed]))) == 2


def test_display_name() -> None:
    assert (display_name(None), display_name("工号1017")) == ("未登记人员", "工号1017")
