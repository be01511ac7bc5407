"""What a page makes a phone load, compared with what it may."""

import gzip
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

# What fits into the first ten packets of a connection: HTML and CSS arrive in one exchange.
FIRST_VIEW_BYTES = 14 * 1024
EVERYTHING_BYTES = 50 * 1024

# Address and text of each registered service worker. Between two of its states a registration
# names no worker, and one whose installing failed goes away: both are waited for.
REGISTERED_SCRIPTS = """async () => {
  while (navigator.serviceWorker) {
    const all = await navigator.serviceWorker.getRegistrations();
    const workers = all.map((one) => one.active || one.waiting || one.installing);
    if (workers.every(Boolean)) {
      const addresses = workers.map((worker) => worker.scriptURL);
      return Promise.all(addresses.map(async (url) => [url, await (await fetch(url)).text()]));
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  return [];
}"""


def weigh(page: Page, address: str) -> dict[str, int]:
    """Open the page and return the gzipped size of each file it loads, by path.

    The script of a service worker that the page has registered is counted as well.
    """
    responses = []

    def keep(answer: Response) -> None:
        responses.append(answer)

    # What the page before still loads would be counted to this one.
    page.goto("about:blank")
    page.on("response", keep)
    assert page.goto(address).status == 200
    page.remove_listener("response", keep)
    bodies = {answer.url: answer.body() for answer in responses if answer.status == 200}
    workers = page.evaluate(REGISTERED_SCRIPTS)
    bodies |= {url: script.encode() for url, script in workers}
    return {urlsplit(url).path: len(gzip.compress(body)) for url, body in bodies.items()}


def too_heavy(sizes: dict[str, int], page: str) -> list[str]:
    """Return a line for each budget that the page exceeds, with what each file weighs."""
    first_view = {
        path: size for path, size in sizes.items() if path == page or path.endswith(".css")
    }
    return [
        *over("HTML and CSS", first_view, FIRST_VIEW_BYTES),
        *over("everything", sizes, EVERYTHING_BYTES),
    ]


def over(what: str, sizes: dict[str, int], budget: int) -> list[str]:
    """Return nothing within the budget, otherwise one line with the figures, heaviest first.

    >>> over("scripts", {"/a.js": 700, "/b.js": 400}, 1000)
    ['scripts: 1100 of 1000 bytes gzipped, 100 too many (/a.js 700, /b.js 400)']
    """
    total = sum(sizes.values())
    if total <= budget:
        return []
    files = sorted(sizes.items(), key=lambda item: -item[1])
    figures = ", ".join(f"{path} {size}" for path, size in files)
    return [f"{what}: {total} of {budget} bytes gzipped, {total - budget} too many ({figures})"]
