"""Blobs: named by what they are, never longer than announced, resumed, evicted by use, held while they are needed."""

import os
import shutil
import time
from hashlib import sha256
from pathlib import Path

import pytest

from engine.errors import StorageFull
from engine.serve.blobs import STALE, Blobs, owner_of
from engine.serve.uploads import BlobElsewhere, BlobRefused

ANNA, BERT = owner_of("anna"), owner_of("bert")


def store(folder: Path, cap: int = 1 << 30) -> Blobs:
    return Blobs(folder / "blobs", cap=lambda: cap)


def put(blobs: Blobs, content: bytes, owner: str = ANNA) -> str:
    name = sha256(content).hexdigest()
    upload = blobs.begin(owner, name, len(content), 0)
    upload.write(content)
    assert upload.finish().whole
    upload.close()
    return name


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n", "a" * 65])
def test_only_a_hash_is_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BlobRefused):
        store(tmp_path).begin(ANNA, name, 3, 0)
    assert not (tmp_path / "blobs").exists()


def test_what_is_not_its_name_is_thrown_away(tmp_path: Path) -> None:
    blobs, name = store(tmp_path), "a" * 64
    upload = blobs.begin(ANNA, name, 3, 0)
    upload.write(b"abc")
    with pytest.raises(BlobRefused, match="SHA-256"):
        upload.finish()
    upload.close()
    assert blobs.missing(ANNA, [name]) == [name]
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    assert blobs.used() == 0


def test_more_than_announced_is_refused(tmp_path: Path) -> None:
    blobs = store(tmp_path)
    upload = blobs.begin(ANNA, "a" * 64, 3, 0)
    with pytest.raises(BlobRefused, match="announced"):
        upload.write(b"abcd")
    upload.close()
    with pytest.raises(BlobRefused):
        blobs.begin(ANNA, "a" * 64, 1 << 50, 0)
    with pytest.raises(BlobRefused):
        blobs.begin(ANNA, "a" * 64, -1, 0)


def test_an_upload_goes_on_where_it_stopped_also_in_another_run(tmp_path: Path) -> None:
    content = os.urandom(5000)
    name = sha256(content).hexdigest()
    first = store(tmp_path)
    upload = first.begin(ANNA, name, 5000, 0)
    upload.write(content[:2000])
    assert not upload.finish().whole
    upload.close()
    again = store(tmp_path)
    assert (again.have(ANNA, name).size, again.have(ANNA, name).whole) == (2000, False)
    with pytest.raises(BlobElsewhere) as caught:
        again.begin(ANNA, name, 5000, 1000)
    assert caught.value.have == 2000
    upload = again.begin(ANNA, name, 5000, 2000)
    upload.write(content[2000:])
    assert upload.finish().whole
    upload.close()
    assert again.path(ANNA, name).read_bytes() == content
    assert store(tmp_path).missing(ANNA, [name]) == []


def test_a_later_upload_takes_over_from_one_that_hangs(tmp_path: Path) -> None:
    content = b"abcdef"
    name = sha256(content).hexdigest()
    blobs = store(tmp_path)
    hanging = blobs.begin(ANNA, name, 6, 0)
    hanging.write(b"abc")
    other = blobs.begin(ANNA, name, 6, 3)
    with pytest.raises(BlobElsewhere):
        hanging.write(b"xyz")
    hanging.close()
    other.write(b"def")
    assert other.finish().whole
    other.close()
    assert blobs.path(ANNA, name).read_bytes() == content


def test_the_least_recently_used_leaves_first_and_never_what_is_held(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=300)
    names = [put(blobs, bytes([number]) * 100) for number in range(3)]
    assert blobs.hold(ANNA, [names[1]]) == []
    assert blobs.missing(ANNA, [names[0]]) == []  # used just now
    newer = put(blobs, b"x" * 100)
    assert blobs.missing(ANNA, [*names, newer]) == [names[2]]
    assert blobs.hold(ANNA, [names[0], newer]) == []
    with pytest.raises(StorageFull, match="no room"):
        put(blobs, b"y" * 100)
    blobs.release(ANNA, [names[1]])
    put(blobs, b"y" * 100)
    assert blobs.missing(ANNA, names) == [names[1], names[2]]
    assert blobs.used() == 300


def test_holding_needs_all_of_them(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=100)
    name = put(blobs, b"x" * 100)
    assert blobs.hold(ANNA, [name, "b" * 64]) == ["b" * 64]
    put(blobs, b"y" * 100)  # so the first was not held
    assert blobs.missing(ANNA, [name]) == [name]


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100 << 20))
    with pytest.raises(StorageFull):
        store(tmp_path).begin(ANNA, "a" * 64, 3, 0)
    assert not (tmp_path / "blobs").exists()


def test_a_disk_that_fills_while_it_is_written_keeps_what_arrived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = store(tmp_path)
    upload = blobs.begin(ANNA, "a" * 64, 10, 0)
    upload.write(b"abc")

    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    stream, upload._stream = upload._stream, Full()  # type: ignore[assignment]
    with pytest.raises(StorageFull):
        upload.write(b"def")
    stream.close()
    upload.close()
    assert blobs.have(ANNA, "a" * 64).size == 3


def test_one_client_sees_nothing_of_another(tmp_path: Path) -> None:
    blobs = store(tmp_path)
    name = put(blobs, b"secret")
    assert blobs.missing(BERT, [name]) == [name]
    assert blobs.have(BERT, name).size == 0
    assert not blobs.path(BERT, name).exists()


