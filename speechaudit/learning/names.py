"""People's names out of lines that are kept: what was said is learned from, not whom it was said to."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from speechaudit.privacy import MASK, masked_quote

# The hundred most frequent, which more than four in five bear, and the frequent ones of two characters.
_SURNAMES: Final = (
    "欧阳|上官|司马|诸葛|司徒|皇甫|尉迟|慕容|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤]"
)
_TITLE: Final = (
    "先生|女士|小姐|太太|同志|师傅|大姐|大哥|大爷|大妈|阿姨|叔叔|老师|老板"
    "|主任|科长|处长|局长|所长|站长|经理|医生|律师|会计"
)
_TITLED: Final = re.compile(rf"(?P<name>(?:{_SURNAMES})[一-鿿]{{0,2}}?)(?={_TITLE})")
_CALLED: Final = re.compile(rf"(?:我叫|姓名是?|名字是?|名叫|本人)(?P<name>(?:{_SURNAMES})[一-鿿]{{1,2}})")
_OWN: Final = re.compile(rf"(?:我姓|免贵姓|贵姓)(?P<name>{_SURNAMES})")
_FAMILIAR: Final = re.compile(rf"(?P<name>[小老](?:{_SURNAMES}))(?![序围病年])")


def impersonal(text: str, names: Collection[str] = ()) -> str:
    """Return words with numbers, addresses and names masked; `names` are known ones, as of staff."""
    for name in sorted((name for name in names if len(name) > 1), key=len, reverse=True):
        text = text.replace(name, MASK * len(name))
    masked = masked_quote(text)
    for pattern in (_TITLED, _CALLED, _OWN, _FAMILIAR):
        masked = pattern.sub(_hidden, masked)
    return masked


def _hidden(match: re.Match[str]) -> str:
    start, end = match.span("name")
    whole, first = match.group(), match.start()
    return whole[: start - first] + MASK * (end - start) + whole[end - first :]
