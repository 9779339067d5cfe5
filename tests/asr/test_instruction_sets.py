"""What is heard holds on other processors: int8 rounds otherwise without AVX-512, and words may differ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = (
    "tests/asr/test_whisper.py::test_each_side_is_heard_in_its_channel",
    "tests/asr/test_whisper.py::test_turns_lie_where_they_were_spoken",
    "tests/asr/test_nonspeech.py::test_noises_around_real_sentences_add_no_words_and_take_none[signals]",
    "tests/asr/test_listen.py::test_a_greeting_is_found_where_it_is_and_nowhere_else",
)


def other_instructions() -> str:
    """What processors without AVX-512 use; where this is one of them, what every processor has."""
    processor = Path("/proc/cpuinfo")
    return "AVX2" if processor.exists() and "avx512f" in processor.read_text(encoding="utf-8") else "GENERIC"


@pytest.mark.model
def test_the_checks_of_hearing_pass_with_other_instructions() -> None:
    """CTranslate2 chooses its code by the processor."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHECKS]
    environment = os.environ | {"CT2_FORCE_CPU_ISA": other_instructions()}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert f"{len(CHECKS)} passed" in ran.stdout
