"""Read every style sheet, script and template: `python -m tests.compat`, part of `make check`."""

import sys

from tests.compat import ROOT, unexcused
from tests.compat.css import css_uses
from tests.compat.javascript import js_uses, own_names_of
from tests.compat.markup import html_uses, without_template_tags


def faults() -> list[str]:
    """Return a line for each use of a feature that the oldest supported browser lacks."""
    scripts = sorted((ROOT / "static").rglob("*.js")) + sorted((ROOT / "templates").rglob("*.js"))
    own = frozenset().union(
        *(own_names_of(without_template_tags(path.read_text("utf-8"))) for path in scripts)
    )
    readers = [(path, lambda text: js_uses(without_template_tags(text), own)) for path in scripts]
    readers += [(path, css_uses) for path in sorted((ROOT / "static").rglob("*.css"))]
    readers += [(path, html_uses) for path in sorted((ROOT / "templates").rglob("*.html"))]
    found = []
    for path, uses_in in readers:
        text = path.read_text("utf-8")
        found += [f"{path.relative_to(ROOT)}:{line}" for line in unexcused(text, uses_in(text))]
    return found


if __name__ == "__main__":
    found = faults()
    print("\n".join(found))
    sys.exit(1 if found else 0)
