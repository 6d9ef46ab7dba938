"""Installs a pack over and over, each time dying at another change of the disk; run as a program of its own."""

import os
import sys
from pathlib import Path

from engine.packs import install, placing, trial
from engine.packs.install import Terms, bring_in
from engine.packs.shelf import installed

WRITES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir"})
PAST = 400  # more changes than an installation makes


def die_at(number: int) -> None:
    """End this process, as a power cut would, right before the change of that number."""
    left = [number]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[1], str) and any(mode in arguments[1] for mode in "wxa+")
        if event in WRITES or writes:
            left[0] -= 1
            if left[0] < 0:
                os._exit(77)

    sys.addaudithook(watch)


def main(first: Path, second: Path, shelf: Path) -> int:
    """Replace version 1 by version 2 with every possible death; print how many there were."""
    trial.run = lambda *_, **__: trial.Report()
    for number in range(PAST):
        for _ in bring_in(first, Terms(shelf), {}):
            pass
        child = os.fork()
        if child == 0:
            die_at(number)
            for _ in bring_in(second, Terms(shelf), {}):
                pass
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for name, pack in installed(shelf).items():  # even before anybody clears up: never a half pack
            assert not install.damage(pack, shelf / name), (number, install.damage(pack, shelf / name))
        placing.settle(shelf)
        after = installed(shelf)
        assert [pack.version for pack in after.values()] in ([1], [2]), (number, after)
        assert all(not install.damage(pack, shelf / name) for name, pack in after.items()), number
        assert sorted(entry.name for entry in shelf.iterdir()) == [".lock", *after], number
        if code == 0:
            assert next(iter(after.values())).version == 2
            print(number)  # noqa: T201
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4])))
