"""What travels is cut by workers, once; what nobody needs leaves; what goes wrong is a sentence."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.analyzers import ANALYZERS
from engine.errors import Cancelled, DamagedFile, FileChanged, FileMissing, KinoraError, StorageFull, StoreError
from engine.hosts.offers import OWN, refusal
from engine.hosts.ordering import order_of
from engine.hosts.packer import Packer, _Cutting, wanted
from engine.hosts.stock import INDEX, Stock
from engine.jobs import wire
from engine.jobs.orders import Order, OrderTask, Part
from engine.jobs.worker import analyzer_class
from engine.media.sniff import sniff
from engine.model import Facts, Kind
from engine.settings import defaults

PHOTO, FILM = "metadata/gps/DSCN0010.jpg", "video/tears_of_steel_cuts.webm"
ABOUT = Facts(
    width=640, height=480, duration=70.5, fps=24.0, has_audio=True, pages=3, taken="2008-10-22T16:28:39",
    latitude=43.4, longitude=11.8, place="Arezzo", camera="NIKON", creator="Anna", album="Holiday", rating=4,
    title="Anna in Arezzo", description="Our second day", keywords=("anna",), extra={"serial": "123"},
)  # fmt: skip


def start_of(path: Path, *analyzers: str, bundle: int = 1, facts: Facts | None = None, **more: Any) -> wire.Start:
    told, now = sniff(os.fsencode(path)), path.stat()
    options = {**defaults(), **{key.replace("_", ".", 1): value for key, value in more.items()}}
    tasks = tuple(wire.Task(number, 1, name, options) for number, name in enumerate(analyzers))
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return wire.Start(bundle, os.fsencode(path), told.kind, told.mime, content, now.st_size, now.st_mtime_ns, tasks,
                      facts or Facts())  # fmt: skip


@pytest.fixture
def packer(tmp_path: Path) -> Iterator[Packer]:
    made = Packer(tmp_path / "parcels", workers=1, memory=2048)
    yield made
    made.stop()


@pytest.fixture
def photo(media: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(media / PHOTO, tmp_path / "Anna.jpg"))


def parts_of(*numbers: int) -> tuple[Part, ...]:
    return tuple(Part("picture", f"{number:064x}", 10) for number in numbers)


def test_what_has_left_is_forgotten_here_and_in_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of a million files goes through a folder of some gigabytes."""
    stock = Stock(tmp_path, cap=100)
    stock.open("*.cut")
    for number in range(600):
        part = parts_of(number)
        stock.path_of(part[0]).write_bytes(b"0123456789")
        stock.add(f"{number:064x}", part)
        stock.make_room()
    assert len(stock._known) <= 10
    assert len((tmp_path / INDEX).read_text().splitlines()) <= 2 * 10 + 101
    assert stock.find(f"{599:064x}") is None or stock.find(f"{599:064x}") == parts_of(599)
    monkeypatch.setattr("engine.hosts.stock.MOST", 5)
    for number in range(1000, 1020):
        stock.add(f"{number:064x}", ())  # an asset that gives nothing
    assert len(stock._known) == 5


# --- cutting, once ----------------------------------------------------------------------------------------------------


def test_parts_are_cut_and_never_twice(packer: Packer, photo: Path, tmp_path: Path) -> None:
    (part,) = asyncio.run(packer.pack(start_of(photo, "objects", "meaning")))
    assert part.name == "picture"
    assert hashlib.sha256(packer.path_of(part).read_bytes()).hexdigest() == part.sha256
    photo.rename(tmp_path / "away.jpg")  # what was cut is known by its content; the original need not be there
    gone = start_of(tmp_path / "away.jpg", "objects", "meaning", bundle=2)
    assert asyncio.run(packer.pack(gone)) == (part,)
    (tmp_path / "away.jpg").unlink()
    assert asyncio.run(packer.pack(gone)) == (part,)


def test_another_run_of_the_program_cuts_nothing_again(photo: Path, tmp_path: Path) -> None:
    start = start_of(photo, "objects")
    for number in range(2):
        packer = Packer(tmp_path / "parcels", workers=1, memory=2048)
        try:
            (part,) = asyncio.run(packer.pack(start))
        finally:
            packer.stop()
        if number == 0:
            photo.unlink()
    assert part.name == "picture"


