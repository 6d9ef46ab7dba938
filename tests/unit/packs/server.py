"""A web server on this machine that behaves as badly as it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server has, how it behaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut: list[int] = field(default_factory=list)  # bytes after which each next answer breaks off
    ranges: bool = True
    lie: int = 0  # added to the length that is told
    tag: str = '"one"'
    statuses: list[int] = field(default_factory=list)  # answered first, one after the other
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, Range
    url: str = ""


@contextmanager
def serving(site: Site) -> Iterator[Site]:  # noqa: C901  # a handler needs the site
    """Run the server."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("Range", "")))
            if site.statuses:
                self._end(site.statuses.pop(0))
            elif self.path in site.moved:
                self.send_response(302)
                self.send_header("Location", site.moved[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path not in site.files:
                self._end(404)
            else:
                self._send(site.files[self.path])

        def _end(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, body: bytes) -> None:
            begin = 0
            wanted = self.headers.get("Range", "")
            same = self.headers.get("If-Range", site.tag) == site.tag
            if site.ranges and wanted and same:
                begin = int(wanted.removeprefix("bytes=").rstrip("-"))
                if begin >= len(body):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(body)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            if site.tag:
                self.send_header("ETag", site.tag)
            self.send_header("Content-Length", str(len(body) - begin + site.lie))
            self.end_headers()
            part = body[begin:]
            if site.cut:
                part = part[: site.cut.pop(0)]
                self.close_connection = True
            self.wfile.write(part)
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), name="site")
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
