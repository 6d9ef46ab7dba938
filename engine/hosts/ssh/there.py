"""Runs on the other machine with nothing but Python's own library: puts Kinora's files in place, starts and ends nodes.

It is sent over and read by the Python there (`python3 -I - <what>`); it answers with one line of JSON. Sentences for
people are made on the near side: from here come codes.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = "KINORA "  # before the answer: whatever a login shell prints stands before it
OURS = ".kinora-node"  # a file that says that a folder is ours, to be wiped one day
STATE, LOG, READY = "node.json", "node.log", ".ready"
LINE = 4096  # bytes of what a node announces
OLD = 7 * 86_400  # seconds after which an upload that nobody finished is thrown away


class Trouble(Exception):
    """What went wrong, as a code, with what the system said."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(text)
        self.code, self.text = code, text


def look(folder: Path, **_: Any) -> dict[str, Any]:
    """Make the folder ours, and say what is there."""
    if folder.exists() and not (folder / OURS).exists() and any(folder.iterdir()):
        raise Trouble("foreign", str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / OURS).touch(mode=0o600)
    for name in ("incoming", "wheels"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    return {
        "folder": str(folder),
        "space": shutil.disk_usage(folder).free,
        "ready": sorted(entry.name for entry in folder.iterdir() if (entry / READY).exists()),
    }


def unpack(folder: Path, archive: str, sha256: str, build: str, **_: Any) -> dict[str, Any]:
    """Put an archive that has arrived in place, if it is the one that was sent; whole or not at all."""
    came, target = folder / "incoming" / archive, folder / build
    with _alone(folder):
        if (target / READY).exists():
            came.unlink(missing_ok=True)
            return {}
        if _digest(came) != sha256:
            came.unlink()
            raise Trouble("hash", archive)
        room = folder / f".{build}-{uuid.uuid4().hex[:8]}"
        room.mkdir(mode=0o700)
        try:
            _extract(came, room)
            for place in room.rglob("*"):
                _flush(place)
            (room / READY).touch()
            _flush(room)
            shutil.rmtree(target, ignore_errors=True)
            room.rename(target)
            _flush(folder)
        except tarfile.TarError as error:
            raise Trouble("archive", str(error)) from error
        finally:
            shutil.rmtree(room, ignore_errors=True)
        came.unlink()
    return {}


def environment(folder: Path, build: str, lock: str, key: str, wheels: str = "", **_: Any) -> dict[str, Any]:
    """Make the Python environment that a lock describes, once for all builds that have the same lock."""
    room = folder / key
    python = room / "bin" / "python"
    with _alone(folder):
        if not (room / READY).exists():
            shutil.rmtree(room, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(room)], "venv")
            asked = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
                     "--no-deps", "--require-hashes", "-r", str(folder / build / "resources" / lock)]  # fmt: skip
            if wheels:
                asked += ["--no-index", "--find-links", str(folder / wheels)]
            try:
                _run(asked, "pip")
            finally:
                if wheels:
                    shutil.rmtree(folder / wheels, ignore_errors=True)
            (room / READY).touch()
    return {"python": str(python)}


def start(
    folder: Path, build: str, python: str, client: str, arguments: list[str], variables: dict[str, str], wait: float,
    **_: Any,
) -> dict[str, Any]:  # fmt: skip
    """Find the node of this build that runs, or start it; say where it listens."""
    room = folder / build / client
    with _alone(folder):
        room.mkdir(mode=0o700, exist_ok=True)
        found = running(room)
        if found is not None:
            return {**found, "found": True}
        (room / STATE).unlink(missing_ok=True)
        said = room / "announced"
        said.unlink(missing_ok=True)
        surroundings = {**os.environ, **variables, "KINORA_PACKS": str(folder / "packs"), "PYTHONNOUSERSITE": "1"}
        if libraries := _libraries(Path(python)):
            before = surroundings.get("LD_LIBRARY_PATH", "")
            surroundings["LD_LIBRARY_PATH"] = os.pathsep.join([*libraries, *([before] if before else [])])
        command = [python, str(folder / build / "main.py"), "--library", str(room / "library"), *arguments]
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the node inherits it: it lives on when the connection ends
        with said.open("wb") as out, (room / LOG).open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=log, cwd=room, env=surroundings,
                start_new_session=True,
            )  # fmt: skip
        announced = _announced(child, said, room / LOG, wait)
        state = {**announced, "pid": child.pid, "began": _began(child.pid)}
        _write(room / STATE, state)
    return {**state, "found": False}


def stop(folder: Path, build: str, client: str, **_: Any) -> dict[str, Any]:
    """End a node, gently first."""
    with _alone(folder):
        return {"ended": _end(folder / build / client)}


