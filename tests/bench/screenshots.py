"""Pictures of every view of the real window: three sizes, both themes, one page to look at them.

python -m tests.bench.screenshots [FOLDER...] [--library DIR] [--models DIR] [--out DIR] [--language de] [--only ...]

Without a folder, files that may be shown are taken from the folder of real media beside the project (or of
$KINORA_TEST_MEDIA), and what the program draws itself where there is none. `--models` is a folder of small models (see
tests/packs.py), so that faces, things, postures and sounds show too; otherwise the packs that are installed are used.
"""

import argparse
import asyncio
import html
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
PROJECT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT))

SETTINGS = (("1280x720", 1), ("1920x1080", 1), ("1280x720", 2))  # size in logical pixels, pixels for each of them


def main() -> int:
    """Make the library, then take the pictures in a process for each size."""
    given = arguments()
    if given.size:
        return shoot(given)
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="Anna-") as scratch:
        room = Path(scratch)
        environment = dict(os.environ)
        models = given.models or beside("models")
        if models is not None:
            from tests.packs import real_packs

            environment["KINORA_PACKS"] = os.environ["KINORA_PACKS"] = str(real_packs(models, room / "packs"))
        library = given.library or made(given, room)
        for size, scale in SETTINGS:
            out = given.out / (size if scale == 1 else f"{size}@{scale}x")
            command = [sys.executable, "-m", "tests.bench.screenshots", "--library", str(library), "--size", size,
                       "--out", str(out), "--themes", given.themes, "--language", given.language,
                       *(["--mirrored"] if given.mirrored else []), "--only", *given.only]  # fmt: skip
            subprocess.run(command, check=True, cwd=PROJECT, env={**environment, "QT_SCALE_FACTOR": str(scale)})
    index(given.out)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--library", type=Path, help="show this library instead")
    parser.add_argument("--models", type=Path, help="make packs of the models in this folder")
    parser.add_argument("--out", type=Path, default=Path("out/screenshots"))
    parser.add_argument("--themes", default="light,dark")
    parser.add_argument("--language", default="en")
    parser.add_argument("--mirrored", action="store_true", help="as where one reads from the right")
    parser.add_argument("--size", default="", help="only this one, as 1280x720")
    parser.add_argument("--only", nargs="*", default=[], help="scenes")
    return parser.parse_args()


def beside(name: str) -> Path | None:
    """The folder of real media or small models, where there is one."""
    places = (os.environ.get(f"KINORA_TEST_{name.upper()}", ""), str(PROJECT.parent / "shared" / name))
    return next((Path(place) for place in places if place and Path(place).is_dir()), None)


def made(given: argparse.Namespace, room: Path) -> Path:
    """A library of the folders, of what may be shown, or of what is drawn for it."""
    from engine.library import Library
    from tests.bench.showcase import copied, prepare

    media = beside("media")
    if given.folders:
        folders = given.folders
    elif media is not None:
        folders = copied(media, room / "Pictures")
    else:
        from engine.cli.samples import draw

        folders = [draw(room / "samples")]
    with Library.open(room / "library") as library:
        prepare(library, folders)
    return room / "library"


def shoot(given: argparse.Namespace) -> int:
    """Take the pictures of one size."""
    import qasync
    from PySide6.QtCore import Qt, qInstallMessageHandler

    from desktop.app import application, speak
    from desktop.look.look import Look
    from desktop.shell.state import State
    from desktop.window import Window

    given.out.mkdir(parents=True, exist_ok=True)
    qInstallMessageHandler(lambda kind, where, text: None)
    app = application()
    speak(app, given.language)
    if given.mirrored:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with tempfile.TemporaryDirectory() as scratch:
        window = Window(Look(app, "light"), State(Path(scratch) / "window.ini"))
        window.resize(*(int(side) for side in given.size.split("x")))
        window.show()
        app.processEvents()
        with loop:
            loop.run_until_complete(session(window, given))
    return 0


async def session(window: object, given: argparse.Namespace) -> None:
    """Open the library in the window and go through the scenes in each theme."""
    from desktop.operations import Operations
    from desktop.window import Window
    from desktop.workers.bridge import Bridge
    from engine.library import Library
    from tests.bench.scenes import SCENES, settle

    assert isinstance(window, Window)
    library = await asyncio.to_thread(Library.open, given.library)
    await asyncio.to_thread(library.wait_idle, 900)
    ops, bridge = Operations(library), Bridge(library.subscribe)
    window.attach(ops, bridge)
    await settle(lambda: window.current is not None)
    try:
        for theme in given.themes.split(","):
            window.look.choose(theme)

            async def save(name: str, theme: str = theme) -> None:
                target = given.out / f"{name}-{theme}.png"
                window.grab().save(str(target))
                print(target, flush=True)

            for name, scene in SCENES:
                if not given.only or name in given.only:
                    await scene(window, library, save)
    finally:
        bridge.close()
        window.release()
        await ops.close()
        window.close()
        await asyncio.to_thread(library.close)


def index(out: Path) -> None:
    """One page with all pictures, light beside dark."""
    rows = []
    for light in sorted(out.glob("*/*-light.png")):
        name = light.relative_to(out).as_posix()
        pair = [name, name.replace("-light", "-dark")]
        images = "".join(
            f'<a href="{html.escape(one)}"><img loading="lazy" src="{html.escape(one)}"></a>' for one in pair
        )
        rows.append(f"<h2>{html.escape(name.removesuffix('-light.png'))}</h2><p>{images}</p>")
    style = "body{font-family:sans-serif;background:#888;color:#fff}img{width:49%;margin:.5%}h2{font-size:15px}"
    page = f'<!doctype html><meta charset="utf-8"><title>Kinora</title><style>{style}</style>{"".join(rows)}'
    (out / "index.html").write_text(page, encoding="utf-8")
    print(out / "index.html")


if __name__ == "__main__":
    sys.exit(main())
