"""Voice profiles: who has one, who agreed to it and to which text; taking a consent back deletes the profile."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from service.api.access import Who, router
from service.api.problems import responses
from service.api.schemas import Code, In, Out
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.errors import ForbiddenError, RequestError
from service.store import centre, voices
from service.store.base import now
from service.store.centre import Staff
from speechaudit.errors import InputError

routes = router("声纹")
TEXT: Final = (
    "本人同意中心从本人的录音里提取声纹(192 个数字,不能还原成声音),只用来在柜台录音里分辨哪一个声音是本人,不作他用,"
    "不提供给别人,保存到本人撤回同意或离岗为止。本人知道声纹是敏感个人信息,可以不同意,也可以随时撤回,撤回后声纹立即删除,"
    "不影响工作和考核。"
)


class VoiceProfileOut(Out):
    """What is kept of a voice."""

    state: Annotated[Literal["there", "unreadable"], Field(description="unreadable 文件坏了或由别的模型做成")]
    made_at: Annotated[str | None, Field(description="登记的时间")] = None
    seconds: Annotated[float | None, Field(description="来自几秒说话")] = None


class ConsentOut(Out):
    """Who agreed to what."""

    text: Annotated[str, Field(description="同意的全文")]
    given_on: Annotated[date, Field(description="本人签字的日期")]
    noted_by: Annotated[str, Field(description="登记的人")]
    noted_at: datetime
    withdrawn_by: str | None
    withdrawn_at: Annotated[datetime | None, Field(description="撤回的时间;没有撤回为 null")]


class VoiceOut(Out):
    """A member of staff who has a profile or gave a consent."""

    number: Annotated[str, Field(description="工号", examples=["1017"])]
    name: str
    active: bool
    profile: VoiceProfileOut | None
    consent: Annotated[ConsentOut | None, Field(description="最近的一次;从未同意为 null")]
    used: Annotated[bool, Field(description="有声纹,也有同意:听录音时会比对")]


class ConsentIn(In):
    """That somebody agreed."""

    given_on: Annotated[date, Field(description="本人签字的日期", examples=["2026-03-01"])]
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=10, max_length=4000), Field(description="同意的全文")
    ] = TEXT


@routes.get("/voices", summary="声纹和同意")
def list_voices(services: Wired) -> list[VoiceOut]:
    """有声纹或同意过的工作人员;没有同意的声纹不使用。"""
    with services.database.read() as session:
        consents = voices.newest(session)
        people = [(row, consents.get(row.id)) for row in centre.staff(session)]
        found = [(row, consent, _profile(services, row.number)) for row, consent in people]
        return [
            VoiceOut(
                number=row.number,
                name=row.name,
                active=row.active,
                profile=profile,
                consent=ConsentOut.model_validate(consent) if consent else None,
                used=bool(profile and profile.state == "there" and consent and consent.withdrawn_at is None),
            )
            for row, consent, profile in found
            if consent or profile
        ]


def _profile(services: Services, number: str) -> VoiceProfileOut | None:
    from speechaudit.speakers.profile import find_profile

    if services.settings.voices is None:
        return None
    try:
        found = find_profile(services.settings.voices, number)
    except InputError:
        return VoiceProfileOut(state="unreadable")
    return VoiceProfileOut(state="there", made_at=found.made_at, seconds=found.seconds) if found else None


@routes.get("/session/voice", summary="自己的声纹和同意")
def get_own_voice(services: Wired, who: Who) -> VoiceOut | None:
    """本人有没有声纹、同意过哪一份;都没有的为 null。"""
    number = _own_number(services, who)
    return next((each for each in list_voices(services) if each.number == number), None)


@routes.delete("/session/voice", status_code=204, summary="撤回自己的同意并删除声纹")
def withdraw_own_consent(services: Wired, who: Who) -> None:
    """本人随时可以撤回,不用经过管理员;声纹的删除同“撤回同意并删除声纹”。"""
    withdraw_consent(services, who, _own_number(services, who))


def _own_number(services: Services, who: Identity) -> str:
    """Return the number of who asks. Raises ForbiddenError for who is no member of staff."""
    if who.user_id is None or who.staff_id is None:
        raise ForbiddenError("声纹", "这个用户不是登记的工作人员", "请以本人的用户登录")
    with services.database.read() as session:
        return centre.get(session, Staff, who.staff_id).number


@routes.put("/voices/{number}/consent", status_code=204, summary="登记同意", responses=responses(404, 409, 422))
def note_consent(services: Wired, who: Who, number: Code, given: ConsentIn) -> None:
    """登记本人书面同意了声纹;之后用 speechaudit voices enrol 登记声纹。"""
    if given.given_on > now().astimezone(services.settings.zone).date():
        raise RequestError("given_on", "还没有到", "请填本人签字的日期")
    with services.database.write() as session:
        row = centre.staff_member(session, number)
        voices.give(session, row.id, text=given.text, given_on=given.given_on, noted_by=who.name)


@routes.delete("/voices/{number}", status_code=204, summary="撤回同意并删除声纹", responses=responses(404))
def withdraw_consent(services: Wired, who: Who, number: Code) -> None:
    """从此不再比对,这台机器上的声纹立即删除,各 worker 那里的一小时之内删除;没有声纹或同意的也可以。"""
    with services.database.write() as session:
        voices.withdraw(session, centre.staff_member(session, number).id, who.name)
    if folder := services.settings.voices:
        from speechaudit.speakers.profile import discard

        discard(folder, number)
