"""The lists of cases: staff see what they can contest, and until when; leads and inspectors what waits."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from service.store.audits import FindingRow
from service.store.base import now
from service.store.reviews.tables import ReviewCase
from tests.service.court import ask, fill, judged, number
from tests.service.service_kit import audit_of, audited, finding
from tests.service.web_kit import Web, read, text_of


def test_staff_see_what_can_be_contested_and_its_days(web: Web) -> None:
    fill(web, people=False)
    browser = web.browser("staff")
    assert browser.get("/").headers["location"] == "/cases"
    page = browser.get("/cases")
    assert "还有 15 天" in text_of(page) and f'href="/cases/{number(web)}"' in page.text
    assert "/reports/staff/1017" in page.text
    ask(web, "POST", f"/findings/{number(web)}/appeal", "staff", reason="是转述")
    assert "没有可以申诉的判定" in text_of(browser.get("/cases"))
    shown = text_of(web.browser("lead").get("/cases"))
    assert "等待裁定的申诉（1）" in shown and "工号1017 1017" in shown and "窗口1" in shown
    assert "等待裁定的申诉（1）" in text_of(web.browser("inspector").get("/cases"))


def test_what_can_be_contested_is_turned_page_by_page(web: Web) -> None:
    rules = [finding(f"forbidden.{place:02}", "fail", "不知道") for place in range(45)]
    with web.db.write() as session:
        audited(session, 1, judged(*rules), staff_id=1, window_id=1)
    pages = turned(web, "terms", "staff")
    assert [len(each) for each in pages] == [20, 20, 5]
    assert sorted(each for page in pages for each in page) == list(range(1, 46))


def test_what_was_not_said_has_no_quote_and_what_costs_nothing_more_says_so(web: Web) -> None:
    late = finding("phone.ring", "fail", level="minor", points=0.0)
    with web.db.write() as session:
        audited(session, 1, audit_of("不知道", findings=(late,)), staff_id=1, window_id=1)
    shown = text_of(web.browser("staff").get("/cases"))
    assert "没有原话" in shown and "没有听到应说的话" not in shown and "不另扣分" in shown


def contested(web: Web, appealed: int, reviewed: int) -> None:
    """Findings 1, 2, … in the order in which something happened to them last: those under appeal wait longest."""
    every = appealed + reviewed
    found = judged(*(finding(f"forbidden.{place}", "fail", "不知道") for place in range(every)))
    with web.db.write() as session:
        audited(session, 1, found, staff_id=1, window_id=1)
        session.flush()
        for row in session.scalars(select(FindingRow)):
            state = "appealed" if row.id <= appealed else "reviewed"
            at = now() - timedelta(minutes=every - row.id)
            known = {"key": row.key, "rule": row.rule, "machine": "fail", "state": state, "changed_at": at}
            session.add(ReviewCase(recording_id=1, **known))


def turned(web: Web, name: str, role: str = "inspector") -> list[list[int]]:
    """The cases of one of the lists, page by page."""
    browser, way, found = web.browser(role), "", []
    while True:
        page = browser.get(f"/cases{way}")
        section = page.text[page.text.index(f'aria-labelledby="{name}"') :].partition("</section>")[0]
        found.append([int(each) for each in re.findall(r'"/cases/(\d+)"', section)])
        ways = [each for each in read(page).links if each.startswith(f"?{name}=")]
        if not ways:
            return found
        (way,) = (each.partition("#")[0] for each in ways)


def test_what_waits_longest_comes_first_however_much_happened_since(web: Web) -> None:
    contested(web, 55, 150)
    assert turned(web, "waiting") == [[*range(1, 51)], [*range(51, 56)]]
    assert turned(web, "rest") == [[*range(n, n - 50, -1)] for n in (205, 155, 105)]
    assert "等待裁定的申诉（55）" in text_of(web.browser("inspector").get("/cases"))
    assert "等待裁定的申诉 55 项" in text_of(web.browser("inspector").get("/review"))


def test_one_list_is_turned_and_the_other_stays(web: Web) -> None:
    contested(web, 51, 51)
    browser = web.browser("inspector")
    first = read(browser.get("/cases")).links
    waiting, rest = (next(each for each in first if each.startswith(f"?{name}=")) for name in ("waiting", "rest"))
    both = browser.get(f"/cases?{waiting[1:].partition('#')[0]}&{rest[1:].partition('#')[0]}")
    assert [f'"/cases/{each}"' in both.text for each in (1, 51, 52, 102)] == [False, True, True, False]
    assert f"?&{rest[1:].partition('#')[0]}#waiting" in read(both).links
    assert browser.get("/cases?rest=nonsense").status_code == 422
