"""Bodies that stop coming: a connection that is held open with a byte now and then would keep a draft and a place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRACE: Final = 60.0  # seconds without a byte that a bad line is given
SLOWEST: Final = 1024  # bytes a second on average behind that: the worst line that carried the call brings more
_TOO_SLOW: Final = 408


class Paced:
    """Ends requests whose body comes too slowly. Only waiting for the sender counts, not our own work."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a body that is waited for in measure."""
        await self._app(scope, _Body(receive).next if scope["type"] == "http" else receive, send)


@dataclass(slots=True)
class _Body:
    """What came so far, and for how many seconds it was waited for."""

    receive: Receive
    taken: int = 0
    waited: float = 0.0
    whole: bool = field(default=False, init=False)

    async def next(self) -> Message:
        """Return the next message. Raises HTTPException (408) if it does not come in time."""
        if self.whole:  # what is waited for now is the end of the connection
            return await self.receive()
        began = monotonic()
        try:
            async with asyncio.timeout(min(GRACE, GRACE + self.taken / SLOWEST - self.waited)):
                message = await self.receive()
        except TimeoutError as late:
            raise HTTPException(_TOO_SLOW, headers={"Connection": "close"}) from late
        self.waited += monotonic() - began
        self.taken += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        return message