def clean(folder: Path, build: str, key: str = "", **_: Any) -> dict[str, Any]:
    """Throw away the builds and environments that no node uses, and uploads that nobody finished."""
    gone: list[str] = []
    with _alone(folder):
        others = [entry for entry in folder.iterdir() if (entry / "main.py").exists() and entry.name != build]
        busy = [entry for entry in others if any(running(room) for room in _rooms(entry))]
        doomed = [entry for entry in others if entry not in busy]
        if not busy:
            doomed += [entry for entry in folder.glob("env-*") if entry.name != key]
        doomed += [entry for entry in folder.glob(".*-????????") if entry.is_dir()]
        for entry in doomed:
            shutil.rmtree(entry, ignore_errors=True)
            gone.append(entry.name)
        for entry in (folder / "incoming").iterdir():
            if time.time() - entry.stat().st_mtime > OLD:
                entry.unlink()
    return {"gone": gone}


def wipe(folder: Path, **_: Any) -> dict[str, Any]:
    """End every node and take away everything that is ours."""
    if not folder.exists():
        return {"ended": 0}
    if not (folder / OURS).exists():
        raise Trouble("foreign", str(folder))
    with _alone(folder):
        ended = sum(_end(room) for entry in folder.iterdir() for room in _rooms(entry))
        shutil.rmtree(folder)
    return {"ended": ended}


def running(room: Path) -> dict[str, Any] | None:
    """The node of a folder, if it lives: the very process that was started, and it listens."""
    try:
        state = json.loads((room / STATE).read_text())
        pid, port = int(state["pid"]), int(state["port"])
        if _began(pid) != state["began"] or not state["began"]:
            return None
        with socket.create_connection(("127.0.0.1", port), 2):
            return dict(state)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _rooms(build: Path) -> list[Path]:
    return [entry.parent for entry in build.glob(f"*/{STATE}")] if build.is_dir() else []


def _end(room: Path) -> bool:
    """End the process that a folder's state names, if it is still the same."""
    try:
        state = json.loads((room / STATE).read_text())
        pid = int(state["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if not state.get("began") or _began(pid) != state["began"]:
        return False
    for number, patience in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 4.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)
            os.killpg(pid, signal.SIGCONT)  # one that stands still hears nothing
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not _began(pid):
                return True
            time.sleep(0.05)
    return False


def _began(pid: int) -> str:
    """When a process began, as the system counts it: with its number it names a process for good. Empty: it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        if Path("/proc/self/stat").exists():
            return ""
    said = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    kind, _, began = said.stdout.strip().partition(" ")
    return "" if kind.startswith("Z") else began.strip()


def _announced(child: "subprocess.Popen[bytes]", said: Path, log: Path, wait: float) -> dict[str, Any]:
    """The line in which a new node says where it listens."""
    until = time.monotonic() + wait
    while time.monotonic() < until:
        with said.open("rb") as file:
            line = file.read(LINE + 1)
        if b"\n" in line:
            try:
                found = json.loads(line.partition(b"\n")[0])
                return {"port": int(found["port"]), "token": str(found["token"]), "protocol": int(found["protocol"]),
                        "version": str(found["version"])}  # fmt: skip
            except (ValueError, KeyError, TypeError):
                break
        if len(line) > LINE or child.poll() is not None:
            break
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    raise Trouble("start", _tail(log))


def _extract(came: Path, room: Path) -> None:
    """Plain files in plain folders and nothing else; Python's own filter looks too, where there is one (3.11.4)."""
    with tarfile.open(came) as tar:
        for member in tar:
            parts = member.name.split("/")
            if not member.isreg() or "\\" in member.name or not all(part.strip(". ") for part in parts):
                raise Trouble("archive", member.name)
        more: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(room, **more)


def _libraries(python: Path) -> list[str]:
    """The folders of CUDA's libraries in an environment: ONNX Runtime does not look there by itself."""
    return sorted(str(place) for place in python.parent.parent.glob("lib/python3*/site-packages/nvidia/*/lib"))


def _run(command: list[str], code: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(code, (done.stderr + done.stdout)[-2000:])


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        return log.read_bytes()[-600:].decode("utf-8", "replace").strip()
    return ""


def _write(place: Path, state: dict[str, Any]) -> None:
    """Write what only the user may read (it has the token), whole or not at all."""
    part = place.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place)


def _digest(place: Path) -> str:
    total = hashlib.sha256()
    with place.open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _flush(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time: two programs of the same user may come here at once."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


WHAT = {fn.__name__: fn for fn in (look, unpack, environment, start, stop, clean, wipe)}


def main(asked: str) -> int:
    """Do what is asked, and say what came of it."""
    os.umask(0o077)
    try:
        wanted = json.loads(asked)
        folder = Path(wanted.pop("folder")).expanduser().absolute()
        answer = {"ok": True, **WHAT[wanted.pop("do")](folder=folder, **wanted)}
    except Trouble as error:
        answer = {"ok": False, "code": error.code, "text": error.text}
    except OSError as error:
        full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
        code = "full" if full else "rights" if isinstance(error, PermissionError) else "system"
        answer = {"ok": False, "code": code, "text": str(error)}
    sys.stdout.write(f"\n{MARK}{json.dumps(answer)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
