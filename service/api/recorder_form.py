"""The form that a recorder sends: any form with one file and short texts, whatever the recorder calls them."""

from __future__ import annotations

from typing import Final

from python_multipart.multipart import parse_options_header

from service.api.multipart import MOST_METADATA, UploadForm
from service.audio import Draft
from service.errors import RequestError
from service.ingest.file_names import safe_name
from service.spreadsheets import decoded

_MOST_TEXTS: Final = 100


class RecorderForm(UploadForm):
    """The first part with a file name is the sound; the others are texts by their names, in UTF-8 or GBK."""

    def __init__(self, content_type: str, draft: Draft) -> None:
        super().__init__(content_type, draft)
        self.texts: dict[str, str] = {}
        self._is_file = False

    def _begin(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        self._part = decoded(options.get(b"name", b""))
        self._is_file = b"filename" in options
        if self._is_file:
            if self.file_name is not None:
                raise RequestError(self._part or "请求", "有两个文件", "请每次只推送一个录音")
            self.file_name = safe_name(decoded(options[b"filename"]))
            self.media_type = self._headers.get("content-type", b"").decode("latin-1")
        elif len(self.texts) >= _MOST_TEXTS:
            raise RequestError("请求", f"超过 {_MOST_TEXTS} 项", "请只推送需要的项")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._draft.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > MOST_METADATA:
            raise RequestError(self._part, f"超过 {MOST_METADATA // 1024} KB", "请只推送需要的项")

    def _end_part(self) -> None:
        if not self._is_file:
            self.texts[self._part] = decoded(bytes(self._text))
            self._text.clear()
