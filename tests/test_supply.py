"""What is said of the supply: an SBOM that is not what is locked, and faults that nobody excused, are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply import LOCKS, REASONS, Pinned, audited, differences, excused, locked, named

ONE, OTHER = "a" * 64, "b" * 64
LOCK = f"Some_Package[extra]==1.2 \\\n    --hash=sha256:{ONE} \\\n    --hash=sha256:{OTHER}\n"
BOM = {
    "components": [
        {
            "name": "some-package",
            "version": "1.2",
            "externalReferences": [{"hashes": [{"content": ONE}, {"content": OTHER}]}, {"url": "https://example.org"}],
        }
    ]
}


def test_an_sbom_says_each_package_version_and_hash_of_the_lock() -> None:
    lock = locked(LOCK)
    assert lock == {"some-package": Pinned("1.2", frozenset({ONE, OTHER}))} == named(BOM)
    assert list(differences(lock, named(BOM))) == []
    assert list(differences(lock, {})) == ["some-package: locked 1.2 with 2 hashes, in the SBOM not at all"]
    fewer = {"some-package": Pinned("1.2", frozenset({ONE})), "new": Pinned("1", frozenset())}
    assert len(list(differences(lock, fewer))) == 2


@pytest.mark.parametrize("line", ["some-package>=1.2", "some-package==1.2"])
def test_what_is_not_pinned_with_hashes_is_no_lock(line: str) -> None:
    with pytest.raises(ValueError, match="not pinned"):
        locked(line)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_the_locks_are_read(path: Path) -> None:
    assert len(locked(path.read_text(encoding="utf-8"))) > 100


def test_only_faults_in_the_table_of_exceptions_are_excused() -> None:
    fault = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-2"], "fix_versions": ["1.3"]}
    report = {"dependencies": [{"name": "a", "vulns": [fault]}, {"name": "b", "skip_reason": "not found"}]}
    found = audited(report, frozenset())
    assert (found.faults, found.unasked) == ({"a": ("PYSEC-2026-1 (mended in 1.3)",)}, ("b",))
    assert audited(report, excused("| CVE-2026-2 | a | no such call here |")).faults == {}
    assert excused("In passing: CVE-2026-2, and\n| GHSA-x | is none of ours, CVE-2026-2 |") == {"GHSA-x"}
    assert excused(REASONS.read_text(encoding="utf-8")) == frozenset()
