"""What the image is made of: `python -m tests.supply` writes an SBOM of the lock, checks it, and asks for known faults.

The SBOM (CycloneDX) needs no network, and must name each package of the lock in its version with the hash of each file.
For known faults a public database is asked; what it was not asked about, for want of a network, is said by name.
Exceptions are the identifiers in the table of docs/decisions/supply.md, beside their reasons.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.sources import ROOT

LOCKS: Final = tuple(ROOT / "deploy" / f"requirements-{name}.txt" for name in ("service", "service-gpu"))
REASONS: Final = ROOT / "docs" / "decisions" / "supply.md"
BUILT: Final = ROOT / "build"
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_EXCUSED: Final = re.compile(r"^\| (?P<id>(?:CVE|GHSA|PYSEC|OSV)-[\w-]+) \|", re.MULTILINE)
_PATIENCE: Final = 300.0  # seconds for all questions to the database


@dataclass(frozen=True, slots=True)
class Pinned:
    """A package as it is pinned: its version and the SHA-256 of each of its files."""

    version: str
    hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Audited:
    """What the database of known faults said: faults by package, and what it was not asked about."""

    faults: Mapping[str, tuple[str, ...]]
    unasked: tuple[str, ...]


def locked(text: str) -> dict[str, Pinned]:
    """Read a file of requirements with hashes. Raises ValueError for a line that pins nothing or has no hash."""
    found = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, hashes = _PINNED.match(line), frozenset(_HASH.findall(line))
        if not name or not hashes:
            raise ValueError(f"not pinned with hashes: {line}")
        found[_normal(name[1])] = Pinned(name[2], hashes)
    return found


def named(bom: Mapping[str, Any]) -> dict[str, Pinned]:
    """Read the components of an SBOM."""
    return {
        _normal(each["name"]): Pinned(
            each.get("version", ""),
            frozenset(h["content"] for link in each.get("externalReferences", ()) for h in link.get("hashes", ())),
        )
        for each in bom.get("components", ())
    }


def differences(lock: Mapping[str, Pinned], bom: Mapping[str, Pinned]) -> Iterator[str]:
    """Tell where an SBOM is not what is locked."""
    for name in sorted(lock.keys() | bom.keys()):
        if lock.get(name) != bom.get(name):
            yield f"{name}: locked {_told(lock.get(name))}, in the SBOM {_told(bom.get(name))}"


def audited(report: Mapping[str, Any], excused: frozenset[str]) -> Audited:
    """Read what pip-audit reports as JSON, without the excused faults, by any of their names."""
    packages = report["dependencies"]
    faults = {each["name"]: tuple(_faults(each.get("vulns", ()), excused)) for each in packages}
    unasked = tuple(each["name"] for each in packages if "skip_reason" in each)
    return Audited({name: told for name, told in faults.items() if told}, unasked)


def excused(reasons: str) -> frozenset[str]:
    """Return the faults that stand in the table of exceptions."""
    return frozenset(match["id"] for match in _EXCUSED.finditer(reasons))


def _faults(vulns: Any, excused: frozenset[str]) -> Iterator[str]:
    for each in vulns:
        if not excused & {each["id"], *each.get("aliases", ())}:
            yield f"{each['id']} (mended in {', '.join(each.get('fix_versions', ())) or 'no version yet'})"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _told(pinned: Pinned | None) -> str:
    return f"{pinned.version} with {len(pinned.hashes)} hashes" if pinned else "not at all"


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def written(lock: Path) -> list[str]:
    """Write the SBOM of a lock into `build`, and tell what is wrong with it."""
    BUILT.mkdir(exist_ok=True)
    path = BUILT / f"sbom-{lock.stem.removeprefix('requirements-')}.json"
    command = [_tool("cyclonedx-py"), "requirements", str(lock), "--output-reproducible", "--output-file", str(path)]
    subprocess.run(command, check=True, timeout=_PATIENCE)
    known = locked(lock.read_text(encoding="utf-8"))
    wrong = list(differences(known, named(json.loads(path.read_text(encoding="utf-8")))))
    print(f"{path.relative_to(ROOT)}: {len(known)} packages, {len(wrong)} not as locked", flush=True)
    return wrong


def asked(lock: Path) -> list[str]:
    """Ask for known faults of what is locked, and tell them; and print what nobody was asked about, and why."""
    how = "--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json"
    command = [_tool("pip-audit"), *how, "--requirement", str(lock)]
    try:
        run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_PATIENCE)
        found = audited(json.loads(run.stdout), excused(REASONS.read_text(encoding="utf-8")))
    except subprocess.TimeoutExpired:
        print(f"{lock.name}: NOT AUDITED, no answer of the database of known faults in {_PATIENCE:.0f} s")
        return []
    except json.JSONDecodeError:
        print(f"{lock.name}: NOT AUDITED, the database of known faults is out of reach: {run.stderr.strip()[-300:]}")
        return []
    if found.unasked:
        print(f"{lock.name}: NOT AUDITED, nobody knew of these {len(found.unasked)}: {', '.join(found.unasked)}")
    else:
        print(f"{lock.name}: no package is unknown to the database of known faults")
    return [f"{name}: {', '.join(told)}" for name, told in found.faults.items()]


def main() -> None:
    """From the command line: fails for an SBOM that is not what is locked, and for a known fault."""
    wrong = [each for lock in LOCKS for each in written(lock)]
    wrong += asked(LOCKS[0])
    print(*wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
