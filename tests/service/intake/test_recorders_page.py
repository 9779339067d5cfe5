"""docs/recorders.md: its settings are accepted, and every name that it may use is explained there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

from service.sources import FIELDS, Kind, Source

PAGE = Path(__file__).parents[3].joinpath("docs/recorders.md").read_text(encoding="utf-8")


def test_all_examples_of_settings_are_accepted() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    sources = [Source.model_validate(each) for block in blocks for each in tomllib.loads(block)["intake"]]
    assert {source.kind for source in sources} == set(get_args(Kind))


def test_all_names_are_explained() -> None:
    assert [name for name in (*FIELDS, *Source.model_fields) if f"`{name}`" not in PAGE] == []