def test_what_others_put_into_the_folder_is_not_taken_for_ours(tmp_path: Path) -> None:
    home = tmp_path / "blobs" / ANNA
    home.mkdir(parents=True)
    (home / "notes.txt").write_text("hello")
    (home / ("b" * 64)).symlink_to("/etc/passwd")
    blobs = store(tmp_path)
    assert blobs.used() == 0
    assert blobs.missing(ANNA, ["b" * 64]) == ["b" * 64]


def test_old_parts_leave_and_a_wipe_leaves_nothing(tmp_path: Path) -> None:
    blobs = store(tmp_path)
    name = put(blobs, b"abc")
    upload = blobs.begin(ANNA, "a" * 64, 10, 0)
    upload.write(b"abc")
    upload.close()
    part = tmp_path / "blobs" / ANNA / ("a" * 64 + ".part")
    blobs.expire()
    assert part.exists()
    os.utime(part, (0, 0))
    blobs.expire()
    assert not part.exists()
    assert blobs.used() == 3
    blobs.wipe()
    assert not (tmp_path / "blobs").exists()
    assert blobs.missing(ANNA, [name]) == [name]


def test_what_nobody_needs_leaves_by_its_age_and_a_clock_that_was_set_back_keeps_nothing(tmp_path: Path) -> None:
    blobs = store(tmp_path)
    now = time.time()
    names = {word: put(blobs, word.encode(), owner) for word, owner in
             (("old", ANNA), ("fresh", ANNA), ("needed", ANNA), ("held", BERT), ("ahead", BERT))}  # fmt: skip
    for word, age in (("old", 1000), ("needed", 1000), ("held", 1000), ("ahead", -50_000)):
        os.utime(blobs.path(BERT if word in ("held", "ahead") else ANNA, names[word]), (now - age, now - age))
    blobs.hold(BERT, [names["held"]])
    begun = blobs.begin(ANNA, "b" * 64, 9, 0)
    begun.write(b"abc")
    begun.close()
    needed = {(ANNA, names["needed"])}
    assert blobs.leave(needed, 900.0) == 2  # `old` and `ahead`
    assert blobs.missing(ANNA, [names[word] for word in ("old", "fresh", "needed")]) == [names["old"]]
    assert blobs.leave(needed) == 2  # `fresh` and what was begun
    assert blobs.used() == len(b"needed") + len(b"held")
    blobs.release(BERT, [names["held"]])
    assert blobs.leave(set()) == 2
    assert list((tmp_path / "blobs").iterdir()) == []


def there(blobs: Blobs, owner: str, names: list[str]) -> int:
    return len(names) - len(blobs.missing(owner, names))


def fill(blobs: Blobs, owner: str, count: int, size: int = 100) -> list[str]:
    return [put(blobs, os.urandom(size), owner) for _ in range(count)]


def test_who_takes_more_than_its_share_pushes_nobody_out(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=1000)
    bert = fill(blobs, BERT, 5)
    anna = fill(blobs, ANNA, 20)
    assert there(blobs, BERT, bert) == 5
    assert blobs.missing(ANNA, anna) == anna[:15]  # its own, the oldest first
    assert blobs.used() == 1000


def test_what_others_do_not_use_one_may_use_until_they_come(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=1000)
    anna = fill(blobs, ANNA, 10)
    assert there(blobs, ANNA, anna) == 10
    bert = fill(blobs, BERT, 8)
    assert (there(blobs, ANNA, anna), there(blobs, BERT, bert)) == (5, 5)
    carl = owner_of("carl")
    fill(blobs, carl, 2)
    assert blobs.used() == 1000
    assert (
        min(there(blobs, ANNA, anna), there(blobs, BERT, bert)) >= 4
    )  # each gave one of five, none fell below a third


def test_announcing_much_takes_nothing_from_others(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=1000)
    bert = fill(blobs, BERT, 4)
    hanging = [blobs.begin(ANNA, f"{number:064x}", 300, 0) for number in range(2)]
    with pytest.raises(StorageFull):
        blobs.begin(ANNA, "e" * 64, 300, 0)
    bert += fill(blobs, BERT, 1)  # within its share: an upload of who has more gives way
    assert there(blobs, BERT, bert) == 5
    with pytest.raises(BlobElsewhere) as caught:
        hanging[0].write(b"x")
    assert caught.value.have == 0
    hanging[1].write(b"x")
    for one in hanging:
        one.close()
    assert blobs.used() == 501


def test_what_an_order_needs_goes_for_nobody(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=1000)
    anna = fill(blobs, ANNA, 10)
    assert blobs.hold(ANNA, anna) == []
    with pytest.raises(StorageFull):
        fill(blobs, BERT, 1)
    blobs.release(ANNA, anna[:1])
    fill(blobs, BERT, 1)
    assert blobs.missing(ANNA, anna) == anna[:1]


def test_what_nobody_used_for_days_has_no_share(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=1000)
    bert = fill(blobs, BERT, 5)
    for name in bert[:3]:
        os.utime(blobs.path(BERT, name), (0, time.time() - STALE - 60))
    anna = fill(blobs, ANNA, 8)
    assert there(blobs, ANNA, anna) == 8
    assert blobs.missing(BERT, bert) == bert[:3]


def test_an_upload_that_had_to_make_room_as_it_ended_begins_anew(tmp_path: Path) -> None:
    blobs = store(tmp_path, cap=1000)
    upload = blobs.begin(ANNA, sha256(b"x" * 700).hexdigest(), 700, 0)
    upload.write(b"x" * 700)
    fill(blobs, BERT, 4)
    with pytest.raises(BlobElsewhere):
        upload.finish()
    upload.close()
    assert blobs.used() == 400
