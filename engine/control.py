"""The door of a library that is open: its owner listens on a local socket, a second start knocks.

Messages are JSON in length-prefixed frames behind a shared secret in the library's folder; nothing is unpickled. Every
knock is answered on a thread of its own, so that a client that stands still holds up nobody.
"""

import contextlib
import json
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any

from engine.errors import KinoraError, LibraryBusy
from engine.language import mark, tr

log = logging.getLogger(__name__)

NOTE = "instance.json"
PATIENCE = 5.0  # seconds for a client's next message
ALIVE = 30.0  # seconds in which an owner that lives takes a knock; its answer may take as long as its work does
TRIES = 50  # to write the note
WINDOW, SERVE, COMMAND = "window", "serve", "command"
ANSWERS = {"come_forward": WINDOW, "pair": SERVE}  # what only they answer
HINTS = {
    WINDOW: mark("Use the window that is open, or close it first."),
    SERVE: mark("`kinora serve` has it open (process {pid}): ask that, or end it first."),
    COMMAND: mark("Another command has it open (process {pid}): wait until it is through."),
}
GOODBYE = 1.0  # seconds for the answers under way when the door closes
Handler = Callable[..., Any]


class Door:
    """Listens for other starts of Kinora on the same library and runs the commands that they bring."""

    def __init__(self, library: Path, handlers: Mapping[str, Handler]) -> None:
        self._note = library / NOTE
        self._handlers: dict[str, Handler] = {"hello": lambda: True, **handlers}
        self._secret = secrets.token_bytes(32)
        self._address = address()
        self._listener = Listener(self._address, backlog=16)
        self._tell(COMMAND)
        self._closing = threading.Event()
        self._talks: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._serve, name="kinora-door", daemon=True)
        self._thread.start()

    def handle(self, command: str, handler: Handler) -> None:
        """Answer one more command (the window adds `come_forward`)."""
        self._handlers[command] = handler
        if command in ANSWERS:
            self._tell(ANSWERS[command])

    def close(self) -> None:
        """Stop listening; whoever is being answered gets a moment, and nobody can make this wait longer."""
        self._closing.set()
        with contextlib.suppress(OSError):
            Client(self._address).close()  # wakes the listener
        self._thread.join(PATIENCE)
        until = time.monotonic() + GOODBYE
        for talk in list(self._talks):
            talk.join(max(0.0, until - time.monotonic()))
        self._listener.close()
        with contextlib.suppress(OSError):
            self._note.unlink()
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                Path(self._address).parent.rmdir()

    def _tell(self, who: str) -> None:
        """Write down who has the library open, and how it can be asked; in one go, for others read it meanwhile."""
        body = json.dumps({"pid": os.getpid(), "who": who, "address": self._address, "secret": self._secret.hex()})
        fresh = self._note.with_suffix(".new")
        with contextlib.suppress(OSError):
            fresh.unlink()
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(body)
        for _ in range(TRIES):
            with contextlib.suppress(PermissionError):  # Windows: somebody reads the old one
                fresh.replace(self._note)
                return
            time.sleep(0.02)
        log.warning("who has the library open could not be written down")

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection = self._listener.accept()
                talk = threading.Thread(target=self._talk, args=(connection,), name="kinora-talk", daemon=True)
                self._talks.add(talk)
                talk.start()
            except Exception:  # the door stays open, whatever one knock brings
                log.exception("a knock at the door failed")
                self._closing.wait(0.2)  # out of descriptors: not again at once

    def _talk(self, connection: "Connection[Any, Any]") -> None:
        """Hear one request and answer it."""
        from multiprocessing import AuthenticationError

        try:
            with connection:
                talk = _Patient(connection, PATIENCE, self._closing)
                deliver_challenge(talk, self._secret)  # type: ignore[arg-type]
                answer_challenge(talk, self._secret)  # type: ignore[arg-type]
                connection.send_bytes(self._answer(talk.recv_bytes(1 << 20)))
        except (EOFError, OSError) as error:
            log.info("who knocked has gone: %s", error)
        except (AuthenticationError, AssertionError) as error:
            log.warning("a knock without the secret: %s", error)
        finally:
            self._talks.discard(threading.current_thread())

    def _answer(self, request: bytes) -> bytes:
        try:
            asked = json.loads(request)
            handler = self._handlers.get(asked["command"])
            if handler is None:
                reply: dict[str, Any] = {"error": "The Kinora that is open does not know this command.", "hint": ""}
            else:
                reply = {"ok": handler(**asked.get("arguments", {}))}
            return json.dumps(reply).encode()
        except KinoraError as error:
            reply = {"error": error.text, "hint": error.hint, "code": error.code}
        except Exception:  # a bug in one command must not close the door for the others
            log.exception("a request of another start failed")
            reply = {"error": "The Kinora that is open could not do this.", "hint": "Details are in its log."}
        return json.dumps(reply).encode()


class _Patient:
    """A connection whose other end has so long for each of its messages."""

    def __init__(self, connection: "Connection[Any, Any]", patience: float, closing: threading.Event) -> None:
        self._connection = connection
        self._patience = patience
        self._closing = closing
        self.send_bytes = connection.send_bytes

    def recv_bytes(self, most: int) -> bytes:
        """Return the next message. Raises TimeoutError."""
        until = time.monotonic() + self._patience
        while not self._connection.poll(0.1):
            if self._closing.is_set() or time.monotonic() > until:
                raise TimeoutError("the other end stands still")
        return self._connection.recv_bytes(most)


def ask(library: Path, command: str, **arguments: Any) -> Any:
    """Ask the running Kinora of a library to do something; return its answer, however long the work takes.

    Raises:
        LibraryBusy: it does not answer, or it ended meanwhile.
        KinoraError: it refused, in its words.
    """
    from multiprocessing import AuthenticationError

    try:
        note = json.loads((library / NOTE).read_text(encoding="utf-8"))
        secret = bytes.fromhex(note["secret"])
        with Client(note["address"]) as connection:
            knock = _Patient(connection, ALIVE, threading.Event())
            answer_challenge(knock, secret)  # type: ignore[arg-type]
            deliver_challenge(knock, secret)  # type: ignore[arg-type]
            connection.send_bytes(json.dumps({"command": command, "arguments": arguments}).encode())
            reply = json.loads(connection.recv_bytes(1 << 26))  # ends at once when the other process does
    except (OSError, EOFError, ValueError, KeyError, AssertionError, AuthenticationError) as error:
        text = "This library is open in another Kinora, which does not answer."
        raise LibraryBusy(text, hint=hint(library)) from error
    if "error" in reply:
        refused = KinoraError(reply["error"], hint=reply["hint"])
        refused.code = reply.get("code", refused.code)
        raise refused
    return reply["ok"]


def owner(library: Path) -> tuple[str, int]:
    """Who has a library open (`WINDOW` ...), and its process; "" where that is not known."""
    try:
        note = json.loads((library / NOTE).read_text(encoding="utf-8"))
        return str(note["who"]), int(note["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", 0


def hint(library: Path) -> str | None:
    """What a person can do about a library that somebody has open; None where it is not known who."""
    who, pid = owner(library)
    return tr(HINTS[who], pid=pid) if who in HINTS else None


def address() -> str:
    """A free local address: a named pipe on Windows, elsewhere a socket in a folder that only the user may enter."""
    if sys.platform == "win32":
        return rf"\\.\pipe\kinora-{secrets.token_hex(8)}"
    import tempfile

    # A socket's path may have 104 characters: the library's may be longer.
    return str(Path(tempfile.mkdtemp(prefix="kinora-")) / "door")
