"""How alike two short texts are: the share of character pairs they have in common.

Chinese is written without blanks; pairs of characters stand for words and need no dictionary.
"""

import unicodedata


def pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters, without signs, blanks and case.

    >>> sorted(pairs("路灯 不亮。"))
    ['不亮', '灯不', '路灯']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(char for char in folded if char.isalnum())
    return frozenset(kept[start : start + 2] for start in range(len(kept) - 1))


def likeness(first: frozenset[str], second: frozenset[str]) -> float:
    """Return 0.0 for nothing in common to 1.0 for the same pairs (Jaccard's index).

    >>> likeness(pairs("路灯不亮"), pairs("路灯坏了"))
    0.2
    """
    either = len(first | second)
    return len(first & second) / either if either else 0.0
