"""One short sample through the whole command, with the embedded Whisper."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from speechaudit import formats
from speechaudit.cli import main
from speechaudit.evaluation.labels import EXPECTED

SAMPLES = Path(__file__).parents[2] / "samples"
STEM = "phone-stereo-bad-right"


@pytest.mark.model
def test_a_recording_is_heard_once_and_judged_layer_by_layer(tmp_path: Path) -> None:
    for path in (SAMPLES / f"{STEM}.wav", SAMPLES / f"{STEM}.json", SAMPLES / "plays" / f"{STEM}.play"):
        shutil.copy(path, tmp_path)
    expected = yaml.safe_load((SAMPLES / EXPECTED).read_text(encoding="utf-8"))[STEM]
    (tmp_path / EXPECTED).write_text(yaml.safe_dump({STEM: expected}, allow_unicode=True), encoding="utf-8")
    result = CliRunner().invoke(main, ["evaluate", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out" / "accuracy.json").read_text(encoding="utf-8"))
    audio = found["measured"]["audio"]["total"]
    assert audio["fail_precision"]["share"] == 1.0
    assert audio["fail_recall"]["hits"] >= 5
    # What was saved is judged again as it was judged when it was heard.
    assert {k: v for k, v in found["layers"][-1].items() if k not in ("name", "title")} == audio
    audit = formats.read_audit(tmp_path / "out" / "audits" / f"{STEM}.audit.json")
    verdicts = {finding.rule: finding.verdict for finding in audit.encounters[0].findings}
    wrong = {d["rule"]: d["found"] for d in found["disagreements"] if d["source"] == "audio"}
    assert {rule: v for rule, v in verdicts.items() if expected[0].get(rule, v) != v} == wrong
    assert found["characters"][0]["rate"] < 0.25
    assert found["source"]["made_by"]["model"] == audit.made_by.model
