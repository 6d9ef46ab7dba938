"""What went wrong on the other machine or on the way there, as a sentence: the program there speaks in codes."""

import re
import socket

from engine.errors import HostError, HostFull, HostLied, HostLost, HostRefused
from engine.language import tr

UNREACHED = re.compile(
    r"NewConnectionError|Temporary failure in name resolution|Name or service not known|Network is unreachable"
    r"|Connection (?:refused|timed out)|Max retries exceeded|getaddrinfo failed|ProxyError|No route to host"
)
UNFITTING = re.compile(r"No matching distribution found|Could not find a version|is not a supported wheel")
MIXED = re.compile(r"DO NOT MATCH THE HASHES|hashes are required|HashMismatch", re.IGNORECASE)


class Damaged(HostError):
    """A file arrived as another one than was sent."""

    code = "host-damaged"


def lost(name: str, error: BaseException) -> HostError:
    """A connection that did not come about or broke, as an error for people."""
    match error:
        case PermissionError():
            return HostError(
                tr("Kinora is offline: {name} was not contacted.", name=name),
                hint=tr("Switch offline off in the settings."),
            )
        case socket.gaierror():
            return HostLost(
                tr("There is no machine named {name}.", name=name), hint=tr("Check the name, or the network.")
            )
        case ConnectionRefusedError():
            return HostLost(
                tr("{name} is there and refuses SSH.", name=name),
                hint=tr("Is its SSH server switched on, and on this port?"),
            )
        case TimeoutError():
            return HostLost(tr("{name} does not answer.", name=name))
    return HostLost(tr("The connection to {name} broke: {error}.", name=name, error=str(error) or type(error).__name__))


def explained(code: str, text: str, name: str, folder: str) -> HostError:
    """The error for a code of `there.py`; `text` is what the system there said."""
    end = text.strip().splitlines()[-1][:300] if text.strip() else code
    match code:
        case "full":
            return HostFull(tr("The disk of {name} is full.", name=name))
        case "rights":
            return HostRefused(
                tr("On {name} you may not write to {folder}.", name=name, folder=folder),
                hint=tr("Name another folder for this host, one that you may write to."),
            )
        case "foreign":
            return HostRefused(
                tr("{folder} on {name} has other things in it.", name=name, folder=folder),
                hint=tr("Name an empty folder, or one that is not there yet."),
            )
        case "hash":
            return Damaged(
                tr("What was sent to {name} arrived damaged.", name=name),
                hint=tr("Kinora sends it again. If it happens often, look at its disk and memory."),
            )
        case "archive":
            return HostLied(tr("{name} would not unpack what was sent: {error}.", name=name, error=end))
        case "venv":
            return _environment(text, end, name)
        case "pip":
            return _installing(text, end, name)
        case "start":
            return HostError(
                tr("The node on {name} did not start: {error}.", name=name, error=end),
                hint=tr("Its log is in {folder} there.", folder=folder),
            )
    return HostError(tr("{name} could not do it: {error}.", name=name, error=end))


def _environment(text: str, end: str, name: str) -> HostError:
    if _no_room(text):
        return HostFull(tr("The disk of {name} is full.", name=name))
    return HostRefused(
        tr("No Python environment can be made on {name}: {error}.", name=name, error=end),
        hint=tr("On Debian and Ubuntu install python3-venv there."),
    )


def _installing(text: str, end: str, name: str) -> HostError:
    if _no_room(text):
        return HostFull(tr("The disk of {name} is full.", name=name))
    if MIXED.search(text):
        return HostLied(
            tr("A package that {name} got is not the one that was tested.", name=name),
            hint=tr("Somebody in between, or its mirror, gives it other files. Nothing of them was installed."),
        )
    if UNREACHED.search(text):
        return HostRefused(
            tr("{name} does not reach the Internet, from where it gets its libraries.", name=name),
            hint=tr("Let it reach pypi.org once, or name a folder with the wheels (the host's wheels) to be sent."),
        )
    if UNFITTING.search(text):
        return HostRefused(
            tr("For the system of {name} a library is not to be had: {error}.", name=name, error=end),
            hint=tr("Name a Python there that has the libraries as the host's python."),
        )
    return HostError(tr("The libraries could not be installed on {name}: {error}.", name=name, error=end))


def _no_room(text: str) -> bool:
    return "No space left on device" in text or "Disk quota exceeded" in text
