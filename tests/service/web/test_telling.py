"""Every fault on a page names the field as the page does, never as programs do."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from service.api.account import NewPassword, SignIn
from service.api.cases import AppealIn, CommentIn, DecisionIn
from service.api.findings import SearchIn
from service.api.intake import CompletedIn
from service.api.multipart import UploadMetadata
from service.api.notices import ChannelIn
from service.api.people import KeyIn, UserChange, UserIn
from service.api.recordings import CorrectionIn
from service.api.reports import Period
from service.api.reviews import MarkIn
from service.api.webhooks import WebhookChange, WebhookIn
from service.web import application, words
from tests.service.web_kit import Web, text_of

# What a person may fill in on a page, as the API takes it.
SHAPES: tuple[type[BaseModel], ...] = (
    AppealIn, ChannelIn, CommentIn, CompletedIn, CorrectionIn, DecisionIn, KeyIn, MarkIn, NewPassword, Period, SearchIn,
    SignIn, UserChange, UserIn, WebhookChange, WebhookIn,
)  # fmt: skip
NOT_ASKED = {"active", "format"}
OF_PROGRAMS = re.compile(r"\b(?:query|path|body|metadata)\.|\b[a-z]+(?:_[a-z]+)*[::]")


def asked(dependant: Dependant) -> Iterator[str]:
    for param in dependant.query_params:
        shape = param.field_info.annotation
        yield from shape.model_fields if isinstance(shape, type) and issubclass(shape, BaseModel) else (param.alias,)
    for each in dependant.dependencies:
        yield from asked(each)


def test_every_field_has_a_name_for_people() -> None:
    sent = {name for each in SHAPES for name in each.model_fields}
    sent |= {each.name for each in dataclasses.fields(UploadMetadata)}
    routes = [each for page in application.PAGES for each in page.routes.routes]
    sent |= {name for each in routes for name in asked(each.dependant)}  # type: ignore[attr-defined]
    assert len(sent) > 40
    assert sorted(sent - NOT_ASKED - set(words.FIELDS)) == []


@pytest.mark.parametrize(
    ("where", "name"),
    [("staff", "工号"), ("query.limit", "每页几个"), ("legs.0.staff", "工号"), ("录音 7", "录音 7"), ("text", "文字")],
)
def test_a_place_is_called_by_its_last_part_that_has_a_name(where: str, name: str) -> None:
    assert words.called(where) == name


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/pending?state=never", "哪些：取值不在允许的范围内"),
        ("/pending?ticked=maybe", "全选："),
        ("/pending?cursor=nonsense", "翻页的位置:"),
        ("/recordings?cursor=nonsense", "翻页的位置："),
        ("/recordings?verdict=never", "判定："),
        ("/recordings?limit=9999", "每页几个："),
        ("/recordings/1/mark?start=x&end=1", "开始时间："),
        ("/review/1?undo=x", "撤销哪一个："),
    ],
)
def test_an_address_that_cannot_be_is_told_in_the_words_of_the_page(web: Web, path: str, told: str) -> None:
    web.audited(1, "我不知道。")
    browser = web.browser("inspector")
    page = browser.get(path)
    shown = text_of(page).partition("退出登录")[2]
    assert (page.status_code, told in shown) == (422, True), shown
    assert "openapi" not in shown and OF_PROGRAMS.search(shown) is None, shown
    part = browser.get(path, headers={"HX-Request": "true"})
    assert OF_PROGRAMS.search(text_of(part).partition("退出登录")[2]) is None
