"""Every word a template shows goes through the catalogue, so that both languages are complete."""

import re

import pytest
from bs4 import BeautifulSoup, Comment, Doctype
from django.conf import settings
from django.template.base import Lexer, TokenType

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
# Shown when nothing works any more, the catalogue included; it speaks both languages at once.
BILINGUAL = {"500.html"}
SHOWN_ATTRIBUTES = ("title", "alt", "aria-label", "placeholder")
LETTER = re.compile(r"[^\W\d_]")
# What stands between these is translated, shown to nobody, or no text.
SKIPPED_BLOCKS = {
    "blocktranslate": "endblocktranslate",
    "blocktrans": "endblocktrans",
    "comment": "endcomment",
    "block page_class": "endblock",
}
LITERAL_IN_FILTER = re.compile(r"\|(?:default|default_if_none|yesno|add):\"[^\"]*[^\W\d_][^\"]*\"")


def words_outside_the_catalogue(source: str) -> list[str]:
    """Return the words and attributes that the reader would see in one language only."""
    markup, found, until = [], [], ""
    for token in Lexer(source).tokenize():
        words = token.contents.split() if token.token_type == TokenType.BLOCK else [""]
        opened = SKIPPED_BLOCKS.get(words[0]) or SKIPPED_BLOCKS.get(" ".join(words))
        if until:
            until = "" if words[0] == until else until
        elif opened:
            until = opened
        elif token.token_type == TokenType.TEXT:
            markup.append(token.contents)
        elif token.token_type in (TokenType.VAR, TokenType.BLOCK):
            if markup and markup[-1].endswith(("<", "</")):
                # An element whose name the template computes.
                markup.append("p")
            found += LITERAL_IN_FILTER.findall(token.contents)
    page = BeautifulSoup("".join(markup), "html.parser")
    for text in page.find_all(string=LETTER):
        names = {parent.name for parent in text.parents}
        # An element that names its language, such as the switch to it, speaks that one only.
        own_language = any(parent.get("lang") for parent in text.parents if parent.name != "html")
        if not isinstance(text, Comment | Doctype) and not own_language and "style" not in names:
            found.append(text.strip())
    for element in page.find_all(True):
        found += [
            f"{name}={value}"
            for name in SHOWN_ATTRIBUTES
            if LETTER.search(value := element.get(name) or "")
        ]
    return found


@pytest.mark.parametrize(
    "path", [path for path in TEMPLATES if path.name not in BILINGUAL], ids=lambda path: path.name
)
def test_template_shows_no_word_outside_the_catalogue(path):
    assert words_outside_the_catalogue(path.read_text()) == []


def test_the_guard_finds_words_attributes_and_filter_arguments():
    source = (
        '{% load i18n %}<p title="{% translate "fine" %}" class="plain">{{ name }}</p>'
        "{% blocktranslate %}fine{% endblocktranslate %}{# fine #}"
        '<p>bad</p><img alt="坏"><a lang="en">English</a>{{ note|default:"none" }}'
    )
    assert words_outside_the_catalogue(source) == ['|default:"none"', "bad", "alt=坏"]


def test_template_has_no_inline_script_or_style():
    """The content security policy would refuse them on the page."""
    found = []
    for path in TEMPLATES:
        page = BeautifulSoup(re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text()), "html.parser")
        found += [(path.name, "style") for _element in page.find_all(["style"])]
        found += [(path.name, "style=") for _element in page.find_all(style=True)]
        found += [(path.name, "script") for element in page.find_all("script") if element.string]
    assert found == []
