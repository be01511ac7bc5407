"""Names as people search for them: by any part, or by pinyin initials."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

# Readings that a character has only as a surname; dictionaries give the common one.
SURNAME_INITIALS = {
    "曾": "z", "单": "s", "查": "z", "仇": "q", "区": "o", "解": "x", "盖": "g", "朴": "p",
    "任": "r", "重": "c", "翟": "z", "尉": "y", "乐": "y", "覃": "q", "缪": "m", "折": "s",
    "冼": "x", "秘": "b", "员": "y", "黑": "h", "过": "g", "宓": "f", "逄": "p", "种": "c",
    "卜": "b", "柏": "b", "都": "d", "葛": "g", "华": "h", "纪": "j", "宁": "n", "曲": "q",
    "石": "s", "召": "s", "洗": "x", "燕": "y", "应": "y", "於": "y", "祭": "z", "粘": "n",
    "万": "w", "沈": "s", "长": "z", "车": "c", "尹": "y", "贾": "j", "瞿": "q",
}  # fmt: skip


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
    first = SURNAME_INITIALS.get(name[0]) or initial(name[0])
    return first + "".join(initial(char) for char in name[1:])


def search_terms(name: str) -> str:
    """Return the terms, separated by blanks, under which the name is found.

    Every one and two neighbouring characters, and the pinyin initials from each start,
    so that any part of the name or of its initials matches by whole terms or prefixes.
    """
    text = "".join(name.lower().split())
    grams = {text[start : start + size] for start in range(len(text)) for size in (1, 2)}
    initials = pinyin_initials(name)
    return " ".join(sorted(grams | ({initials} if len(initials) > 1 else set()) - {""}))
