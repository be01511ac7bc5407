"""What a template uses that is younger than the oldest supported browser."""

import re
from functools import cache
from html.parser import HTMLParser

from tests.compat import MARKER, ROOT, Use, features

TAGS_OF_TEMPLATES = re.compile(
    r"\{% comment.*?%\}.*?\{% endcomment %\}|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL
)


def html_uses(text: str) -> list[Use]:
    reader = Reader()
    reader.feed(without_template_tags(text))
    reader.close()
    return reader.uses


def without_template_tags(text: str) -> str:
    """Return a page or script as a template leaves it, with nothing in the place of its tags."""
    return TAGS_OF_TEMPLATES.sub(blank, text)


@cache
def excused_markup() -> frozenset[str]:
    """Return the features that some template uses with a marker on the line."""
    found = set()
    for path in (ROOT / "templates").rglob("*.html"):
        lines = path.read_text("utf-8").splitlines()
        found |= {
            use.feature for use in html_uses("\n".join(lines)) if MARKER.search(lines[use.line - 1])
        }
    return frozenset(found)


def blank(match: re.Match) -> str:
    """Return as much white space as the tag was long, in as many lines; 0 for a value."""
    spaces = re.sub(r"[^\n]", " ", match[0])
    return "0" + spaces[1:] if match[0].startswith("{{") else spaces


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.uses: list[Use] = []

    def handle_starttag(self, tag, attributes):
        data, (line, _) = features(), self.getpos()
        written = self.get_starttag_text().lower()
        if tag in data["html elements"]:
            self.uses.append(Use(line, f"<{tag}>", data["html elements"][tag]))
        known = {**data["html attributes"]["*"], **data["html attributes"].get(tag, {})}
        values = data["html values"]
        for name, value in attributes:
            found = re.search(rf"[\s\"']{re.escape(name)}(?=[\s=>/])", written)
            at = line + written[: found.start() + 1].count("\n") if found else line
            if name in known:
                self.uses.append(Use(at, f"attribute {name}", known[name]))
            choices = {**values.get(f"* {name}", {}), **values.get(f"{tag} {name}", {})}
            for word in (value or "").lower().split():
                if word in choices:
                    self.uses.append(Use(at, f'{name}="{word}"', choices[word]))
