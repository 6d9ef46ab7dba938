"""Changes merged for the UI thread, and previews read in threads."""

import asyncio
import gc
import threading
from pathlib import Path

import qasync
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from desktop.workers.bridge import Bridge, merged
from desktop.workers.collector import Collector
from desktop.workers.previews import Previews, Want, drawn
from engine.model import Change
from tests.desktop.conftest import until
from tests.desktop.standin import Standin


def _change(topic: str, *assets: int) -> Change:
    return Change(frozenset({topic}), frozenset(assets))


def test_many_changes_become_one_signal(loop: qasync.QEventLoop, tmp_path: Path) -> None:
    async def story() -> None:
        library = Standin(tmp_path)
        bridge = Bridge(library.subscribe)
        seen: list[Change] = []
        bridge.changed.connect(seen.append)
        threads = [
            threading.Thread(target=lambda n=n: [library.tell("findings", assets=[n]) for _ in range(50)])
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        await until(lambda: seen)
        await asyncio.sleep(0.1)
        assert seen == [Change(frozenset({"findings"}), frozenset(range(4)))]
        library.tell("jobs")
        await until(lambda: len(seen) == 2)
        bridge.close()
        assert library.listeners == []

    loop.run_until_complete(story())


def test_many_assets_stay_many_when_merged() -> None:
    assert merged(_change("assets"), _change("findings", 3)).assets == frozenset()
    assert merged(_change("findings", 1), _change("findings", 2)).assets == {1, 2}
    assert merged(_change("jobs"), _change("findings", 2)).assets == {2}


def test_previews_come_cut_to_fill(loop: qasync.QEventLoop, picture: Path) -> None:
    async def story() -> None:
        previews = Previews(lambda asset: picture if asset < 10 else None)
        want, absent = Want(1, 90, 90, 8), Want(12, 90, 90)
        assert previews.get(want) is None
        previews.want([want, absent])
        await until(lambda: previews.get(want) is not None)
        image = previews.get(want)
        assert image is not None
        assert (image.width(), image.height()) == (90, 90)
        assert image.pixelColor(45, 45).red() > 200
        assert image.pixelColor(0, 0).alpha() == 0  # round corner
        await until(lambda: previews.waiting == 0)
        assert previews.get(absent) is None
        previews.close()

    loop.run_until_complete(story())


def test_wishes_that_scrolled_away_are_dropped(loop: qasync.QEventLoop, picture: Path) -> None:
    gate, asked = threading.Event(), []

    def find(asset: int) -> Path:
        asked.append(asset)
        gate.wait(5)
        return picture

    async def story() -> None:
        previews = Previews(find, threads=1)
        previews.want([Want(1, 40, 40)])
        await until(lambda: asked == [1])
        previews.want([Want(n, 40, 40) for n in range(100, 300)])
        previews.want([Want(n, 40, 40) for n in (7, 8)])
        gate.set()
        await until(lambda: previews.get(Want(8, 40, 40)) is not None)
        assert asked == [1, 7, 8]
        previews.close()

    loop.run_until_complete(story())


def test_decoded_pictures_stay_within_their_bytes(loop: qasync.QEventLoop, picture: Path) -> None:
    async def story() -> None:
        budget = 40 * 40 * 4 * 10
        previews = Previews(lambda asset: picture, budget=budget)
        for n in range(50):
            want = Want(n, 40, 40)
            previews.want([want])
            await until(lambda want=want: previews.get(want) is not None)
        assert previews.used <= budget
        assert previews.get(Want(0, 40, 40)) is None
        previews.close()

    loop.run_until_complete(story())


def test_blurring_leaves_no_detail(picture: Path) -> None:
    sharp, soft = drawn(picture, Want(1, 200, 150)), drawn(picture, Want(1, 200, 150, blur=True))
    assert sharp is not None
    assert soft is not None
    assert soft.size() == sharp.size()
    assert soft.pixelColor(100, 70) != QColor("black")


def test_a_file_that_is_no_picture_is_absent(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"this is no picture")
    assert drawn(broken, Want(1, 50, 50)) is None


def test_garbage_of_cycles_is_collected_by_the_ui_thread_alone(qtbot: QtBot) -> None:
    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            ended.append(threading.current_thread())

    ended: list[threading.Thread] = []
    collector = Collector()
    try:
        made = threading.Thread(target=lambda: [Cycle() for _ in range(50_000)])
        made.start()
        made.join()
        assert not ended
        qtbot.waitUntil(lambda: len(ended) == 50_000, timeout=10_000)
    finally:
        collector.close()
    assert set(ended) == {threading.main_thread()}
    assert gc.isenabled()
    gc.disable()  # as the other tests want it
