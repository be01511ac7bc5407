"""When two questions are one: wordings compared without what does not change the answer."""

import re
import unicodedata
from difflib import SequenceMatcher

from django.utils.translation import gettext_lazy as _

# Below this, one differing character is a tenth of the wording or more: another question.
NEAR = 0.9
DIGITS = re.compile(r"\d+")
# Said around a question without changing it. Longer ones first, so that they go whole.
CHINESE_FILLERS = re.compile(
    "请问|您家里|您家中|您家|你家|家里人|家里|家中|家庭成员|本户|该户|住户|是不是|是否|有没有|有无|多少|"
    "什么|哪些|目前|现在|最近|如何|怎样|您|你|家|几|位|个|名|吗|呢|么|的|了|有|是|在|请|人"
)
ENGLISH_FILLERS = frozenset(
    "a an the is are do does did has have had of in at for to any there this that your their "
    "what which who how many much please now currently household family home people person members "
    "live lives living".split()
)
ENGLISH_WORD = re.compile(r"[a-z]+")


def wording_key(text: str) -> str:
    """Return the letters and digits of a text: without width, case, blanks and punctuation.

    >>> wording_key("您家有 ＷＩＦＩ 吗？")
    '您家有wifi吗'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def core(text: str) -> str:
    """Return what a wording asks about: its key without the words around it."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = ENGLISH_WORD.sub(
        lambda word: "" if word.group() in ENGLISH_FILLERS else word.group(), folded
    )
    return CHINESE_FILLERS.sub("", wording_key(words)) or wording_key(text)


def is_same(one: str, other: str) -> bool:
    """Say whether two wordings ask for one thing: the same, or nearly so.

    Numbers must agree: somebody over 70 and somebody over 80 are two questions.
    """
    if wording_key(one) == wording_key(other):
        return True
    first, second = core(one), core(other)
    if DIGITS.findall(first) != DIGITS.findall(second):
        return False
    return first == second or SequenceMatcher(None, first, second, autojunk=False).ratio() >= NEAR


# What the register has a place for, and the words in which somebody would ask for it.
REGISTER_HOLDS = {
    _("Address"): "地址 住址 家庭住址 家庭地址 现住址 居住地址 门牌号 房号 address home_address",
    _("Grid"): "网格 所属网格 网格编号 grid grid_number",
    _("Head of household"): "户主 户主姓名 户主名字 head_of_household head householder",
    _("People living here"): (
        "居住人数 常住人数 常住人口 常住人口数 家庭人口 家庭人口数 家庭人数 人口数 人数 住了几个人 住几口人 几口人 家里几个人 家里有几个人 家里有多少人 您家有多少人 您家有几个人 "
        "家庭成员 居住人员 住了哪些人 people_living_here number_of_residents residents"
    ),
    _("Full name"): "姓名 名字 居民姓名 name full_name",
    _("Identity number"): (
        "身份证 身份证号 身份证号码 公民身份号码 证件号码 identity_number id_number id_card"
    ),
    _("Phone"): (
        "电话 手机 手机号 手机号码 电话号码 联系电话 联系方式 phone phone_number mobile telephone"
    ),
    _("Birth date"): "出生日期 出生年月 生日 年龄 birth_date date_of_birth age",
    _("Sex"): "性别 sex gender",
    _("Occupancy"): (
        "居住情况 居住状况 居住性质 房屋性质 房屋用途 房屋状态 房屋使用情况 自住还是出租 房屋自住还是出租 房子自住还是出租 自住或出租 出租还是自住 "
        "是否出租 房屋是否出租 是否空置 房屋是否空置 出租房 空置 occupancy rented vacant"
    ),
    _("Care tags"): "关爱标签 重点关爱对象 重点关爱 care_tags",
    _("How this person belongs here"): "户籍 户籍情况 人户分离 是否人户分离 registration",
    _("Dog"): "养犬 养狗 有狗 dog",
}


def held_by_register(wording: str) -> str:
    """Return what of the register the wording asks for, in words; "" when it is not in there.

    >>> bool(held_by_register("您家的联系电话是多少？"))
    True
    """
    for held, words in REGISTER_HOLDS.items():
        if any(is_same(wording, word.replace("_", " ")) for word in words.split()):
            return str(held)
    return ""
