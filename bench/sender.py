"""A recorder that does not give up: it sends the same recording under the same key until that is taken."""

from __future__ import annotations

import io
import random
import time

import httpx

_SIZE = 300_000
_PAUSE_SECONDS = 0.3


class Slow(io.BytesIO):
    """Bytes that come as over a slow line."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Wait, then read."""
        time.sleep(random.uniform(0, _PAUSE_SECONDS))
        return super().read(size)


def send(url: str, key: str, number: int, limit: float) -> int:
    """Upload recording `number` and give its id. Raises TimeoutError if it is not taken within `limit` seconds."""
    deadline = time.monotonic() + limit
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"recording-{number}"}
    content = f"recording {number} ".encode().ljust(_SIZE, b".")
    while time.monotonic() < deadline:
        try:
            files = {"file": (f"{number}.wav", Slow(content), "audio/wav")}
            known = {"metadata": '{"setting": "phone"}'}
            answer = httpx.post(f"{url}/api/v1/recordings", headers=headers, files=files, data=known, timeout=30)
            if answer.is_success:
                return int(answer.json()["id"])
            answer.raise_for_status()
        except httpx.TransportError:
            pass
        except httpx.HTTPStatusError as problem:
            if problem.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise
        time.sleep(_PAUSE_SECONDS)
    raise TimeoutError(f"recording {number} was not taken")
