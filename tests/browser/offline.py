"""What tests of the phone without signal share: its store, its queue, and waiting."""

import time

DUMP = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      found.push(request.url, await answer.text());
    }
  }
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("gridmgmt");
    request.onsuccess = () => resolve(request.result);
  });
  for (const store of database.objectStoreNames) {
    const rows = await new Promise((resolve) => {
      const request = database.transaction(store).objectStore(store).getAll();
      request.onsuccess = () => resolve(request.result);
    });
    found.push(store, JSON.stringify(rows, (name, value) => {
      if (value instanceof ArrayBuffer) value = new Uint8Array(value);
      return value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : value;
    }));
  }
  database.close();
  for (let at = 0; at < localStorage.length; at += 1) found.push(localStorage.key(at));
  return found;
}"""


ROWS = """async (store) => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("gridmgmt");
    request.onsuccess = () => resolve(request.result);
  });
  if (!database.objectStoreNames.contains(store)) return [];
  const rows = await new Promise((resolve) => {
    const request = database.transaction(store).objectStore(store).getAll();
    request.onsuccess = () => resolve(request.result.map((row) => ({ ...row, box: Boolean(row.box) })));
  });
  database.close();
  return rows;
}"""


KEPT = """async () => {
  await navigator.serviceWorker.ready;
  return Boolean(await caches.match("/work/offline/matter/", { ignoreVary: true }));
}"""


def ready(page) -> None:
    """Wait until the phone has met the server and keeps its copies."""
    page.goto("/work/today/")
    wait_for(lambda: page.evaluate(KEPT))


def door(page, household):
    return page.locator(f"#door-{household.pk}")


def notice(page, category, photo) -> None:
    """Add a matter with its photo to the form of a visit that is open."""
    page.click("summary")
    page.select_option("[name=matter-category]", str(category.pk))
    page.fill("[name=matter-description]", "楼道灯不亮")
    page.set_input_files("[name=matter-photos]", photo)


def wait_for(condition, seconds=15, page=None):
    """Wait until it holds; with a page, its routes and dialogs are answered meanwhile."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        if page:
            page.wait_for_timeout(100)
        else:
            time.sleep(0.1)


def upload(page) -> None:
    """Press the button, unless opening the page has sent everything already."""
    wait_for(
        lambda: page.evaluate(
            """() => {
              const send = document.getElementById("queue-send");
              if (!send.disabled) send.click();
              return document.getElementById("outbox").innerText.startsWith("Uploaded");
            }"""
        ),
        page=page,
    )
