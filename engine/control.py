"""The door of a library that is open: its owner listens on a local socket, a second start knocks.

Messages are JSON in length-prefixed frames behind a shared secret in the library's folder; nothing is unpickled.
"""

import contextlib
import json
import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from engine.errors import KinoraError, LibraryBusy

log = logging.getLogger(__name__)

NOTE = "instance.json"
Handler = Callable[..., Any]


class Door:
    """Listens for other starts of Kinora on the same library and runs the commands that they bring."""

    def __init__(self, library: Path, handlers: Mapping[str, Handler]) -> None:
        self._note = library / NOTE
        self._handlers = dict(handlers)
        self._secret = secrets.token_bytes(32)
        self._listener = Listener(address(library), authkey=self._secret)
        body = json.dumps({"pid": os.getpid(), "address": self._listener.address, "secret": self._secret.hex()})
        with contextlib.suppress(OSError):
            self._note.unlink()
        descriptor = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(body)
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="kinora-door", daemon=True)
        self._thread.start()

    def handle(self, command: str, handler: Handler) -> None:
        """Answer one more command (the window adds `come_forward`)."""
        self._handlers[command] = handler

    def close(self) -> None:
        """Stop listening."""
        self._closing = True
        with contextlib.suppress(OSError, KinoraError, EOFError):
            ask(self._note.parent, "hello")  # wakes the listener
        self._thread.join(5)
        self._listener.close()
        with contextlib.suppress(OSError):
            self._note.unlink()

    def _serve(self) -> None:
        from multiprocessing import AuthenticationError

        while not self._closing:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError) as error:
                if not self._closing:
                    log.warning("a knock at the door failed: %s", error)
                continue
            with connection:
                self._answer(connection)

    def _answer(self, connection: "Connection[Any, Any]") -> None:
        try:
            request = json.loads(connection.recv_bytes(1 << 20))
            handler = self._handlers.get(request["command"])
            if handler is None:
                reply: dict[str, Any] = (
                    {"ok": True} if request["command"] == "hello" else {"error": "unknown command", "hint": ""}
                )
            else:
                reply = {"ok": handler(**request.get("arguments", {}))}
        except KinoraError as error:
            reply = {"error": error.text, "hint": error.hint}
        except (EOFError, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("a request could not be read: %s", error)
            reply = {"error": "The request could not be read.", "hint": ""}
        with contextlib.suppress(OSError):
            connection.send_bytes(json.dumps(reply).encode())


def ask(library: Path, command: str, **arguments: Any) -> Any:
    """Ask the running Kinora of a library to do something; return its answer.

    Raises:
        LibraryBusy: it does not answer.
        KinoraError: it refused, in its words.
    """
    from multiprocessing import AuthenticationError

    try:
        note = json.loads((library / NOTE).read_text(encoding="utf-8"))
        with Client(note["address"], authkey=bytes.fromhex(note["secret"])) as connection:
            connection.send_bytes(json.dumps({"command": command, "arguments": arguments}).encode())
            if not connection.poll(30):
                raise LibraryBusy("The Kinora that has this library open does not answer.")
            reply = json.loads(connection.recv_bytes(1 << 26))
    except (OSError, EOFError, ValueError, KeyError, AuthenticationError) as error:
        raise LibraryBusy("This library is open in another Kinora, which does not answer.") from error
    if "error" in reply:
        raise KinoraError(reply["error"], hint=reply["hint"])
    return reply["ok"]


def address(library: Path) -> str:
    """A free local address: a named pipe on Windows, elsewhere a socket in a folder that only the user may enter."""
    if sys.platform == "win32":
        return rf"\\.\pipe\kinora-{secrets.token_hex(8)}"
    import tempfile

    folder = Path(
        tempfile.mkdtemp(prefix="kinora-")
    )  # a socket's path may have 104 characters: the library's may be longer
    return str(folder / "door")