@pytest.mark.parametrize(
    "damage", [b"", b"{not json\n" + b"\xff\xfe\0\n" * 50 + b'{"key":"x","parts":[["a","b",1]]}\n']
)
def test_a_damaged_index_costs_a_cutting(damage: bytes, photo: Path, tmp_path: Path) -> None:
    first = Packer(tmp_path / "parcels", workers=1, memory=2048)
    parts = asyncio.run(first.pack(start_of(photo, "objects")))
    first.stop()
    (tmp_path / "parcels" / INDEX).write_bytes(damage)
    again = Packer(tmp_path / "parcels", workers=1, memory=2048)
    try:
        assert asyncio.run(again.pack(start_of(photo, "objects"))) == parts
    finally:
        again.stop()


def test_a_damaged_part_is_cut_again(photo: Path, tmp_path: Path) -> None:
    for number in range(2):
        packer = Packer(tmp_path / "parcels", workers=1, memory=2048)
        try:
            (part,) = asyncio.run(packer.pack(start_of(photo, "objects")))
            path = packer.path_of(part)
            assert hashlib.sha256(path.read_bytes()).hexdigest() == part.sha256
        finally:
            packer.stop()
        if number == 0:
            path.write_bytes(b"\0" * part.size)


def test_several_loops_and_threads_share_one_cutting(packer: Packer, media: Path) -> None:
    starts = [start_of(media / PHOTO, "objects", bundle=number) for number in range(1, 9)]
    found: list[tuple[Part, ...]] = []
    threads = [threading.Thread(target=lambda one=one: found.append(asyncio.run(packer.pack(one)))) for one in starts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert packer._numbers == 1


def test_what_needs_no_part_is_not_cut(packer: Packer, photo: Path) -> None:
    start = start_of(photo, "meaning", packs={"text-embedding": "some@1"})
    assert asyncio.run(packer.pack(start)) == ()
    assert packer._numbers == 0


def test_new_subtitles_beside_a_film_are_cut(packer: Packer, media: Path, tmp_path: Path) -> None:
    film = Path(shutil.copy(media / "video_made/cuts_and_jfk.mp4", tmp_path / "film.mp4"))
    before = asyncio.run(packer.pack(start_of(film, "speech")))
    (tmp_path / "film.en.srt").write_text("1\n00:00:01,000 --> 00:00:02,500\nAnd so\n")
    after = asyncio.run(packer.pack(start_of(film, "speech")))
    assert before != after
    assert [part.name for part in after] == ["voice", "subtitles"]
    without = asyncio.run(packer.pack(start_of(film, "speech", speech_subtitles="write")))
    assert [part.name for part in without] == ["voice"]


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_the_error_that_it_is(packer: Packer, media: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 200)
    with pytest.raises(DamagedFile):
        asyncio.run(packer.pack(start_of(broken, "objects")))
    start = start_of(broken, "objects")
    broken.write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 999)
    with pytest.raises(FileChanged):
        asyncio.run(packer.pack(start))
    broken.unlink()
    with pytest.raises(FileMissing):
        asyncio.run(packer.pack(start))
    assert not list((tmp_path / "parcels").glob("*.cut"))


