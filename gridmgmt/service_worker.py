"""The script that keeps the worker's pages open without signal: `/sw.js`."""

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

# What the copies of the worker's pages need to look and work as they do with signal.
SHELL = (
    "icon.svg",
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/pages/today.css",
    "css/pages/visit_form.css",
    "css/pages/queue.css",
    "css/pages/roll_call.css",
    "js/store.js",
    "js/seal.js",
    "js/uploads.js",
    "js/hello.js",
    "js/sending.js",
    "js/outbox.js",
    "js/status.js",
    "js/burden.js",
    "js/knocking.js",
    "js/questions.js",
    "js/shrink.js",
    "js/today.js",
    "js/visit_form.js",
    "js/queue.js",
    "js/roll_call.js",
)


# Public: the browser asks for it without a login too, and it holds nothing of anybody.
@login_not_required
@require_safe
def service_worker(_request: HttpRequest) -> HttpResponse:
    """Return the worker, or with SERVICE_WORKER off one that removes itself.

    Either leaves IndexedDB alone, where what is not yet uploaded waits.
    """
    response = HttpResponse(
        script(settings.SERVICE_WORKER, settings.STORAGES["staticfiles"]["BACKEND"]),
        content_type="text/javascript",
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def script(is_on: bool, storage: str) -> str:  # noqa: ARG001, FBT001 - the key of what is kept
    """Return the worker with the names it needs in front; kept, because neither changes."""
    folder = Path(settings.BASE_DIR) / "static"
    source = (folder / "js" / ("sw.js" if is_on else "sw_off.js")).read_text()
    assets = [static(name) for name in SHELL]
    # The content itself: without a manifest the names stay the same when a file changes.
    age = hashlib.sha256((" ".join(assets) + source).encode())
    for name in SHELL:
        age.update((folder / name).read_bytes())
    shell = age.hexdigest()[:12]
    names = {
        "SHELL": f"shell-{shell}",
        "ASSETS": assets,
        "STATIC": settings.STATIC_URL,
        "QUEUE": reverse("visits:queue"),
        "COPIES": [
            [f"^{reverse('visits:today')}$", reverse("visits:offline_today")],
            [
                f"^{reverse('visits:visit_add', args=[0])}$".replace("/0/", r"/\d+/"),
                reverse("visits:offline_visit"),
            ],
            [f"^{reverse('visits:matter_add')}$", reverse("visits:offline_matter")],
            [f"^{reverse('visits:roll_call')}$", reverse("visits:offline_roll_call")],
            [f"^{reverse('visits:queue')}$", reverse("visits:queue")],
        ],
    }
    return f"self.NAMES = {json.dumps(names)};\n{source}"
