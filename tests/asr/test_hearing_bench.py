"""The page that `make bench-hearing` writes: no figure by hand, and by which processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.hearing import processor, shares

CPUINFO = "processor\t: 0\nmodel name\t: Some Processor 9\nflags\t\t: fpu avx{more}\n\n"


@pytest.mark.parametrize(
    ("more", "told"), [("", "AVX"), (" avx2", "AVX2"), (" avx2 avx512f", "AVX512")], ids=["avx", "avx2", "avx512"]
)
def test_the_processor_is_told_with_its_widest_instructions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more: str, told: str
) -> None:
    monkeypatch.delenv("CT2_FORCE_CPU_ISA", raising=False)
    (tmp_path / "cpuinfo").write_text(CPUINFO.format(more=more))
    assert processor(tmp_path / "cpuinfo") == f"Some Processor 9, {told}"
    monkeypatch.setenv("CT2_FORCE_CPU_ISA", "GENERIC")
    assert processor(tmp_path / "cpuinfo") == "Some Processor 9, GENERIC"


def test_the_stages_add_up_to_the_whole() -> None:
    stages = {
        "decode": 1.0,
        "speech": 1.0,
        "words": 6.0,
        "voices": 0.0,
        "roles": 1.0,
        "second_listen": 1.0,
        "rules": 0.0,
    }
    lines = list(shares(stages, 100.0))
    assert "0.100 wall seconds" in lines[0]
    assert "| `words` | 0.0600 | 60% |" in lines
    assert len(lines) == 2 + len(stages)
