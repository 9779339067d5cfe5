"""Scripts and styles: an address holds the hash of all of them, so that a browser keeps them until they change."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from fastapi import APIRouter, Response

from service.errors import NotFoundError

PREFIX: Final = "/static"
_KINDS: Final = frozenset({".css", ".js", ".svg", ".png"})
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
routes = APIRouter(include_in_schema=False)


@cache
def contents() -> Mapping[str, bytes]:
    """Return all files by their path; the look is that of the reports, with a little of its own on top."""
    found = dict(_below(files("service.web") / "static"))
    look = files("speechaudit.reports") / "templates"
    return found | {"look.css": (look / "tokens.css").read_bytes() + (look / "style.css").read_bytes()}


def _below(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _below(each, f"{prefix}{each.name}/")
        elif each.name[each.name.rfind(".") :] in _KINDS:
            found.append((prefix + each.name, each.read_bytes()))
    return found


@cache
def version() -> str:
    """Return the hash of all files together: scripts import each other by relative addresses."""
    digest = hashlib.sha256()
    for path, content in sorted(contents().items()):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def address(path: str) -> str:
    """Return the address of a file. Raises KeyError if there is none of this path."""
    return f"{PREFIX}/{version()}/{path}" if contents()[path] else ""


@routes.get(PREFIX + "/{stamp}/{path:path}")
def get_asset(stamp: str, path: str) -> Response:
    """Answer with a file, to be kept for ever. Raises NotFoundError, also under the hash of other days."""
    if stamp != version() or path not in contents():
        raise NotFoundError(path, "没有这个文件", "请刷新页面")
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Response(contents()[path], media_type=kind, headers=_FOR_EVER)
