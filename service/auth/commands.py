"""`speechaudit user` and `speechaudit key`: the first administrator, and keys for other machines."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store import Database
    from service.store.accounts import UserRole

ROLES = click.Choice(["admin", "inspector", "lead", "staff"])


@contextmanager
def _database() -> Iterator[Database]:
    from service import settings
    from service.store import Database

    database = Database(settings.load().database)
    try:
        database.migrate()
        yield database
    finally:
        database.close()


def _note(session: Session, action: str, what: str) -> None:
    from service.store import logbook

    logbook.note(session, who="shell", name=getpass.getuser(), action=f"speechaudit {action}", what=what)


@click.group()
def user() -> None:
    """用户:新增、改密码、列出。"""


@user.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=ROLES,
    required=True,
    help="admin 管理员,inspector 督查,lead 窗口负责人,staff 工作人员。",
)
@click.option("--staff", "number", help="这位用户的工号(工作人员必填)。")
@click.option("--window", "windows", multiple=True, help="负责的窗口,可多次给出(窗口负责人必填)。")
@click.option("--generate", is_flag=True, help="自动生成密码,只显示一次。")
def add_user(name: str, role: UserRole, number: str | None, windows: tuple[str, ...], generate: bool) -> None:
    """新增一位用户;密码在提示后输入,没有默认密码;本人首次登录须更换。"""
    from service.auth import passwords, users
    from service.store import accounts

    password = _password(generate)
    password_hash = passwords.hashed(password)
    with _database() as database, database.write() as session:
        # Who sets up the first account is who will use it.
        due = generate or accounts.any_admin(session)
        new = users.NewUser(
            name=name, password_hash=password_hash, role=role, staff=number, windows=windows, must_change=due
        )
        users.add(session, new)
        _note(session, "user add", f"{name} ({role})")
    click.echo(f"已新增用户 {name}({role})")
    if generate:
        click.echo(f"密码(只显示这一次):{password}")


@user.command("password")
@click.argument("name")
@click.option("--generate", is_flag=True, help="自动生成密码,只显示一次。")
def change_password(name: str, generate: bool) -> None:
    """更换一位用户的密码,并退出其所有登录;本人登录后须再更换。"""
    from service.auth import login, passwords
    from service.errors import NotFoundError
    from service.store import accounts

    with _database() as database:
        with database.read() as session:
            if accounts.user_named(session, name) is None:
                raise NotFoundError(f"用户 {name}", "不存在", "请用 speechaudit user list 查看")
        password = _password(generate)
        password_hash = passwords.hashed(password)
        with database.write() as session:
            row = accounts.user_named(session, name)
            if row is not None:
                login.set_password(session, row, password_hash, must_change=True)
            _note(session, "user password", name)
    click.echo(f"已更换 {name} 的密码")
    if generate:
        click.echo(f"密码(只显示这一次):{password}")


@user.command("list")
def list_users() -> None:
    """列出所有用户。"""
    from service.store import accounts

    with _database() as database, database.read() as session:
        for row in accounts.users(session):
            click.echo(f"{row.name}\t{row.role}\t{'启用' if row.active else '停用'}")


def _password(generate: bool) -> str:
    from service.auth import passwords

    if generate:
        return passwords.generated()
    return str(click.prompt("密码", hide_input=True, confirmation_prompt="再输一遍"))


@click.group()
def key() -> None:
    """密钥:供录音设备和其他系统调用接口。"""


@key.command("add")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="权限,可多次给出,例如 recordings:write。")
@click.option("--days", type=click.IntRange(1, 3650), help="有效天数(默认不过期)。")
def add_key(name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """新增一个密钥;只显示这一次。"""
    from service.auth import users
    from service.store.base import now

    expires = now() + timedelta(days=days) if days else None
    with _database() as database, database.write() as session:
        text, row = users.add_key(session, name, scopes, expires_at=expires)
        _note(session, "key add", f"{row.id} {name} ({','.join(row.scopes)})")
        click.echo(f"密钥 {row.id}(只显示这一次):{text}")


@key.command("list")
def list_keys() -> None:
    """列出所有密钥。"""
    from service.store import accounts

    with _database() as database, database.read() as session:
        for row in accounts.api_keys(session):
            state = "已撤销" if row.revoked_at else f"到期 {row.expires_at or '不过期'}"
            click.echo(f"{row.id}\t{row.prefix}…\t{row.name}\t{','.join(row.scopes)}\t{state}")


@key.command("revoke")
@click.argument("number", type=int)
def revoke_key(number: int) -> None:
    """撤销一个密钥,立即生效。"""
    from service.store import accounts

    with _database() as database, database.write() as session:
        accounts.revoke(session, number)
        _note(session, "key revoke", str(number))
    click.echo(f"已撤销密钥 {number}")


@click.group("log")
def logbook_group() -> None:
    """操作日志:谁听了、看了、改了、导出了什么。"""


@logbook_group.command("verify")
@click.option("--head", help="以前记下的哈希;它之后的部分被截去也能发现。")
def verify_log(head: str | None) -> None:
    """核对操作日志有没有被改动、删除或截断。"""
    from service.errors import ConflictError
    from service.store import logbook

    with _database() as database, database.read() as session:
        checked = logbook.check(session, head)
    if checked.broken is None:
        click.echo(f"完好:{checked.entries} 条,最新的哈希是 {checked.head or '(空)'}。请另外记下,下次用 --head 核对")
        return
    what = "被截断:没有以前记下的那一条" if checked.cut else "被改动,或它之前有删除"
    raise ConflictError(
        f"操作日志第 {checked.broken} 条", what, f"它之前的 {checked.entries} 条完好;请保全数据库并查明原因"
    )


@logbook_group.command("show")
@click.option("--limit", type=click.IntRange(1, 100000), default=50, show_default=True, help="最多几条。")
def show_log(limit: int) -> None:
    """列出最近的操作,新的在前;时间按设置的时区。"""
    from service import settings
    from service.store import logbook

    zone = settings.load().zone
    with _database() as database, database.read() as session:
        for row in logbook.entries(session, limit=limit):
            at = row.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
            click.echo(f"{row.id}\t{at}\t{row.who}\t{row.name}\t{row.action}\t{row.what}")


@click.command()
def retain() -> None:
    """现在就按保存期限(keep_*_days)删除过期的声音、转写和稽核结果;worker 每小时也做一次。"""
    from service import settings
    from service.audio import AudioStore
    from service.retention import Retention

    known = settings.load()
    with _database() as database:
        counts = Retention(known, database, AudioStore(known)).run()
    names = {"audio": "声音", "transcript": "转写", "audit": "全部结果", "report": "签发的报告"}
    click.echo("已删除:" + (",".join(f"{names[kind]} {n} 个" for kind, n in counts.items()) or "没有设置保存期限"))
