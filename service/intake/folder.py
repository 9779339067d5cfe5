"""A watched folder: what has come to rest is taken in once and moves to `done` or `failed`.

The state of a file is where it lies, and what the store knows of its bytes; nothing else is kept. The steps are: (1)
the sound is kept, (2) recording or 待处理 is stored in one transaction, (3) the file moves. After each the power may
fail: a file that is found again goes through the same steps, and the store knows its bytes by their SHA-256, so that
it stays one recording. Network shares tell of no changes, so the folder is looked through again and again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Final

from service.errors import ConfigError, TooLargeError, UnavailableError
from service.ingest import receiving
from service.ingest.call_record import CallRecord, merged
from service.ingest.fields import by_name
from service.ingest.receiving import IncomingFile, Receipt, of_recorder
from service.intake.call_logs import CallLogs
from service.intake.files import (
    DONE,
    FAILED,
    FoundFile,
    Settling,
    explain,
    files,
    has_sound,
    is_sound,
    move,
    pieces,
    place_and_stem,
    shown,
    unchanged,
    written,
)
from service.intake.kinds import sidecar
from service.services import Services
from service.sources import WITH_LOG, Source, below

log = logging.getLogger(__name__)
_MARK: Final = 8
_OTHER_PARTY: Final = "这个文件里只有群众一方的声音,不单独稽核"
_PLACES: Final = {"new": DONE, "known": DONE, "pending": FAILED, "discarded": FAILED}
_DISCARDED: Final = "同样的录音以前已被放弃"


class Folder:
    """The folder of one source. `scan` looks through it once.

    `roots` bound it where it was set on the page: what lies elsewhere meanwhile, behind a link, is not looked at.
    """

    def __init__(self, services: Services, source: Source, roots: Sequence[Path] | None = None) -> None:
        assert source.folder is not None
        self._services = services
        self._source = source
        self._root = source.folder
        self._zone = source.zone(services.settings.zone)
        self._noted: set[FoundFile] = set()
        self._beside: dict[tuple[Path, str], Path] = {}
        self._patience = source.wait_minutes * 60
        self._settling = Settling(source.settle_seconds)
        self._roots = roots
        self._over = False
        self._logs = CallLogs(source, self._zone, roots) if source.kind in WITH_LOG else None

    def scan(self) -> Counter[str]:
        """Take in what has come to rest, and count what became of it. Raises OSError, ServiceError."""
        if self._roots is not None and not self._lies_there(self._roots):
            raise ConfigError(str(self._root), "不再是允许的文件夹", "请检查设置 intake_folders,以及它是不是换成了链接")
        found = list(files(self._root))
        self._settling.note(found)
        self._noted &= set(found)
        self._beside = dict(sidecar.beside(found))
        ready = [each for each in found if is_sound(each.path) and self._settling.settled(each.path)]
        if ready and self._logs:
            self._logs.refresh()
        counts = Counter(self._guarded(each) for each in takewhile(lambda _: not self._over, ready))
        self._clear_sidecars(found)
        return counts

    def _lies_there(self, roots: Sequence[Path]) -> bool:
        return self._root.resolve() == self._root and below(self._root, roots)

    def end(self) -> None:
        """Take in no more after the file that is under way: the source was changed or switched off."""
        self._over = True

    def _guarded(self, found: FoundFile) -> str:
        """Take in one file; whatever nobody foresaw ends with its reason, and the others do not wait for it."""
        try:
            return self._handled(found)
        except FileNotFoundError:  # taken away, or changed its place, while it was looked at
            return "waits"
        except UnavailableError:
            raise
        except OSError as problem:
            return self._troubled(found, problem)
        except Exception as problem:
            log.exception("a file could not be taken in")
            self._refuse(found, f"内部错误({type(problem).__name__}:{problem}),请查看日志")
            return "pending"

    def _troubled(self, found: FoundFile, problem: OSError) -> str:
        """Log once for each file what the disk or the share does not give now; it may give it later."""
        if found not in self._noted:
            log.warning("%s: %s cannot be read or moved now: %s", self._source.name, shown(found.path), problem)
            self._noted.add(found)
        return "waits"

    def _refuse(self, found: FoundFile, reason: str) -> None:
        receipt = receiving.receive_unusable(self._services, self._file(found), reason)
        self._put_away(found.path, receipt, "0" * _MARK)

    def _handled(self, found: FoundFile) -> str:
        """Take in one file and return what became of it; `waits` if it must be looked at again."""
        record = self._record(found)
        if record is None:
            return "waits"
        if record.other_party:
            return self._set_aside(found)
        try:
            receipt = self._received(found, record)
        except (TooLargeError, PermissionError) as problem:
            self._refuse(found, problem.problem if isinstance(problem, TooLargeError) else "没有读取的权限")
            return "pending"
        if receipt is None:
            return "waits"
        self._put_away(found.path, receipt, receipt.sha256[:_MARK])
        return receipt.state

    def _received(self, found: FoundFile, record: CallRecord) -> Receipt | None:
        """Return what the store says; None if the file changed while it was read, or is empty."""
        with self._services.audio.draft() as draft:
            for piece in pieces(found.path):
                draft.write(piece)
            if draft.size != found.state.size or not unchanged(found):
                return None
            if draft.size:
                return receiving.receive(self._services, self._file(found), record, draft)
        self._refuse(found, "文件是空的(0 字节),录音没有写入")
        return None

    def _file(self, found: FoundFile) -> IncomingFile:
        return of_recorder(self._source, shown(found.path), written(found))

    def _put_away(self, path: Path, receipt: Receipt, mark: str) -> None:
        """Place the reason first, then the sound, then the file beside it: a scan looks for the sound."""
        place = _PLACES[receipt.state]
        if told := _told(receipt):
            explain(self._root, path, place, mark, told)
        beside = self._sidecar(path)
        target = move(self._root, path, place, mark)
        if target and beside:
            move(self._root, beside, place, mark)
        log.info("%s: %s is %s %d", self._source.name, shown(path), receipt.state, receipt.number)

    def _set_aside(self, found: FoundFile) -> str:
        move(self._root, found.path, DONE, f"{found.state.mtime_ns:x}"[-_MARK:])
        log.info("%s: %s: %s", self._source.name, shown(found.path), _OTHER_PARTY)
        return "other party"

    def _record(self, found: FoundFile) -> CallRecord | None:
        """Return what is known of a recording; None as long as more may come: logs are often written later."""
        path = found.path
        name = by_name(self._source, shown(path), self._zone)
        more, problem = self._written_record(found, name)
        if more is None:
            if self._settling.waited(path) < self._patience:
                return None
            return replace(name, doubts=(*name.doubts, *problem))
        return merged(name, more, self._source.clock)

    def _written_record(self, found: FoundFile, name: CallRecord) -> tuple[CallRecord | None, tuple[str, ...]]:
        """Return what log or sidecar tell, else why they do not, in Chinese."""
        if self._source.kind == "name":
            return CallRecord(), ()
        if self._logs:
            call = self._logs.find(shown(found.path), name.ids, written(found))
            return call, ("通话记录里没有这个录音", *self._logs.problems())
        beside = self._sidecar(found.path)
        if beside is None:
            return None, (f"没有说明文件({'、'.join(found.path.stem + suffix for suffix in sidecar.SUFFIXES)})",)
        if not self._settling.settled(beside):
            return None, ("说明文件还在写入",)
        return sidecar.told(beside, self._source, self._zone)

    def _sidecar(self, path: Path) -> Path | None:
        """Return the file beside a recording, in the order of the suffixes."""
        if self._source.kind != "sidecar":
            return None
        return self._beside.get(place_and_stem(path))

    def _clear_sidecars(self, found: list[FoundFile]) -> None:
        """Finish moves that were broken off between a recording and the file beside it."""
        if self._source.kind != "sidecar":
            return
        stems = {place_and_stem(each.path) for each in found if is_sound(each.path)}
        for each in found:
            alone = each.path.suffix.casefold() in sidecar.SUFFIXES and place_and_stem(each.path) not in stems
            if alone and self._settling.waited(each.path) >= self._patience:
                relative = each.path.relative_to(self._root)
                for place in (place for place in (DONE, FAILED) if has_sound(self._root / place / relative)):
                    move(self._root, each.path, place, f"{each.state.mtime_ns:x}"[-_MARK:])


def _told(receipt: Receipt) -> str:
    """Return what whoever looks after the folder should know, in Chinese; empty if all is well."""
    if _PLACES[receipt.state] == FAILED:
        reasons = receipt.reasons or (_DISCARDED,)
        return f"待处理 {receipt.number}:\n" + "\n".join(f"- {each}" for each in reasons)
    if not receipt.differs:
        return ""
    differs = "\n".join(f"- {each.name}:保存的是 {each.kept},这次说的是 {each.given}" for each in receipt.differs)
    return f"以前收到过,是录音 {receipt.number}。这次说的不同,没有采用;要改请更正录音(PATCH):\n{differs}"
