"""Names as people look for them: by any part, by pinyin initials, in the order of pinyin."""

import unicodedata
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

# As long as names are stored; a text that normalising makes longer is cut.
LONGEST = 60
LONGEST_SORTING_NAME = 120
DOTS = frozenset("·•・‧∙.．。")
# Readings that a character has only as a surname; dictionaries give the common one.
SURNAME_INITIALS = {
    "曾": "z", "单": "s", "查": "z", "仇": "q", "区": "o", "解": "x", "盖": "g", "朴": "p",
    "任": "r", "重": "c", "翟": "z", "繁": "p", "乐": "y", "覃": "q", "缪": "m", "折": "s",
    "冼": "x", "秘": "b", "员": "y", "黑": "h", "过": "g", "乜": "n", "逄": "p", "种": "c",
    "卜": "b", "柏": "b", "都": "d", "葛": "g", "华": "h", "纪": "j", "宁": "n", "曲": "q",
    "石": "s", "召": "s", "洗": "x", "燕": "y", "应": "y", "於": "y", "祭": "z", "粘": "n",
    "万": "w", "沈": "s", "长": "z", "车": "c", "尹": "y", "贾": "j", "瞿": "q",
    "阚": "k", "郇": "x", "句": "g",
}  # fmt: skip
COMPOUND_INITIALS = {"尉迟": "yc", "万俟": "mq", "单于": "cy", "长孙": "zs", "澹台": "tt"}


@lru_cache(maxsize=30_000)
def initial(char: str) -> str:
    if char.isascii():
        return char.lower() if char.isalnum() else ""
    letters = lazy_pinyin(char, style=Style.FIRST_LETTER, errors="ignore")
    return letters[0][:1] if letters else ""


def pinyin_initials(name: str) -> str:
    """Return the first letters of the pinyin of each character: 张伟明 gives "zwm"."""
    if not name:
        return ""
    first = COMPOUND_INITIALS.get(name[:2]) or SURNAME_INITIALS.get(name[0]) or initial(name[0])
    return first + "".join(initial(char) for char in name[len(first) or 1 :])


def sorting_name(name: str) -> str:
    """Return ASCII text that stands in the order of dictionaries: by pinyin, then by character.

    A surname stands under the letter it is read with. The digit between characters sorts
    before all letters everywhere; some collations of PostgreSQL overlook blanks.
    """
    plain = plain_name(name)
    readings = [
        char if char.isascii() else f"{''.join(lazy_pinyin(char, errors='ignore'))}{ord(char):05x}"
        for char in plain
    ]
    return "0".join([pinyin_initials(plain)[:1], *readings])[:LONGEST_SORTING_NAME]


def plain_name(text: str) -> str:
    """Return what two spellings of one name share: half width, small letters, no blanks or dots.

    >>> plain_name("买买提 · 艾力") == plain_name("买买提•艾力")
    True
    """
    text = unicodedata.normalize("NFKC", text).lower()
    return "".join(char for char in text if char not in DOTS and is_term_character(char))[:LONGEST]


def is_term_character(char: str) -> bool:
    return not char.isspace() and (not char.isascii() or char.isprintable())


def grams(text: str) -> set[str]:
    """Return every one and two neighbouring characters of a text."""
    return {text[start : start + size] for start in range(len(text)) for size in (1, 2)} - {""}


def search_terms(name: str) -> str:
    """Return the terms, separated by blanks, under which the name is found.

    The plain name and its pinyin initials, and the grams of both: a text is part of the
    name or of its initials exactly when it is part of this string. Texts of one and two
    characters are whole terms, which an index answers at once.
    """
    plain = plain_name(name)
    initials = pinyin_initials(plain)
    whole = [plain] if initials in {"", plain} else [plain, initials]
    rest = (grams(plain) | grams(initials)) - set(whole)
    return " ".join([*whole, *sorted(rest)]).strip()
