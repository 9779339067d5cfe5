"""What is known of a registered model, and the file in its folder that says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from speechaudit.cache import sha256
from speechaudit.errors import ModelError
from speechaudit.validation import field_of, meaning

RECORD: Final = "model.json"
CALIBRATION: Final = "calibration.yml"
WEIGHTS: Final = "model.bin"
KEPT: Final = (
    WEIGHTS,
    "config.json",
    "tokenizer.json",
    "preprocessor_config.json",
    "vocabulary.json",
    "vocabulary.txt",
    CALIBRATION,
)
NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
MOST_BYTES: Final = 32 << 30  # of one file: large-v3 in float32 has 6 GB
MOST_RECORD: Final = 1 << 20
_SMALL: Final = 16 << 20  # files up to this size are compared by their sum at each start, larger ones by their size

ComputeType = Literal["int8", "float16"]
Times = Literal["own", "alignment"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ModelFile(BaseModel):
    """A file of a model: name, bytes and sum."""

    model_config = _STRICT

    name: Literal[KEPT]  # type: ignore[valid-type]
    size: int = Field(ge=0, le=MOST_BYTES)
    sha256: Digest


class ModelCheck(BaseModel):
    """What the model did with sound whose words and times are known.

    `language` is what it took for the language, with its share of 1; `times` are its own where they are plausible.
    """

    model_config = _STRICT

    language: str = Field(max_length=20)
    language_share: float = Field(ge=0, le=1)
    cer: float = Field(ge=0, description="share of wrong characters")
    characters: int = Field(ge=0)
    times: Times
    plausible: float = Field(ge=0, le=1, description="share of the pieces whose own times are plausible")
    speed: float = Field(ge=0, description="seconds of work for a second of sound, here")


class ModelRecord(BaseModel):
    """A registered model."""

    model_config = _STRICT

    name: str = Field(pattern=f"^{NAME}$")
    source: str = Field(max_length=1000)
    revision: str | None = Field(default=None, max_length=100)
    license: str | None = Field(default=None, max_length=200)
    made_from: Literal["transformers", "ctranslate2"]
    compute_type: str = Field(max_length=40)
    added_on: date
    program: str = Field(max_length=100)
    completed: tuple[Annotated[str, Field(max_length=100)], ...] = ()
    check: ModelCheck
    files: tuple[ModelFile, ...] = Field(min_length=4, max_length=len(KEPT))

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def calibrated(self) -> bool:
        """Whether the second listen has thresholds for this model."""
        return any(file.name == CALIBRATION for file in self.files)


def files_of(folder: Path) -> tuple[ModelFile, ...]:
    """Return what lies in a folder of what a model needs, with sums."""
    paths = (folder / name for name in KEPT)
    return tuple(ModelFile(name=p.name, size=p.stat().st_size, sha256=sha256(p)) for p in paths if p.is_file())


def parsed(text: bytes, where: object) -> ModelRecord:
    """Return the record in the JSON `text`. Raises ModelError naming the field."""
    try:
        record = ModelRecord.model_validate_json(text)
    except ValidationError as problem:
        error = problem.errors()[0]
        cure = "请重新登记:speechaudit model add,或重新导入"
        raise ModelError(where, f"“{field_of(error['loc'])}”{meaning(error)}", cure) from problem
    names = {file.name for file in record.files}
    if len(names) < len(record.files) or missing_of(names):
        raise ModelError(where, "文件清单有重复或缺少", "请重新登记:speechaudit model add,或重新导入")
    return record


def missing_of(names: set[str]) -> tuple[str, ...]:
    """Return which files are missing for hearing with a model that has these."""
    needed = (WEIGHTS, "config.json", "tokenizer.json", "preprocessor_config.json")
    missing = tuple(name for name in needed if name not in names)
    return missing if names & {"vocabulary.json", "vocabulary.txt"} else (*missing, "vocabulary.json")


def read(folder: Path) -> ModelRecord:
    """Read the record of a registered model. Raises ModelError."""
    path = folder / RECORD
    try:
        with path.open("rb") as file:
            text = file.read(MOST_RECORD + 1)
    except OSError as problem:
        raise ModelError(path, f"无法读取({problem.strerror})", "请检查权限,或重新登记这个模型") from problem
    if len(text) > MOST_RECORD:
        raise ModelError(path, "文件太大,不是模型的登记", "请重新登记:speechaudit model add")
    return parsed(text, path)


def write(record: ModelRecord, folder: Path) -> None:
    """Write the record into the folder of its model."""
    (folder / RECORD).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")


def faults(record: ModelRecord, folder: Path, *, thorough: bool = False) -> tuple[str, ...]:
    """Return the files that are not as they were registered; only `thorough` reads the large ones."""
    return tuple(file.name for file in record.files if not _as_registered(file, folder, thorough))


def _as_registered(file: ModelFile, folder: Path, thorough: bool) -> bool:
    path = folder / file.name
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return not (thorough or file.size <= _SMALL) or sha256(path) == file.sha256
