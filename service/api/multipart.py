"""An upload as it arrives: the file goes to its draft piece by piece, so that memory stays constant."""

from __future__ import annotations

from typing import Final

from fastapi.exceptions import RequestValidationError
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.audio import Draft
from service.errors import RequestError
from service.ingest.file_names import safe_name
from speechaudit.formats import NO_OTHER_KEYS, AmbiguousJsonError, Metadata, ShortText, check_json

FILE, METADATA = "file", "metadata"
MOST_METADATA: Final = 64 * 1024
LONGEST_BOUNDARY: Final = 70  # characters (RFC 2046, 5.1.1)
_HOW = '例如 curl -F file=@录音.wav -F metadata=\'{"setting":"phone"}\''


@dataclass(frozen=True, kw_only=True, config=NO_OTHER_KEYS)
class UploadMetadata(Metadata):
    """What may be known about an upload: of a sidecar's keys, and the extension, which tells window and staff."""

    extension: ShortText | None = Field(default=None, description="分机号:由分机得知窗口,再由排班和开始时间得知人员")


UPLOAD_METADATA: Final = TypeAdapter(UploadMetadata)


class UploadForm:
    """The parts `file` and `metadata` of a multipart body, fed in pieces of any size.

    `file_name` and `media_type` are what the sender says of the file, None before it came.
    """

    def __init__(self, content_type: str, draft: Draft) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not 1 <= len(options.get(b"boundary", b"")) <= LONGEST_BOUNDARY:
            raise RequestError("Content-Type", "应为 multipart/form-data", _HOW)
        self.file_name: str | None = None
        self.media_type = ""
        self.metadata = UploadMetadata()
        self._draft = draft
        self._text = bytearray()
        self._part = ""
        self._seen: set[str] = set()
        self._header = [bytearray(), bytearray()]
        self._headers: dict[str, bytes] = {}
        self._ended = False
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin,
                "on_part_data": self._take,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def feed(self, piece: bytes) -> None:
        """Take some bytes. Raises RequestError, RequestValidationError for the metadata, and what the draft raises."""
        try:
            self._parser.write(piece)
        except FormParserError as problem:
            raise RequestError("请求", f"不是正确的 multipart({problem})", _HOW) from problem

    def finish(self) -> None:
        """Say that nothing more comes. Raises RequestError if something is missing."""
        if not self._ended:
            raise RequestError("请求", "没有传完", "请重新上传")
        if self.file_name is None:
            raise RequestError(FILE, "缺少录音文件", _HOW)
        if not self._draft.size:
            raise RequestError(FILE, "文件是空的(0 字节)", "录音没有写入,请重新导出或检查录音设备")

    def _end_header(self) -> None:
        self._headers[self._header[0].decode("latin-1").lower()] = bytes(self._header[1])
        self._header = [bytearray(), bytearray()]

    def _begin(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        self._part = options.get(b"name", b"").decode("utf-8", "replace")
        if self._part not in {FILE, METADATA}:
            raise RequestError(self._part or "请求", f"只能有 {FILE} 和 {METADATA} 两项", _HOW)
        if self._part in self._seen:
            raise RequestError(self._part, "出现了两次", "请每次只上传一个录音")
        self._seen.add(self._part)
        if self._part == FILE:
            self.file_name = safe_name(options.get(b"filename", b"").decode("utf-8", "replace"))
            self.media_type = self._headers.get("content-type", b"").decode("latin-1")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._part == FILE:
            self._draft.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > MOST_METADATA:
            raise RequestError(METADATA, f"超过 {MOST_METADATA // 1024} KB", "请减少 extras 的内容")

    def _end_part(self) -> None:
        if self._part == METADATA:
            self.metadata = _metadata(bytes(self._text))

    def _end(self) -> None:
        self._ended = True


def _metadata(text: bytes) -> UploadMetadata:
    """Read what is told as early as possible, so that nobody sends a gigabyte in vain. PostgreSQL keeps no NUL."""
    if b"\\u0000" in text:
        raise RequestError(METADATA, "含有不能保存的字符 \\u0000", "请去掉控制字符")
    try:
        known = UPLOAD_METADATA.validate_json(text, strict=True)
        check_json(text)
    except AmbiguousJsonError as twice:
        raise RequestError(METADATA, str(twice), "请改正") from twice
    except ValidationError as problem:
        errors = [{**error, "loc": (METADATA, *error["loc"])} for error in problem.errors()]
        raise RequestValidationError(errors) from problem
    return known
