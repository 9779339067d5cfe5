"""Pictures of every page at both sizes for the documentation: `python -m bench.seen.pictures`.

Takes a demo centre, does in it what some pages need to be seen at work, and writes docs/images and docs/pictures.md.
With `--scheme dark` or `--folder` the pictures are only for looking at, and the documentation stays as it is.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from bench import marked
from bench.seen import house, paths
from bench.seen.house import SIZES, House, audible, desk, filled, serving, sign_in
from bench.seen.paths import ADMIN, INSPECTOR, Shown
from service.settings import Settings

ROOT: Final = Path(__file__).parents[2]
IMAGES, GALLERY = ROOT / "docs" / "images", ROOT / "docs" / "pictures.md"
COMMAND: Final = "python -m bench.seen.pictures"
Scheme = Literal["light", "dark"]
_QUALITY: Final = 55
_SAMPLES: Final = ROOT / "samples"
_PASTED: Final = "2001\t王小明\n2002\t赵丽华\n1001\t王建国"


def _uploading(page: Page) -> None:
    names = ("phone-mono-good.wav", "phone-stereo-bad-right.wav", "phone-stereo-good-left.json")
    shown = ("20260302-093015_1001_01_呼入.wav", "窗口录音 3.wav", "20260302-101500.json")
    files = [
        {"name": told, "mimeType": "audio/wav", "buffer": (_SAMPLES / name).read_bytes()}
        for name, told in zip(names, shown, strict=True)
    ]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    page.wait_for_selector("#rows tr:nth-child(2)")


def _pasting(page: Page) -> None:
    page.get_by_role("textbox").fill(_PASTED)
    page.get_by_role("button", name="看一看").click()
    page.wait_for_selector("[data-focus]")


def _adding_a_user(page: Page) -> None:
    taken = page.locator("tbody tr").count()
    page.get_by_text("新增用户").click()
    page.get_by_label("用户名").fill(f"wang{taken}")
    page.get_by_label("姓名").fill("王督查")
    page.get_by_label("角色").select_option("inspector")
    page.get_by_role("button", name="新增").click()
    page.wait_for_selector("code.once")


def _adding_a_key(page: Page) -> None:
    if not page.locator("input[name=scopes]").first.is_visible():
        page.get_by_text("新增密钥").click()
    page.get_by_label(re.compile("给谁用")).fill("3 号窗口的录音机")
    page.locator("input[name=scopes]").first.check()
    page.get_by_role("button", name="新增").click()
    page.wait_for_selector("code.once")


def _sampling(page: Page) -> None:
    page.locator("#sample").fill(
        "分机,开始时间,时长,文件\n8001,2026-03-02 09:15:00,65,a.wav\n8009,2026-03-02 09:20,30,b.wav"
    )
    page.get_by_role("button", name="看一看样本").click()
    page.wait_for_selector("#understood")


def _ticking(page: Page) -> None:
    page.locator("#all").check()
    page.get_by_role("button", name="一起处理选中的").click()
    page.wait_for_selector("h1")


def _drawn(page: Page) -> None:
    if page.locator("#player[data-peaks]").count():  # else its sound is gone, as the page says
        page.wait_for_selector("#player[data-ready=yes]")


ACTS: Final[Mapping[str, Callable[[Page], None]]] = {
    "upload": _uploading,
    "centre": _pasting,
    "users-once": _adding_a_user,
    "keys-once": _adding_a_key,
    "recorder": _sampling,
    "pending-several": _ticking,
    "recording": _drawn,
    "recording-member": _drawn,
}
_MORE: Final = (
    Shown(who=INSPECTOR, name="pending-several", title="一起处理几个录音", path="/pending"),
    Shown(who=INSPECTOR, name="nowhere", title="没有这一页", path="/nowhere"),
    Shown(who=INSPECTOR, name="forbidden", title="没有权限", path="/users"),
    Shown(who=INSPECTOR, name="wrong-filter", title="筛选条件有误", path="/recordings?score_from=abc"),
    Shown(who=ADMIN, name="users-once", title="新增的用户和一次性密码", path="/users"),
    Shown(who=ADMIN, name="keys-once", title="新增的密钥只显示一次", path="/settings/keys"),
)
_OUTSIDE: Final = (Shown(who="", name="signin", title="登录", path="/signin"),)
_FRESH: Final = (Shown(who="", name="first", title="建立第一位管理员", path="/first"),)


def taken(
    running: House, opened: Browser, pages: tuple[Shown, ...], size: str, scheme: Scheme
) -> Iterator[tuple[Shown, bytes]]:
    """Take a picture of the first screen of each page, as who opens it."""
    for who in dict.fromkeys(each.who for each in pages):
        page = desk(opened, size, color_scheme=scheme, reduced_motion="reduce")
        if who:
            sign_in(page, running.url, who)
        for shown in (each for each in pages if each.who == who):
            page.goto(running.url + shown.path, wait_until="load")
            if act := ACTS.get(shown.name):
                act(page)
            page.evaluate("document.activeElement?.blur(), scrollTo(0, 0)")
            page.wait_for_timeout(150)
            yield shown, page.screenshot()
        page.context.close()


def small(picture: bytes) -> bytes:
    """Return a picture as WebP."""
    held = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(held, "WEBP", quality=_QUALITY, method=6)
    return held.getvalue()


def file_name(shown: Shown, size: str) -> str:
    """Return the name of a picture."""
    return f"web-{shown.name}{'' if size == 'desk' else '-phone'}.webp"


def gallery(pages: tuple[Shown, ...]) -> str:
    """Return all pictures as Markdown, each page at both sizes."""
    return "\n\n".join(
        f"### {each.title}\n\n"
        f'<img src="images/{file_name(each, "desk")}" alt="{each.title}" width="640"> '
        f'<img src="images/{file_name(each, "phone")}" alt="{each.title}，在手机上" width="200">'
        for each in pages
    )


def every(known: Mapping[str, str]) -> tuple[Shown, ...]:
    """Return all pages of a centre that works, with the numbers of this one."""
    return tuple(replace(each, path=each.path.format(**known)) for each in (*_OUTSIDE[:1], *paths.PAGES, *_MORE))


def _written(running: House, opened: Browser, pages: tuple[Shown, ...], asked: argparse.Namespace) -> None:
    for size in asked.sizes:
        for shown, picture in taken(running, opened, pages, size, asked.scheme):
            (asked.folder / file_name(shown, size)).write_bytes(small(picture))
            print(shown.name, size, flush=True)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("/tmp/speechaudit-seen"))  # noqa: S108
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--folder", type=Path, default=IMAGES)
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=tuple(SIZES))
    parser.add_argument("--only", nargs="*", default=())
    asked = parser.parse_args()
    centre = asked.data / "centre"
    centre.mkdir(parents=True, exist_ok=True)
    asked.folder.mkdir(parents=True, exist_ok=True)
    filled(centre)

    def wanted(pages: tuple[Shown, ...]) -> tuple[Shown, ...]:
        return tuple(each for each in pages if not asked.only or each.name in asked.only)

    with house.browser() as opened:
        with tempfile.TemporaryDirectory() as fresh, serving(Settings(data=Path(fresh))) as running:
            _written(running, opened, wanted(_FRESH), asked)
        with serving(Settings(data=centre)) as running:
            known = paths.known(running.database, running.settings.appeal_days)
            pages = every(known)
            audible(running, [int(known[name]) for name in ("recording", "own")])
            _written(running, opened, wanted(pages), asked)
    if asked.folder == IMAGES:
        marked.put(GALLERY, COMMAND, gallery((*_FRESH, *pages)))


if __name__ == "__main__":
    main()
