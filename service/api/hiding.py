"""Of the addresses in the log of requests only the path is kept: behind it stand keys of recorders and search texts."""

from __future__ import annotations

import logging
import re
from typing import Final

_QUERY: Final = re.compile(r"\?.*", re.DOTALL)


class QueryFilter(logging.Filter):
    """Covers what follows the path in what uvicorn notes of a request, in whatever spelling."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without its query."""
        if isinstance(record.args, tuple):
            record.args = tuple(_QUERY.sub("?***", each) if isinstance(each, str) else each for each in record.args)
        return True


def hide_queries() -> None:
    """Keep queries out of uvicorn's log of requests; call it when uvicorn has set its logs up."""
    logging.getLogger("uvicorn.access").addFilter(QueryFilter())
