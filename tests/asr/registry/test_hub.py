"""Models of the hub: which files are fetched, from a hub that answers, and what is said where none does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from speechaudit.asr.registry import hub
from speechaudit.errors import ModelError

FILES = {
    "README.md": b"---\nlanguage: zh\nlicense: apache-2.0\n---\n# Model\n",
    "config.json": b'{"model_type": "whisper"}',
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"pickled",
    "training/optimizer.json": b"{}",
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does for one model."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        name = path.removeprefix(f"/owner/made/resolve/{COMMIT}/")
        if path.startswith("/api/models/owner/made/tree/"):
            tree = [{"type": "file", "path": name, "size": len(t), "oid": f"{len(t):040}"} for name, t in FILES.items()]
            self._send(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})
        elif path.startswith("/api/models/owner/made"):
            files = [{"rfilename": name, "size": len(text)} for name, text in FILES.items()]
            told = {"id": "owner/made", "sha": COMMIT, "siblings": files, "cardData": {"license": "apache-2.0"}}
            self._send(200, json.dumps(told).encode(), {"Content-Type": "application/json"})
        elif name in FILES:
            self._send(200, FILES[name], {"ETag": f'"{len(FILES[name]):040}"', "X-Repo-Commit": COMMIT})
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A hub on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    reach(address, tmp_path, monkeypatch)
    yield address
    server.shutdown()
    thread.join(10)
    server.server_close()


def reach(address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants, hf_api

    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hf_api.api, "endpoint", address)


def test_what_is_needed_is_fetched_with_its_licence(endpoint: str) -> None:
    found = hub.fetched("owner/made")
    assert (found.revision, found.license) == (COMMIT, "apache-2.0")
    assert {path.name for path in found.folder.iterdir()} == {"README.md", "config.json", "model.safetensors"}
    assert (found.folder / "model.safetensors").read_bytes() == b"weights"
    assert hub.license_of(found.folder) == "apache-2.0"


def test_a_model_that_the_hub_lacks_is_told(endpoint: str) -> None:
    with pytest.raises(ModelError, match="没有这个模型"):
        hub.fetched("owner/other")


def test_without_network_the_way_over_another_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reach("http://127.0.0.1:9", tmp_path, monkeypatch)
    with pytest.raises(ModelError, match=r"下载失败.*export"):
        hub.fetched("owner/made")


@pytest.mark.parametrize(
    ("names", "weights"),
    [
        (["model.bin", "model.safetensors"], ["model.bin"]),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "pytorch_model.bin"], None),
        (["pytorch_model.bin", "tf_model.h5", "flax_model.msgpack"], ["pytorch_model.bin"]),
        (["x/model.bin", "model.gguf"], []),
    ],
)
def test_of_several_formats_one_is_taken(names: list[str], weights: list[str] | None) -> None:
    sizes = dict.fromkeys([*names, "config.json", "merges.txt", "README.md", "photo.png"], 1)
    if weights == []:
        with pytest.raises(ModelError, match="没有可用的权重"):
            hub.wanted(sizes, "owner/made")
        return
    assert hub.wanted(sizes, "owner/made") == sorted(
        [*(weights or names[:2]), "config.json", "merges.txt", "README.md"]
    )


@pytest.mark.parametrize(
    ("text", "known"),
    [("BELLE-2/Belle-whisper-large-v3-turbo-zh", True), ("a/b/c", False), ("../x", False), ("x", False)],
)
def test_ids_are_told_from_folders(text: str, known: bool) -> None:
    assert hub.is_id(text) is known
