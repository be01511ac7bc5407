"""A lint against what browsers older than the oldest supported one do not have.

The oldest PC of a community runs Chrome 86. features.json holds what Chrome got later, by name
and version: an extract of MDN's browser-compat data, written by `python -m tests.compat.refresh`.
`python -m tests.compat` reads the style sheets, scripts and templates and names every use by
file, line, feature and version. A use that does no harm is declared on its line, in a comment
that says why:

    width: fit-content; /* beyond 86: without it the button is as wide as its row */
    if (navigator.scheduling) { // beyond 86: asked before use

A marker without a reason, or on a line with nothing to excuse, is reported too.

What it sees. Of CSS: at-rules and their descriptors, media features, selectors, properties,
single keywords, functions, units, nesting. Of HTML: elements, attributes, single values. Of
JavaScript: syntax, globals, events listened to by name, elements, attributes and selectors in
the calls that take them, keys of literal options, and members of a receiver it knows: a builtin
or interface by name, one of the window's own objects (crypto, navigator, document ...), a
literal, `new X()`, or a const that was given one of these. On any other receiver a member is
reported when every browser feature of that name is younger than Chrome 86 (`.at`, `.inert`,
`.showPicker`); a name that an old interface has as well (`.timeout`, `.any`) is not, nor is one
that our own scripts give to a key or member of their own.

What it cannot see: names made up while running (`x[name]`), a global of which the same script
declares a namesake, HTML that scripts write as text, and younger behaviour of an older name.
Attributes that widgets write in Python are seen by tests/browser/test_every_page.py, which reads
every page as it arrives.
What neither the desk's nor the phone's Chrome had counts as young: a camera, which phones alone
have, does not. The test in Chromium 86 is there for the rest.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

BASELINE = 86
FEATURES = Path(__file__).with_name("features.json")
ROOT = FEATURES.parent.parent.parent
MARKER = re.compile(r"beyond 86:(?P<reason>.*?)(?:\*/|#\}|-->|$)")


class Use(NamedTuple):
    """A feature used on a line, and the version of Chrome since which it is there."""

    line: int
    feature: str
    since: str

    def __str__(self) -> str:
        age = "no Chrome has it" if self.since == "never" else f"Chrome {self.since}"
        return f"{self.line}: {self.feature} ({age})"


@cache
def features() -> dict:
    return json.loads(FEATURES.read_text(encoding="utf-8"))


def syntax(name: str) -> str:
    """Return the version of a feature that has a description for a name."""
    return features()["syntax"][name]


def unexcused(text: str, uses: list[Use]) -> list[str]:
    """Return the uses that no marker on their line excuses, and the markers that are wrong."""
    markers = {
        number: match["reason"].strip()
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := MARKER.search(line))
    }
    used = {use.line for use in uses}
    faults = [use for use in sorted(set(uses)) if use.line not in markers]
    found = [str(use) for use in faults]
    found += [f"{line}: a marker gives its reason" for line, why in markers.items() if not why]
    found += [f"{line}: nothing here needs a marker" for line in markers if line not in used]
    return found
