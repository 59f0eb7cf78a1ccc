"""A web server of this machine that behaves as servers do, and as they should not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server:
    """Serves one content under `/MANNER/NAME`; the manner says what is wrong with it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.requests: list[tuple[str, str | None]] = []
        """Path and Range of each request."""
        self.closing = threading.Event()
        self.port = 0

    def url(self, manner: str, name: str = "text.txt") -> str:
        """Return where the content is served in a manner."""
        return f"http://127.0.0.1:{self.port}/{manner}/{name}"


@contextmanager
def serving(content: bytes) -> Iterator[Server]:
    """Serve a content until the end of the block."""
    server = Server(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            manner = self.path.split("/")[1]
            wanted = self.headers.get("Range")
            server.requests.append((self.path, wanted))
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            getattr(self, f"send_{manner}")(start)

        def log_message(self, *_: Any) -> None:
            pass

        def begin(self, start: int, *, has_length: bool = True) -> bytes:
            self.send_response(206 if start else 200)
            rest = server.content[start:]
            if has_length:
                self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            return rest

        def send_good(self, start: int) -> None:
            self.wfile.write(self.begin(start))

        def send_truncated(self, start: int) -> None:
            """Send a third of the whole, then hang up."""
            rest = self.begin(start)
            self.wfile.write(rest[: len(server.content) // 3 + 1])

        def send_dead(self, start: int) -> None:
            """Send a third, and nothing to whoever comes back."""
            rest = self.begin(start)
            self.wfile.write(b"" if start else rest[: len(rest) // 3])

        def send_rangeless(self, start: int) -> None:
            """Hang up once; know nothing of ranges."""
            rest = self.begin(0)
            is_first = len(server.requests) == 1
            self.wfile.write(rest[: len(rest) // 3] if is_first else rest)

        def send_wrong(self, start: int) -> None:
            rest = self.begin(start)
            self.wfile.write(b"x" * len(rest))

        def send_endless(self, start: int) -> None:
            self.begin(start, has_length=False)
            try:
                while not server.closing.is_set():
                    self.wfile.write(b"more " * 20_000)
            except OSError:
                return

        def send_slow(self, start: int) -> None:
            rest = self.begin(start)
            step = len(rest) // 20 + 1
            for begin in range(0, len(rest), step):
                self.wfile.write(rest[begin : begin + step])
                self.wfile.flush()
                server.closing.wait(0.01)

        def send_stalled(self, start: int) -> None:
            """Send a third, then keep the line open and silent."""
            rest = self.begin(start)
            self.wfile.write(b"" if start else rest[: len(rest) // 3])
            self.wfile.flush()
            server.closing.wait(20)

        def send_missing(self, start: int) -> None:
            self.send_error(404)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        http.shutdown()
        http.server_close()
        thread.join(10)
