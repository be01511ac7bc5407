"""Headings of the dashboards on a desk's screen: no word is torn apart."""

import pytest

from tests.browser.conftest import DESK

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

# Of each heading the text that stands on its lines, found by where its characters are.
LINES = """elements => elements.map(element => {
  const lines = new Map();
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (let at = 0; at < text.length; at += 1) {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      const top = Math.round(box.top);
      lines.set(top, (lines.get(top) || "") + text.data[at]);
    }
  }
  return { text: element.textContent.trim(), lines: [...lines.values()] };
})"""


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_headings_of_dashboards_break_between_words_only(world, open_page, language):
    page = open_page(world.street_officer, language=language, size=DESK)
    for place in (world.street, world.community):
        page.goto(place.get_absolute_url())
        headings = page.eval_on_selector_all("thead th", LINES)
        assert len(headings) > 15
        for heading in headings:
            words = heading["text"].split()
            lines = [line.strip() for line in heading["lines"]]
            assert " ".join(lines).split() == words
        assert page.evaluate("document.documentElement.scrollWidth") == DESK["width"]
        boxes = page.eval_on_selector_all(
            ".table-box", "boxes => boxes.map(box => box.scrollWidth - box.clientWidth)"
        )
        assert set(boxes) == {0}
