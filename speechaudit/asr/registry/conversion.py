"""`python -m speechaudit.asr.registry.conversion SOURCE TARGET TYPE [pickled]`: the work of `converting`, apart.

No code of the model runs: its configuration may name none (`trust_remote_code` stays off), and pickled weights are
read as numbers alone (`weights_only`), which since torch 2.6 holds against prepared files too.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from speechaudit.asr.registry import completing


def main(source: str, target: str, compute_type: str, pickled: str = "") -> None:
    """Convert with CTranslate2's own converter."""
    from ctranslate2.converters import TransformersConverter

    class _Careful(TransformersConverter):  # type: ignore[misc]  # CTranslate2 has no types
        def load_model(self, model_class: Any, name: str, **settings: Any) -> Any:
            safe = {"use_safetensors": not pickled, "weights_only": True, "local_files_only": True}
            return super().load_model(model_class, name, **settings, **safe)

        def load_tokenizer(self, tokenizer_class: Any, name: str, **settings: Any) -> Any:
            with tempfile.TemporaryDirectory() as made:
                where = name if _has_words(Path(name)) else _written(Path(name), Path(made))
                tokenizer = super().load_tokenizer(tokenizer_class, where, local_files_only=True, **settings)
                if not (Path(name) / completing.TOKENIZER).is_file():
                    tokenizer.save_pretrained(made)
                _keep(Path(name), Path(made))
                return tokenizer

    kept: dict[str, bytes] = {}

    def _keep(*folders: Path) -> None:
        found = next(path for path in (folder / completing.TOKENIZER for folder in folders) if path.is_file())
        kept[completing.TOKENIZER] = found.read_bytes()

    converter = _Careful(source, load_as_float16=True, low_cpu_mem_usage=True)
    converter.convert(target, quantization=compute_type, force=True)
    for name, text in kept.items():
        (Path(target) / name).write_bytes(text)


def _has_words(folder: Path) -> bool:
    return (folder / completing.TOKENIZER).is_file() or (folder / "vocab.json").is_file()


def _written(folder: Path, target: Path) -> str:
    """Write the tokenizer of OpenAI's model with as many tokens, for a fine-tune that came without one."""
    tokens = completing.standard_vocabulary(json.loads((folder / "config.json").read_text("utf-8"))["vocab_size"])
    (target / completing.TOKENIZER).write_text(json.dumps(completing.tokenizer(tokens)), encoding="utf-8")
    (target / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}), "utf-8")
    return str(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
