"""A proxy on a port of its own that fails as a `Link` does, for browsers and other processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.faults.net import Link, Lost, Request

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class Handler(BaseHTTPRequestHandler):
    server: "Proxy"

    def serve(self) -> None:
        """Pass one request on, and as much of its answer as the line lets through."""
        self.close_connection = True
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command, self.path, dict(self.headers.items()), self.rfile.read(length)
        )
        try:
            answer = self.server.link.send(request)
        except Lost:
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        # Whoever asked may have gone meanwhile.
        with suppress(ConnectionError):
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[: answer.cut])

    do_GET = do_HEAD = do_POST = do_PATCH = do_OPTIONS = serve  # noqa: N815 - names of http.server

    def log_message(self, format, *args) -> None:  # noqa: A002 - as in http.server
        pass


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, link: Link) -> None:
        self.link = link
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def proxied(link: Link) -> Iterator[str]:
    """Run a proxy in front of the link's upstream; give its address."""
    proxy = Proxy(link)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy.url
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
