"""Keys in addresses (recorders that know no headers) stay out of the log of requests."""

from __future__ import annotations

import logging
import re
from typing import Final

_KEY: Final = re.compile(r"([?&]key=)[^&\s]*")


class KeyFilter(logging.Filter):
    """Covers the key in what uvicorn notes of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without its key."""
        if isinstance(record.args, tuple):
            record.args = tuple(_KEY.sub(r"\1***", each) if isinstance(each, str) else each for each in record.args)
        return True


def hide_keys() -> None:
    """To be called when uvicorn has set its logs up."""
    logging.getLogger("uvicorn.access").addFilter(KeyFilter())
