"""The service under load for half an hour: does anything grow, does anything slow down?

`python -m bench.load [--minutes 30] [--rate 0.5]` starts server and workers (the recogniser only waits, all else is
real) on a PostgreSQL of their own, uploads `--rate` recordings a second, lets twenty people look at pages and a
receiver take webhooks, all by loopback, and writes what each minute was like into docs/reliability.md, with how much
everything grew by a straight line through all of it, and whether that is within limits. It fails if it is not.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from queue import Empty, Queue
from typing import Final

import httpx
import psutil

from bench import kill, marked, pages
from bench.crew import Crew
from bench.trends import SHOWN, TOLD, UPLOAD, Look, Run, flat, tables
from service.auth.identity import COOKIE
from service.settings import Settings
from service.store import Database, accounts, webhooks

PAGE: Final = Path(__file__).parents[1] / "docs" / "reliability.md"
LOOPBACK: Final = ip_network("127.0.0.0/8")
PEOPLE, WORKERS = 20, 2
HEARS: Final = 2.0  # seconds that the recogniser waits for a recording
THINKS: Final = 2.0  # seconds between two pages of a person, on average
SOUND: Final = 200_000  # bytes of a recording
LOOKED_AT: Final = ("/today", "/recordings", "/review", "/reports", "/cases", "/inbox", "/pending")
LOOK_EVERY: Final = 5.0
WARMS_UP: Final = 60.0  # seconds that do not count: every program is slower then


def uploading(run: Run, key: str, rate: float) -> None:
    """Upload a recording whenever the next one is due, however long the one before took."""
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        for number in itertools.count():
            if run.ends.wait(max(0.0, number / rate - run.now)):
                return
            sound = f"recording {number} ".encode().ljust(SOUND, b".")
            files = {"file": (f"{number}.wav", sound, "audio/wav")}
            told = {"metadata": '{"setting": "phone"}'}
            at = run.now
            answer = run.ask(UPLOAD, partial(client.post, f"{run.url}/api/v1/recordings", files=files, data=told))
            if answer is not None and answer.is_success:
                run.sent[answer.json()["id"]] = at


def looking(run: Run, token: str, chance: random.Random) -> None:
    """Look at one page after the other, as a person does."""
    with httpx.Client(cookies={COOKIE: token}, timeout=60, follow_redirects=True) as client:
        while not run.ends.wait(chance.expovariate(1 / THINKS)):
            run.ask(SHOWN, partial(client.get, f"{run.url}{chance.choice(LOOKED_AT)}"))


def watching(run: Run, crew: Crew, database: Database) -> None:
    """Look at the processes every few seconds."""
    while not run.ends.wait(LOOK_EVERY):
        server = [psutil.Process(crew.server), *psutil.Process(crew.server).children(recursive=True)]
        workers = [psutil.Process(pid) for pid in crew.pids]
        held, heard = (sum(each.memory_info().rss for each in group) for group in (server, workers))
        files = sum(each.num_fds() for each in (*server, *workers))
        over = kill.ended(database)
        run.looks.append(Look(run.now, held, heard, files, over, waiting=len(run.sent)))


@contextmanager
def receiver() -> Iterator[tuple[str, Queue[int]]]:
    """Give the address of a receiver of webhooks, and the recordings that it is told of."""
    got: Queue[int] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            got.put(int(told["data"]["recording_id"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", got
        server.shutdown()


def told_of(run: Run, got: Queue[int]) -> None:
    """Note what the receiver is told."""
    while not run.ends.is_set():
        with suppress(Empty):
            run.told(got.get(timeout=1))


def signed_in(database: Database, number: int) -> list[str]:
    """Return the tokens of so many inspectors."""
    tokens = []
    with database.write() as session:
        for n in range(number):
            user = accounts.add_user(session, f"inspector {n}", "not the hash of any password", "inspector")
            tokens.append(accounts.sign_in(session, user.id, 24.0)[0])
    return tokens


def ready(url: str) -> None:
    """Wait until the service answers. Raises TimeoutError."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise TimeoutError(f"{url} does not answer")


def loaded(settings: Settings, *, seconds: float, rate: float) -> tuple[Run, int]:
    """Return what a run was like, and how many webhooks came."""
    database = Database(settings.database)
    database.migrate()
    key, tokens = kill.key_for(database), signed_in(database, PEOPLE)
    with receiver() as (address, got), Crew(settings, workers=WORKERS, seconds=HEARS, serve=True) as crew:
        with database.write() as session:
            webhooks.add_webhook(
                session, address, f"whsec_{base64.b64encode(bytes(32)).decode()}", ["recording.audited"]
            )
        ready(crew.url)
        run = Run(crew.url)
        work: list[Callable[[], None]] = [partial(uploading, run, key, rate), partial(watching, run, crew, database)]
        work.append(partial(told_of, run, got))
        work += [partial(looking, run, token, random.Random(n)) for n, token in enumerate(tokens)]
        threads = [threading.Thread(target=each, daemon=True) for each in work]
        for thread in threads:
            thread.start()
        run.ends.wait(WARMS_UP)
        run.forget()
        run.ends.wait(seconds)
        run.ends.set()
        for thread in threads:
            thread.join(90)
    database.close()
    return run, sum(each.kind == TOLD for each in run.taken)


def load_of(rate: float) -> str:
    """Return the load in words."""
    return (
        f"(开头的一分钟不算),每秒 {rate:g} 个录音(每个 {SOUND // 1000} KB,识别是假的,等 {HEARS:g} 秒),"
        f"{PEOPLE} 个人看网页,{WORKERS + 1} 个 worker,PostgreSQL,全在{machine()}上。"
    )


def machine() -> str:
    """Return the machine in words."""
    return f"{psutil.cpu_count()} 核、{psutil.virtual_memory().total / (1 << 30):.0f} GB 内存的一台机器"


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=0.5)
    parser.add_argument("--print", action="store_true", help="print instead of writing into the page")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="speechaudit-load-") as folder:
        Path(folder).chmod(0o755)  # the server of PostgreSQL runs as another user
        data = Path(folder) / "data"
        data.mkdir()
        with pages.databases(Path(folder) / "server") as urls:
            known = Settings(
                data=data, database_url=kill.another(urls["PostgreSQL"], "load"), webhook_networks=(LOOPBACK,)
            )
            run, got = loaded(known, seconds=60 * asked.minutes, rate=asked.rate)
    text = tables(run, f"{asked.minutes:g} 分钟{load_of(asked.rate)}收到推送 {got} 次。", asked.minutes)
    if asked.print:
        print(text)
    else:
        marked.put(PAGE, "make bench-load", text)
    sys.exit(not flat(run))


if __name__ == "__main__":
    main()
