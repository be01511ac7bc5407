"""Names as people of each generation bear them; nobody in particular."""

import random
from itertools import accumulate

# Surnames with their share of the population per thousand.
SURNAMES = {
    "王": 72, "李": 71, "张": 68, "刘": 54, "陈": 45, "杨": 31, "黄": 22, "赵": 22, "吴": 21,
    "周": 20, "徐": 14, "孙": 13, "马": 12, "朱": 12, "胡": 12, "郭": 11, "何": 10, "林": 10,
    "高": 10, "罗": 9, "郑": 9, "梁": 8, "谢": 8, "宋": 7, "唐": 7, "许": 7, "邓": 6, "韩": 6,
    "冯": 6, "曹": 6, "彭": 6, "曾": 6, "肖": 6, "田": 6, "董": 5, "潘": 5, "袁": 5, "蔡": 5,
    "蒋": 5, "余": 5, "于": 5, "杜": 4, "叶": 4, "程": 4, "魏": 4, "苏": 4, "吕": 4, "丁": 4,
    "任": 4, "卢": 4, "姚": 4, "沈": 4, "钟": 4, "姜": 4, "崔": 4, "谭": 3, "陆": 3, "范": 3,
    "汪": 3, "廖": 3, "石": 3, "金": 3, "韦": 3, "贾": 3, "夏": 3, "付": 3, "方": 3, "邹": 3,
    "熊": 3, "白": 3, "孟": 3, "秦": 3, "邱": 3, "侯": 2, "江": 2, "尹": 2, "薛": 2, "闫": 2,
    "段": 2, "雷": 2, "龙": 2, "黎": 2, "史": 2, "陶": 2, "贺": 2, "毛": 2, "郝": 2, "顾": 2,
    "龚": 2, "邵": 2, "万": 2, "覃": 2, "武": 2, "钱": 2, "戴": 2, "严": 2, "欧阳": 1, "单": 1,
    "查": 1, "仇": 1, "解": 1, "上官": 1, "诸葛": 1, "司马": 1,
}  # fmt: skip
SURNAME_LIST = list(SURNAMES)
SURNAME_WEIGHTS = list(accumulate(SURNAMES.values()))

# First and second characters of given names, by the year in which they were common.
GIVEN = {
    "male": (
        (1955, "国 建 德 志 永 玉 长 福 文 金 树 广 明 振 宝", "富 林 山 祥 昌 生 发 义 贵 荣 清 田 海 才 顺"),
        (1980, "建 志 国 卫 俊 永 海 立 春 新 晓 少 宏 庆 文", "军 强 华 平 民 明 刚 峰 勇 斌 辉 东 江 涛 伟"),
        (2000, "伟 俊 晓 志 文 嘉 浩 天 宇 海 鹏 建 思 明 振", "杰 鹏 超 磊 波 凯 龙 飞 宇 鑫 洋 亮 阳 博 晨"),
        (2100, "子 浩 宇 俊 梓 一 奕 博 泽 沐 明 思 嘉 皓 辰", "轩 宇 泽 辰 涵 睿 然 宸 豪 阳 熙 航 逸 霖 诺"),
    ),
    "female": (
        (1955, "秀 桂 玉 淑 凤 素 兰 翠 春 月 金 惠 爱 瑞 银", "英 兰 珍 芳 华 荣 云 梅 琴 香 芝 莲 娥 清 仙"),
        (1980, "丽 秀 晓 红 春 雪 玉 美 海 艳 小 慧 建 桂 文", "华 萍 霞 红 玲 燕 娟 敏 芳 梅 丽 英 云 琴 君"),
        (2000, "婷 晓 雪 佳 思 丽 静 文 海 梦 艳 雅 小 慧 诗", "婷 娜 静 洁 雪 倩 颖 琳 丹 莹 欣 蕾 琪 瑶 敏"),
        (2100, "子 欣 梓 诗 雨 一 思 若 语 可 佳 梦 沐 紫 艺", "涵 怡 妍 萱 彤 琪 桐 诺 熙 瑶 玥 汐 宁 淇 菲"),
    ),
}  # fmt: skip
ONE_CHARACTER_CHANCE = {1955: 0.05, 1980: 0.25, 2000: 0.3, 2100: 0.1}
LONG_NAMES = (
    "阿依努尔·买买提",
    "古丽娜尔·艾合买提",
    "扎西顿珠",
    "巴特尔",
    "娜仁托娅",
    "艾力·吐尔逊",
)
LONG_NAME_CHANCE = 0.002


def surname(rng: random.Random) -> str:
    return rng.choices(SURNAME_LIST, cum_weights=SURNAME_WEIGHTS)[0]


def given_name(rng: random.Random, sex: str, born: int) -> str:
    until, first, second = next(row for row in GIVEN[sex] if born < row[0])
    ending = rng.choice(second.split())
    if rng.random() < ONE_CHARACTER_CHANCE[until]:
        return ending
    return rng.choice([char for char in first.split() if char != ending]) + ending


def full_name(rng: random.Random, sex: str, born: int, family: str = "") -> str:
    """Return a name for somebody of that sex and year, with the family's name if given."""
    if not family and rng.random() < LONG_NAME_CHANCE:
        return rng.choice(LONG_NAMES)
    return (family or surname(rng)) + given_name(rng, sex, born)
