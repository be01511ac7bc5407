"""Which address a request really comes from."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the browser as the outermost trusted proxy saw it.

    Whatever a browser itself writes into X-Forwarded-For stands further left and is
    ignored; without proxies the header is not read at all.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.PROXY_COUNT
    if not proxies:
        return direct
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return hops[-proxies] if len(hops) >= proxies and hops[-proxies] else direct