def test_a_folder_that_cannot_be_made_is_a_sentence(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    packer = Packer(tmp_path / "file" / "parcels", workers=1, memory=2048)
    try:
        with pytest.raises(StoreError) as told:
            asyncio.run(packer.pack(start_of(photo, "objects")))
    finally:
        packer.stop()
    assert told.value.hint


def test_a_full_disk_lets_what_is_unused_leave_and_is_then_a_sentence(packer: Packer, photo: Path) -> None:
    parts = asyncio.run(packer.pack(start_of(photo, "meaning", bundle=1, packs={"picture-embedding": "x@1"})))
    packer.release(1)
    sent: list[wire.Start] = []

    def full(start: wire.Start, *, deadline: float) -> None:
        sent.append(start)
        packer._listen(wire.Failed(start.bundle, start.tasks[0].job, 0, "full", "The disk is full.", "Free some."))

    packer._host.send = full  # type: ignore[method-assign]
    with pytest.raises(StorageFull) as told:
        asyncio.run(packer.pack(start_of(photo, "objects", bundle=2)))
    assert told.value.text == "The disk is full."
    assert len(sent) == 2  # again, once there was something that could leave
    assert not packer.path_of(parts[0]).exists()


def test_a_worker_that_is_killed_leaves_nothing_half(packer: Packer, media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parcels"

    async def killed() -> None:
        cutting = asyncio.ensure_future(packer.pack(start_of(media / FILM, "faces", "sounds", "speech")))
        while not list(folder.glob("1-*.cut")):
            assert not cutting.done()
            await asyncio.sleep(0.005)
        for child in psutil.Process().children():
            os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(KinoraError) as told:
            await cutting
        assert told.value.hint

    asyncio.run(killed())
    assert not list(folder.glob("*.cut"))
    for file in folder.iterdir():
        assert file.name == INDEX or hashlib.sha256(file.read_bytes()).hexdigest() == file.name
    parts = asyncio.run(packer.pack(start_of(media / PHOTO, "objects")))  # and goes on
    assert parts[0].size > 0


def test_what_a_crash_left_is_swept_away(photo: Path, tmp_path: Path) -> None:
    left = tmp_path / "parcels" / "7-0011.cut"
    left.parent.mkdir()
    left.write_bytes(b"half")
    packer = Packer(tmp_path / "parcels", workers=1, memory=2048)
    try:
        asyncio.run(packer.pack(start_of(photo, "objects")))
    finally:
        packer.stop()
    assert not left.exists()


def test_given_up_it_is_cut_no_further(packer: Packer, media: Path, photo: Path) -> None:
    async def given_up() -> None:
        cutting = asyncio.ensure_future(packer.pack(start_of(media / FILM, "faces", bundle=5)))
        behind = asyncio.ensure_future(packer.pack(start_of(photo, "objects", bundle=6)))
        while 1 not in packer._out:
            await asyncio.sleep(0.005)
        cutting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cutting
        again = asyncio.ensure_future(packer.pack(start_of(media / FILM, "faces", bundle=7)))
        assert (await behind)[0].name == "picture"
        packer.release(7)
        with pytest.raises(Cancelled):
            await again

    asyncio.run(given_up())


def test_after_its_end_nobody_waits(photo: Path, tmp_path: Path) -> None:
    packer = Packer(tmp_path / "parcels", workers=1, memory=2048)
    packer.stop()
    with pytest.raises(Cancelled):
        asyncio.run(packer.pack(start_of(photo, "objects")))


def test_its_end_is_told_to_who_waits(media: Path, tmp_path: Path) -> None:
    packer = Packer(tmp_path / "parcels", workers=1, memory=2048)

    async def ended() -> None:
        waiting = asyncio.ensure_future(packer.pack(start_of(media / FILM, "faces")))
        while 1 not in packer._out:
            await asyncio.sleep(0.005)
        await asyncio.to_thread(packer.stop)
        with pytest.raises(Cancelled):
            await waiting

    asyncio.run(ended())


# --- the stock --------------------------------------------------------------------------------------------------------


def put(stock: Stock, content: bytes, age: float) -> Part:
    part = Part("picture", hashlib.sha256(content).hexdigest(), len(content))
    path = stock.path_of(part)
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    stock.add(hashlib.sha256(b"key" + content).hexdigest(), [part])
    return part


def test_the_oldest_unused_leave_first(tmp_path: Path) -> None:
    stock = Stock(tmp_path, cap=250)
    stock.open("*.cut")
    old, used, new = (put(stock, bytes([number]) * 100, age) for number, age in ((1, 300), (2, 400), (3, 1)))
    stock.pin(9, [used])
    assert stock.make_room() == 100
    assert [stock.path_of(part).exists() for part in (old, used, new)] == [False, True, True]
    stock.release(9)
    put(stock, b"4" * 100, 0)
    stock.make_room()
    assert [stock.path_of(part).exists() for part in (used, new)] == [False, True]


def test_one_in_use_never_leaves(tmp_path: Path) -> None:
    stock = Stock(tmp_path, cap=10)
    stock.open("*.cut")
    part = put(stock, b"a" * 100, 50)
    for user in (1, 2):
        stock.pin(user, [part])
    stock.release(1)
    assert stock.make_room() == 0
    assert stock.path_of(part).exists()
    stock.release(2)
    stock.release(3)  # nobody
    assert stock.make_room() == 100


def test_a_long_index_is_made_short(tmp_path: Path) -> None:
    stock = Stock(tmp_path, cap=10_000)
    stock.open("*.cut")
    part = put(stock, b"a" * 100, 0)
    for _ in range(300):
        stock.add("a" * 64, [part])
    again = Stock(tmp_path, cap=10_000)
    again.open("*.cut")
    assert again.find("a" * 64) == (part,)
    assert len((tmp_path / INDEX).read_text().splitlines()) == 2


def test_what_nobody_waits_for_any_more_takes_no_worker_for_good(packer: Packer, photo: Path) -> None:
    start = start_of(photo, "objects")
    for error in (StorageFull("The disk is full."), None):
        cutting = _Cutting("a" * 64, ("picture",), [], number=99)  # it was released while it was being cut
        packer._out[99] = cutting
        packer._stock._sizes["f" * 64] = 1  # something that may leave: it would be tried once more
        if error is not None:
            packer._later(packer._heard, wire.Failed(99, 99, 0, error.code, error.text))
        else:
            packer._later(packer._heard, wire.Ended(99))
    assert asyncio.run(asyncio.wait_for(packer.pack(start), 30))
    assert not packer._out


# --- orders -----------------------------------------------------------------------------------------------------------


def test_an_order_tells_sizes_and_no_more(media: Path) -> None:
    start = start_of(media / PHOTO, "objects", "ocr", "tags", facts=ABOUT, model_url="http://box/v1",
                     model_key_file="/home/anna/key", ocr_tessdata="/home/anna/tess")  # fmt: skip
    order = order_of(start, (Part("picture", "a" * 64, 9),))
    assert order.facts == Facts(width=640, height=480, duration=70.5, fps=24.0, has_audio=True, pages=3)
    text = json.dumps(order.to_json())
    for word in ("Anna", "anna", "Arezzo", "2008", "43.4", "NIKON", "Holiday", "serial", "box", "/home", "DSCN0010",
                 start.content, *OWN):  # fmt: skip
        assert word not in text
    assert Order.from_json(json.loads(text)).to_json() == json.loads(text)
    assert {key for task in order.tasks for key in task.options} >= {"ocr.side", "media.max_pages", "tags.min_score"}
    assert order_of(start, ()).id != order.id


def test_words_travel_where_they_are_understood(media: Path) -> None:
    told = start_of(media / PHOTO, "meaning", facts=ABOUT, packs={"text-embedding": "x@1"})
    assert order_of(told, ()).facts.title == "Anna in Arezzo"
    told = start_of(media / PHOTO, "meaning", facts=ABOUT, packs={"picture-embedding": "x@1"})
    assert order_of(told, ()).facts.title == ""


def test_a_key_is_of_what_the_answer_depends_on(media: Path) -> None:
    parts = (Part("picture", "a" * 64, 9),)

    def keys(*analyzers: str, parts: tuple[Part, ...] = parts, **more: Any) -> dict[str, str]:
        order = order_of(start_of(media / PHOTO, *analyzers, **more), parts)
        return {task.analyzer: task.key for task in order.tasks}

    alone = keys("objects")
    assert keys("objects", "ocr")["objects"] == alone["objects"]  # with others it is the same work
    assert keys("objects", bundle=77) == alone
    assert keys("objects", ocr_side=2000) == alone  # it does not read that
    assert keys("objects", objects_min_score=0.9) != alone
    assert keys("objects", parts=(Part("picture", "b" * 64, 9),)) != alone
    assert keys("objects", parts=(*parts, Part("scans", "c" * 64, 9))) == alone
    assert keys("objects", facts=Facts(duration=3.0)) != alone
    words = {"packs": {"text-embedding": "x@1"}}
    assert keys("meaning", facts=Facts(title="two words"), **words) != keys("meaning", facts=Facts(), **words)


def test_who_shares_the_finer_part_depends_on_it(media: Path) -> None:
    start = start_of(media / PHOTO, "meaning", "objects", packs={"picture-embedding": "x@1"})
    assert wanted(start) == ("picture",)
    one, other = (order_of(start, (Part("picture", letter * 64, 1),)).tasks[0].key for letter in "ab")
    assert one != other


def test_an_order_can_not_have_things_cut() -> None:
    task = OrderTask("a" * 64, "cut", 1, {"parts": ["picture"], "folder": "/tmp"})
    assert analyzer_class("cut").name == "cut"  # a worker knows it, a node does not
    told = refusal(task, defaults())
    assert told is not None
    assert told.code == "host-skew"


def test_a_caption_asked_of_a_server_stays() -> None:
    (caption,) = (one for one in ANALYZERS if one.name == "caption")
    assert caption.leaves({"packs": {"language-model": "x@1"}})
    assert not caption.leaves({"packs": {"language-model": "x@1"}, "model.url": "http://127.0.0.1:8080/v1"})
    assert not caption.leaves({})
    assert Kind.PHOTO in caption.kinds
