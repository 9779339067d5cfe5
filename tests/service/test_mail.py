"""Mail servers that are slow, refuse, lie or break off: each attempt ends, and no stranger gets a password."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from email import message_from_string
from typing import Any

import pytest
from aiosmtplib import SMTPException

from service import robots
from service.robots import MailServer

Answer = Callable[[str], str | None]
TEXT = "【语音稽核】录音 1 收到申诉。\nhttps://audit.example.cn/cases/1"


class Server:
    """A mail server; `answers` gives the reply to a line, None ends the connection. `got` holds all that came."""

    def __init__(self, greeting: str = "220 here", answers: Answer = lambda _: None, pause: float = 0.0) -> None:
        self.greeting, self.answers, self.pause = greeting, answers, pause
        self.got: list[str] = []
        self._taking = False

    async def __call__(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await self._say(writer, self.greeting)
            while line := (await reader.readline()).decode("utf-8", "replace"):
                self.got.append(line)
                if (reply := self._reply(line)) is None:
                    break
                await self._say(writer, reply)
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    def _reply(self, line: str) -> str | None:
        if self._taking:
            self._taking = line != ".\r\n"
            return "" if self._taking else "250 taken"
        reply = self.answers(line.split(maxsplit=1)[0].upper())
        self._taking = reply is not None and reply.startswith("354")
        return reply

    async def _say(self, writer: StreamWriter, text: str) -> None:
        for piece in (text + "\r\n" if text else "") if self.pause else [text + "\r\n" if text else ""]:
            writer.write(piece.encode())
            await writer.drain()
            await asyncio.sleep(self.pause)


def usual(word: str) -> str | None:
    return {"DATA": "354 go on", "QUIT": None}.get(word, "250 ok")


def tried(server: Server, **settings: Any) -> BaseException | None:
    """Hand one mail to the server; return what was raised."""

    async def run() -> BaseException | None:
        async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            known: dict[str, Any] = {"security": "none", "sender": "audit@example.cn"} | settings
            try:
                await robots.mail(MailServer(host="127.0.0.1", port=port, **known), "to@example.cn", TEXT)
            except (SMTPException, TimeoutError, OSError) as problem:
                return problem
        return None

    return asyncio.run(run())


def test_a_mail_arrives_as_it_was_written() -> None:
    server = Server(answers=usual)
    assert tried(server) is None
    at = server.got.index("DATA\r\n")
    mail = message_from_string("".join(server.got[at + 1 : -2]))
    assert (mail["To"], mail["From"]) == ("to@example.cn", "audit@example.cn")
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().split() == TEXT.split()


@pytest.mark.parametrize(
    "server",
    [
        Server("554 go away"),
        Server("220 here", lambda word: "550 no such user" if word == "RCPT" else usual(word)),
        Server("220 here", lambda word: "452 full" if word == "DATA" else usual(word)),
        Server("220 here", lambda word: None if word == "MAIL" else usual(word)),
        Server("HTTP/1.1 400 Bad Request"),
        Server("220 " + "x" * 2**20),
        Server("\r\n".join(["220-more"] * 100_000)),
    ],
    ids=["refused", "unknown", "full", "breaks off", "no mail server", "a long line", "endless lines"],
)
def test_what_a_server_refuses_or_gets_wrong_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "DEADLINE", 5.0)
    assert tried(server) is not None


def test_a_server_that_goes_on_speaking_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time; all of them never do."""
    monkeypatch.setattr(robots, "DEADLINE", 0.3)
    assert isinstance(tried(Server("220 " + "x" * 10_000, pause=0.1)), TimeoutError)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_without_an_encrypted_connection_no_password_is_said(security: str) -> None:
    server = Server(answers=lambda word: "250-here\r\n250 AUTH PLAIN LOGIN" if word == "EHLO" else usual(word))
    assert tried(server, security=security, user="audit", password="geheim") is not None
    assert not any(line.upper().startswith(("AUTH", "MAIL")) for line in server.got)


def test_a_server_that_cannot_prove_its_name_gets_nothing(stranger: Any) -> None:
    server = Server(answers=usual)

    async def run() -> None:
        async with await asyncio.start_server(server, "127.0.0.1", 0, ssl=stranger) as listening:
            port = listening.sockets[0].getsockname()[1]
            known = MailServer(
                host="127.0.0.1", port=port, security="tls", sender="a@example.cn", user="a", password="b"
            )
            await robots.mail(known, "to@example.cn", TEXT)

    with pytest.raises(SMTPException, match="certificate"):
        asyncio.run(run())
    assert server.got == []


@pytest.fixture
def stranger(tmp_path: Any) -> Any:
    """The context of a server with a certificate that nobody vouches for."""
    import ssl
    import subprocess

    where = [str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"]
    subprocess.run([*command, *where, "-subj", "/CN=127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context
