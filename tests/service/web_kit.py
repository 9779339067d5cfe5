"""A browser without scripts: it keeps cookies, follows redirects, and sends forms with what stands in them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from service.auth.identity import COOKIE
from service.store import Database, accounts
from service.web import application
from tests.service.api_kit import Api, client_of, with_shared_routes

ROOT = Path(__file__).parents[2]


@dataclass
class Sheet(HTMLParser):
    """What stands in a page: the text, the first form's hidden and filled fields, links."""

    text: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in known:
            self.fields[known["name"]] = known.get("value", "")
        if tag == "a" and "href" in known:
            self.links.append(known["href"])

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(response: Response) -> Sheet:
    sheet = Sheet()
    sheet.feed(response.text)
    return sheet


def text_of(response: Response) -> str:
    """The words of a page, blanks folded."""
    return re.sub(r"\s+", " ", html.unescape("".join(read(response).text)))


class Web(Api):
    """The application with its pages."""

    def __init__(self, db: Database, folder: Path, **settings: Any) -> None:
        super().__init__(db, folder, **settings)
        with_shared_routes(application.install(self.app), "pages")
        self.csrf = ""

    def browser(self, who: str | None) -> TestClient:
        """A browser where the user of this name is signed in, or nobody. It follows no redirects."""
        client = client_of(self.app, follow_redirects=False)
        if who is not None:
            with self.db.write() as session:
                user = accounts.user_named(session, who)
                assert user is not None
                token, row = accounts.sign_in(session, user.id, 1.0)
            client.cookies[COOKIE] = token
            self.csrf = row.csrf
        return client
