"""Uploading with scripts: many at once, with their JSON, refused ones told, and a session that ends in between."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from service.store import accounts

from .conftest import PASSWORD, Running, sign_in
from .looks import complaints, shoot, too_wide

FILES: list[FilePayload] = [
    {"name": "a-1017.wav", "mimeType": "audio/wav", "buffer": b"RIFF one"},
    {"name": "b.wav", "mimeType": "audio/wav", "buffer": b"RIFF two"},
    {"name": "b.json", "mimeType": "application/json", "buffer": b'{"setting": "phone", "ring_seconds": 8}'},
    {"name": "empty.wav", "mimeType": "audio/wav", "buffer": b""},
    {"name": "c.wav", "mimeType": "audio/wav", "buffer": b"RIFF three"},
]


def test_each_file_has_its_own_outcome(page: Page, peopled: Running) -> None:
    sign_in(page, peopled.url, "inspector")
    page.goto(f"{peopled.url}/upload")
    expect(page.locator("#send")).to_be_hidden()  # files are sent from the table that is filled in first
    page.locator("#files").set_input_files(FILES)
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(1).get_by_label("场景")).to_have_value("phone")
    expect(rows.nth(2)).to_contain_text("文件是空的")
    rows.nth(3).get_by_label("工号").fill("9999")
    page.get_by_role("button", name="全部上传").click()
    expect(rows.nth(0)).to_contain_text("待补全")
    expect(rows.nth(1)).to_contain_text("排队")
    expect(rows.nth(3)).to_contain_text("工号:没有登记工号")  # and not "staff:", as programs are told
    shoot(page, "upload-outcomes")
    assert complaints(page) == []
    rows.nth(3).get_by_label("工号").fill("1018")
    rows.nth(3).get_by_role("button", name="重试").click()
    expect(page.locator("#summary")).to_have_text("已收下 3 个，共 4 个。")
    page.goto(f"{peopled.url}/upload")
    page.locator("#files").set_input_files(FILES[1:3])
    page.get_by_role("button", name="全部上传").click()
    expect(rows.first).to_contain_text("以前收到过")


def test_what_is_filled_in_survives_the_end_of_a_session(page: Page, peopled: Running) -> None:
    sign_in(page, peopled.url, "inspector")
    page.goto(f"{peopled.url}/upload")
    page.locator("#files").set_input_files(FilePayload(name="late.wav", mimeType="audio/wav", buffer=b"RIFF late"))
    row = page.locator("#rows tr")
    row.get_by_label("场景").select_option("counter")
    row.get_by_label("工号").fill("1017")
    with peopled.database.write() as session:
        user = accounts.user_named(session, "inspector")
        assert user is not None
        accounts.sign_out_everywhere(session, user.id)
    page.get_by_role("button", name="全部上传").click()
    expect(page.get_by_text("登录已经结束")).to_be_visible()
    page.get_by_label("用户名").fill("inspector")
    page.get_by_label("密码", exact=False).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("已重新登录")).to_be_visible()
    row.get_by_role("button", name="重试").click()
    expect(row).to_contain_text("看录音")
    expect(row.get_by_label("工号")).to_have_value("1017")


def test_it_fits_a_phone(phone: Page, peopled: Running) -> None:
    sign_in(phone, peopled.url, "inspector")
    phone.goto(f"{peopled.url}/upload")
    phone.locator("#files").set_input_files(FILES)
    expect(phone.locator("#rows tr")).to_have_count(4)
    shoot(phone, "upload-phone", whole=True)
    assert too_wide(phone) <= 0


DROP = """() => {
  const file = (name, text) => {
    const made = new File([text], name);
    return { isFile: true, name, file: (resolve) => resolve(made) };
  };
  const folder = (name, entries) => {
    const left = [entries, []];
    return { isFile: false, name, createReader: () => ({ readEntries: (resolve) => resolve(left.shift()) }) };
  };
  const beside = (number) => JSON.stringify({ setting: "counter", staff: number });
  const items = ["1017", "1018"].map((number) => ({
    webkitGetAsEntry: () => folder(number, [file("1.wav", `RIFF ${number}`), file("1.json", beside(number))]),
  }));
  const event = new Event("drop", { cancelable: true });
  event.dataTransfer = { items };
  document.getElementById("drop").dispatchEvent(event);
}"""


def test_dropped_folders_keep_their_sidecars_apart(page: Page, peopled: Running) -> None:
    sign_in(page, peopled.url, "inspector")
    page.goto(f"{peopled.url}/upload")
    page.evaluate(DROP)
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).get_by_label("工号")).to_have_value("1017")
    expect(rows.nth(1).get_by_label("工号")).to_have_value("1018")


def test_many_files_are_looked_at_in_parts(page: Page, peopled: Running) -> None:
    sign_in(page, peopled.url, "inspector")
    page.goto(f"{peopled.url}/upload")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/look") else None)
    many: list[FilePayload] = [
        {"name": f"{number}.wav", "mimeType": "audio/wav", "buffer": b"RIFF"} for number in range(101)
    ]
    page.locator("#files").set_input_files(many)
    expect(page.locator("#rows tr")).to_have_count(101)
    assert len(asked) == 2
