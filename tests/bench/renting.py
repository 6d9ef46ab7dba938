"""From *rent* to the first result, with the fake of Vast.ai and a real SSH server on loopback as the rented machine."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.hosts.rental.vast import Vast
from engine.library import Library
from engine.model import Caps, HostKind, HostState, HostStatus, Need, RentalRow
from tests.bench.rows import row
from tests.fakes.boxes import Box
from tests.fakes.provider import KEY, Answer
from tests.fakes.vast import FakeVast
from tests.sshd import Sshd, ended, running

BOOT = 1.0  # seconds that the fake's machines take to run


class Lending(FakeVast):
    """A fake whose machines are an SSH server of this machine: what a start script would do there is done here."""

    sshd: Sshd

    def _attach(self, box: Box, body: Any, number: str) -> Answer:
        box.log = f"KINORA-HOST-KEY {self.sshd.pinned}\n"
        with (self.sshd.folder / "authorized_keys").open("a") as keys:
            keys.write(f"{body['ssh_key']}\n")
        return super()._attach(box, body, number)


@dataclass(frozen=True, slots=True)
class Market:
    """A fake provider whose machines are all the same SSH server of this machine."""

    fake: Lending
    sshd: Sshd
    node: Path

    def lend_to(self, library: Library) -> None:
        """Let a library rent here; it may spend a little."""
        rented = library.rentals
        rented._makers = {"vast": lambda key: Vast(key, url=self.fake.url, transport=self.fake.transport())}
        rented.way = {name: value for name, value in self.sshd.options(self.node, idle_exit=300).items()
                      if name != "identity"}  # fmt: skip
        rented.set_key("vast", KEY)
        rented.set_caps(Caps(day=5.0))

    def rent(self, library: Library) -> RentalRow:
        """Rent the best machine."""
        return library.rentals.rent(library.rentals.offers("vast", Need())[0], 1.0)


@contextlib.contextmanager
def market() -> Iterator[Market]:
    """A market that lasts as long as the block; pytest's Skipped is raised where there is no sshd."""
    # Nobody's own keyring is touched.
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    os.environ.setdefault("KINORA_SECRETS_PASSPHRASE", "only for measuring")
    with tempfile.TemporaryDirectory(prefix="kinora-rent-") as room:
        keys, node = Path(room) / "sshd", Path(room) / "far" / "node"
        keys.mkdir()
        node.parent.mkdir()
        fake = Lending(live=True, now=time.time())
        fake.boot, fake.log_waits = (BOOT / 2, BOOT), 0
        with running(keys) as sshd:
            fake.sshd, fake.ssh = sshd, ("127.0.0.1", sshd.port)
            try:
                yield Market(fake, sshd, node)
            finally:
                ended(node)


def rented(library: Library) -> list[HostState]:
    """The rented machines of a library, as hosts."""
    return [one for one in library.hosts.states() if one.row.kind is HostKind.RENTAL]


def until_first(library: Library, patience: float = 120.0) -> float | None:
    """Seconds until a rented machine has done a job, None where it does not.

    The queue, which stood still so that this machine does not do it all before, goes on when the machine is ready.
    """
    began = time.monotonic()
    while time.monotonic() - began < patience:
        if any(one.status is HostStatus.READY for one in rented(library)):
            library.resume()
        if any(one.done for one in rented(library)):
            return time.monotonic() - began
        time.sleep(0.05)
    return None


def pictures(folder: Path, count: int, first: int = 0) -> Path:
    """Pictures with words, numbered from `first`, so that there is something to read elsewhere."""
    from PIL import Image, ImageDraw

    folder.mkdir()
    for number in range(first, first + count):
        image = Image.new("RGB", (900, 600), (250, 250, 250 - number % 50))
        ImageDraw.Draw(image).text((60, 80), f"page {number} of the harbour log", fill=(0, 0, 0), font_size=40)
        image.save(folder / f"{number}.png")
    return folder


def run(quick: bool) -> list[dict[str, Any]]:
    """Seconds from *rent* to the machine's first result."""
    with tempfile.TemporaryDirectory(prefix="kinora-rent-lib-") as room, market() as one:
        shown = pictures(Path(room) / "in", 100 if quick else 300)
        with Library.open(Path(room) / "library") as library:
            one.lend_to(library)
            library.pause()
            list(library.add([shown]))
            one.rent(library)
            taken = until_first(library)
            library.rentals.destroy_all()
    shown_as = "none" if taken is None else f"{taken:.1f} s"
    return [
        row("rent-first", "from rent to the first result, on the fake", shown_as, f"{BOOT:.0f} s of it the fake's boot",
            taken or 0.0, "< 30 s beside the machine's own boot"),
    ]  # fmt: skip
