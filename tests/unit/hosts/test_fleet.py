"""Who gets what: strikes, rests, what never leaves, the last jobs; over a real queue."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostLost, PackInvalid, StorageFull
from engine.hosts import conversation, remote
from engine.hosts.fleet import ASIDE, Fleet
from engine.hosts.reasons import Why
from engine.jobs import wire
from engine.jobs.scheduler import Scheduler
from engine.model import Finding, FindingKind, Priority, StayScope
from engine.settings import defaults
from engine.store import albums, away, decisions, files, hosts, jobs, stays
from engine.store.away import Wish
from engine.store.db import Database
from tests.unit.hosts.afar import Reached
from tests.waiting import until


class Home:
    """This machine: answers at once when `room` is there."""

    name = "this machine"
    workers = 1

    def __init__(self) -> None:
        self.room = 0
        self.did: list[str] = []
        self.say: Callable[[Any], None] = lambda message: None

    def start(self, listener: Callable[[Any], None]) -> None:
        self.say = listener

    def free(self) -> int:
        return self.room

    def send(self, start: wire.Start, *, deadline: float) -> None:
        for task in start.tasks:
            self.did.append(task.analyzer)
            self.say(wire.Done(start.bundle, task.job, task.epoch, (Finding(FindingKind.TEXT, text="here"),)))
        self.say(wire.Ended(start.bundle))

    def cancel(self, bundle: int) -> None:
        pass

    def landed(self, bundle: int, job: int) -> None:
        pass

    def stop(self) -> None:
        pass


class Bench:
    """A queue, this machine, and hosts beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(folder / "kinora.db", own=True)
        self.database.open()
        self.home = Home()
        self.fleet = Fleet(self.home)
        self.scheduler = Scheduler(self.database, self.fleet, settings=defaults, save_preview=lambda *given: None)
        self.reached: list[Reached] = []

    def join(self, name: str = "box", **given: Any) -> Reached:
        made = Reached(name, **given)
        made.host._turnaround = 0.0
        self.reached.append(made)
        self.fleet.join(made.host)
        return made

    def put(self, count: int, *analyzers: str, folder: Path | None = None) -> list[int]:
        """Assets, each with a job for each analyzer; their ids."""
        where = folder or self.folder

        def work(connection: sqlite3.Connection) -> list[int]:
            root = files.put_root(connection, bytes(where), single=False, watch=False, device=None)
            made = []
            for _ in range(count):
                number = connection.execute("SELECT count(*) FROM asset").fetchone()[0] + 1
                arrival = files.Arrival(bytes(where), b"%d.png" % number, root, 1, 1, f"c{number}", "photo")
                asset, _ = files.put_arrival(connection, arrival)
                assert asset is not None
                rows = [jobs.Wanted(asset, f"c{number}", name, 1, {}, Priority.IMPORT) for name in analyzers]
                jobs.enqueue(connection, rows)
                made.append(asset)
            return made

        return self.database.write(work)

    def states(self) -> dict[str, int]:
        with self.database.read() as connection:
            return dict(connection.execute("SELECT state, count(*) FROM job GROUP BY state").fetchall())

    def attempts(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return connection.execute("SELECT host, outcome FROM attempt ORDER BY id").fetchall()

    def close(self) -> None:
        self.scheduler.stop()
        for one in self.reached:
            one.close()
        self.database.close()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(remote, "PAUSES", (0.02, 0.05))
    monkeypatch.setattr(remote, "GRACE", 0.2)
    monkeypatch.setattr(conversation, "LULL", 0.01)
    monkeypatch.setattr(conversation, "WAIT", 0.2)
    made = Bench(tmp_path)
    yield made
    made.close()


def test_jobs_are_done_elsewhere_once_and_acknowledged_when_they_are_on_the_disk(bench: Bench) -> None:
    box = bench.join()
    bench.put(20, "ocr", "tags")
    bench.scheduler.start()
    until(lambda: bench.states() == {"done": 40})
    assert bench.attempts() == [("box", "done")] * 40
    until(lambda: len(box.node.acknowledged) == 40)
    with bench.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM finding").fetchone() == (40,)


def test_two_hosts_share_the_work(bench: Bench) -> None:
    first, second = bench.join("first"), bench.join("second")
    bench.scheduler.start()
    until(lambda: first.host.free() and second.host.free())
    bench.put(60, "ocr")
    bench.scheduler.wake()
    until(lambda: bench.states() == {"done": 60})
    assert first.node.executed
    assert second.node.executed
    assert len(first.node.executed) + len(second.node.executed) == 60


def test_a_job_that_failed_on_a_host_is_not_asked_there_again_and_is_done_here(bench: Bench) -> None:
    box = bench.join()
    box.node.answer = lambda task: wire.Failed(0, 0, 0, "bug", "It fell over.")
    bench.put(1, "ocr")
    bench.scheduler.start()
    until(lambda: bench.attempts() == [("box", "bug")])
    time.sleep(0.1)
    assert len(box.node.executed) == 1
    bench.home.room = 1
    bench.scheduler.wake()
    until(lambda: bench.states() == {"done": 1})
    assert bench.attempts()[-1] == ("this machine", "done")


def test_a_host_that_fails_three_jobs_is_set_aside_for_a_while(bench: Bench) -> None:
    told: list[tuple[str, float, str]] = []
    bench.fleet.on_aside = lambda *given: told.append(given)
    box = bench.join()
    box.node.answer = lambda task: wire.Failed(0, 0, 0, "bug", "It fell over.")
    bench.put(30, "ocr")
    bench.scheduler.start()
    until(lambda: told)
    until(lambda: not box.host.open())
    asked = len(box.node.executed)
    bench.home.room = 4
    bench.scheduler.wake()
    until(lambda: bench.states() == {"done": 30})
    assert len(box.node.executed) == asked
    (name, end, why) = told[0]
    assert (name, why) == ("box", "It fell over.")
    assert 0 < end - time.time() <= ASIDE


def verdicts(answers: Iterable[bool], fleet: Fleet | None = None, first: int = 1) -> int:
    """Let a host answer (True: right), each time another job; how many answers it gave until it was set aside, or 0."""
    fleet = fleet or Fleet(Home())
    for number, right in enumerate(answers, first):
        if right:
            fleet.did("box", "ocr", 1.0)
        else:
            fleet.failed("box", number, "bug", "It fell over.")
        if fleet.resting("box")[0]:
            return number
    return 0


def test_what_fails_now_and_then_is_not_set_aside_and_what_fails_often_is() -> None:
    assert verdicts([False] * 3) == 3
    assert verdicts([True, False] * 50) == 6  # every second one
    assert verdicts([True] * 1000 + [False] * 5) == 1003  # it broke
    assert 1000 < verdicts([True] * 1000 + [True, False] * 50) <= 1016  # it broke by half
    assert verdicts(([True] * 9 + [False]) * 500) == 0  # one of ten, for thousands of jobs
    chance = random.Random(7)
    assert verdicts(chance.random() > 0.02 for _ in range(20_000)) == 0
    assert 0 < verdicts(chance.random() > 0.5 for _ in range(100)) < 20


def test_one_job_that_fails_again_and_again_is_one() -> None:
    fleet = Fleet(Home())
    for _ in range(5):
        fleet.failed("box", 7, "bug", "It fell over.")
    assert fleet.resting("box") == (0.0, "")


def test_what_fails_elsewhere_too_is_held_against_nobody() -> None:
    fleet = Fleet(Home())
    for job in range(1, 30):
        fleet.failed("box", job, "bug", "It fell over.")
        fleet.failed(("this machine", "other")[job % 2], job, "bug", "It fell over.")
    assert fleet.resting("box") == fleet.resting("other") == (0.0, "")
    assert verdicts([False] * 3, fleet, first=100) == 102


def test_rests_get_longer_and_are_forgotten_when_all_went_well_for_long() -> None:
    now = [1_000_000.0]
    fleet = Fleet(Home(), wall=lambda: now[0])
    lengths = []
    for round_ in range(4):
        at = verdicts([True] * (20 if round_ == 3 else 5) + [False] * 8, fleet, first=1 + 100 * round_)
        assert at
        lengths.append(fleet.resting("box")[0] - now[0])
        now[0] = fleet.resting("box")[0] + 1
    assert lengths == [ASIDE, 2 * ASIDE, 4 * ASIDE, ASIDE]


def test_what_a_host_still_had_when_it_was_set_aside_makes_its_rest_no_longer() -> None:
    now = [1_000_000.0]
    fleet = Fleet(Home(), wall=lambda: now[0])
    for job in range(1, 30):
        fleet.failed("box", job, "host-limited", "This token has used up its 3 jobs.")
    assert fleet.resting("box")[0] - now[0] == ASIDE


def test_a_damaged_file_is_not_held_against_the_host(bench: Bench) -> None:
    box = bench.join()
    box.node.answer = lambda task: wire.Failed(0, 0, 0, "damaged", "It is damaged.")
    bench.put(6, "ocr")
    bench.scheduler.start()
    until(lambda: len(bench.attempts()) == 6)
    assert bench.fleet.resting("box") == (0.0, "")


def test_a_rest_ends_by_itself_and_a_clock_set_back_does_not_make_it_longer() -> None:
    now = [1_000_000.0]
    fleet = Fleet(Home(), wall=lambda: now[0])
    fleet.rest("box", now[0] + 60, "tired")
    assert fleet.resting("box") == (now[0] + 60, "tired")
    now[0] += 61
    assert fleet.resting("box")[0] == 0
    fleet.rest("box", now[0] + 60, "tired")
    now[0] -= 365 * 86_400
    assert fleet.resting("box")[0] == 0


def test_a_host_that_vanishes_leaves_its_jobs_to_this_machine(bench: Bench) -> None:
    box = bench.join()
    box.node.held = True
    bench.put(5, "ocr")
    bench.scheduler.start()
    until(lambda: box.node.orders)
    box.drop(HostLost("gone"))
    bench.home.room = 4
    until(lambda: bench.states() == {"done": 5})
    assert {host for host, outcome in bench.attempts() if outcome == "done"} == {"this machine"}


def test_a_host_that_is_switched_off_gives_its_jobs_back(bench: Bench) -> None:
    box = bench.join()
    box.node.held = True
    bench.put(3, "ocr")
    bench.scheduler.start()
    until(lambda: len(box.node.orders) == 3)
    bench.fleet.leave("box")
    until(lambda: bench.states() == {"waiting": 3})


def test_a_bundle_that_is_on_its_way_to_a_host_that_leaves_comes_back(bench: Bench) -> None:
    box = bench.join()
    box.node.held = True
    send = box.host.send

    def late(start: wire.Start, *, deadline: float) -> None:
        box.host.send = send  # type: ignore[method-assign]
        bench.fleet.leave("box")
        send(start, deadline=deadline)

    box.host.send = late  # type: ignore[method-assign]
    bench.put(1, "ocr")
    bench.scheduler.start()
    until(lambda: bench.states() == {"waiting": 1} and not bench.scheduler._out)


def test_what_a_host_found_and_cannot_be_stored_is_done_here(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that is the first to say how long the vectors of a model are may lie about it."""
    box = bench.join()
    box.node.answer = lambda task: wire.Done(0, 0, 0, (Finding(FindingKind.TEXT, text="x"),) * 3)

    def refuse(*given: Any) -> None:
        if given[-1] and given[-1][0].text == "x":
            raise PackInvalid("The pack gave 3 numbers where it gave 512 before.")

    monkeypatch.setattr("engine.store.commit.findings.replace", refuse)
    bench.put(1, "ocr")
    bench.scheduler.start()
    until(lambda: bench.attempts() == [("box", PackInvalid.code)])
    until(lambda: box.node.acknowledged)  # it need not keep what is of no use
    assert bench.states() == {"waiting": 1}
    bench.home.room = 1
    bench.scheduler.wake()
    until(lambda: bench.states() == {"done": 1})


def test_what_cannot_be_made_ready_here_is_done_here_and_sets_no_host_aside(bench: Bench) -> None:
    box = bench.join()
    box.cutter.failing = StorageFull("The disk is full.")
    bench.put(6, "ocr")
    bench.scheduler.start()
    until(lambda: bench.attempts() == [("box", StorageFull.code)] * 6)
    assert bench.fleet.resting("box") == (0.0, "")
    bench.home.room = 4
    bench.scheduler.wake()
    until(lambda: bench.states() == {"done": 6})


def test_nobody_leaves_a_job_to_one_who_leaves_it_to_others(bench: Bench) -> None:
    """The quick one does not know the analyzer, so the slow one must not wait for it, nor this machine for both."""
    quick, slow = bench.join("quick"), bench.join("slow")
    quick.host._travellers = lambda: {"tags": 1}
    bench.home.workers = 16
    bench.fleet._seconds.update({("this machine", "ocr"): 10.0, ("slow", "ocr"): 0.1})
    for one, seconds in ((quick, 0.1), (slow, 3.0)):
        one.host._turnaround, one.host._measured = seconds, True
    bench.home.room = 4
    bench.scheduler.start()
    until(lambda: quick.host.free() and slow.host.free())
    bench.put(1, "ocr")
    bench.scheduler.wake()
    until(lambda: bench.states() == {"done": 1})


def test_what_is_marked_never_leaves(bench: Bench, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    kept = bench.put(3, "ocr", folder=secret / "deep")
    (in_album,) = bench.put(1, "ocr")
    free = bench.put(2, "ocr")

    def mark(connection: sqlite3.Connection) -> None:
        decisions.carry_out(connection, albums.make(connection, "Private", [in_album]))
        album = albums.by_name(connection, "Private")
        for scope, target in ((StayScope.FOLDER, bytes(secret)), (StayScope.ALBUM, str(album).encode())):
            decisions.carry_out(connection, stays.marking(connection, scope, [target], "it", on=True))

    bench.database.write(mark)
    bench.join()
    bench.scheduler.start()
    until(lambda: bench.states().get("done") == len(free))
    time.sleep(0.1)
    assert bench.states() == {"done": 2, "waiting": 4}
    with bench.database.read() as connection:
        waiting = connection.execute("SELECT asset_id FROM job WHERE state = 'waiting'").fetchall()
    assert {row[0] for row in waiting} == {*kept, in_album}
    bench.database.write(decisions.undo)  # the album's mark
    bench.scheduler.wake()
    until(lambda: bench.states() == {"done": 3, "waiting": 3})


def test_a_large_marked_folder_does_not_stand_in_the_way_of_what_may_go(bench: Bench, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    bench.put(1200, "ocr", folder=secret)
    (free,) = bench.put(1, "ocr")
    act = partial(stays.marking, scope=StayScope.FOLDER, targets=[bytes(secret)], title="it", on=True)
    bench.database.write(lambda connection: decisions.carry_out(connection, act(connection)))
    ask = Wish("box", 4, frozenset({"ocr"}))
    (bundle,) = bench.database.write(lambda connection: away.claim(connection, "me", ask, lease=9))
    assert bundle.asset_id == free


def test_a_neighbour_whose_name_begins_alike_is_not_marked() -> None:
    assert stays.within(b"/a/secret", b"/a/secret")
    assert stays.within(b"/a/secret/deep", b"/a/secret/")
    assert not stays.within(b"/a/secrets", b"/a/secret")
    assert stays.within(b"/a", b"/")


def test_faces_stay_here_from_the_start_and_may_be_let_go(bench: Bench) -> None:
    with bench.database.read() as connection:
        assert stays.analyzers(connection) == {"faces"}
    bench.put(1, "faces")
    ask = Wish("box", 1, frozenset({"faces"}))
    assert bench.database.write(lambda connection: away.claim(connection, "me", ask, lease=9)) == []

    def let_go(connection: sqlite3.Connection) -> None:
        decisions.carry_out(connection, stays.marking(connection, StayScope.ANALYZER, [b"faces"], "Faces", on=False))

    bench.database.write(let_go)
    assert len(bench.database.write(lambda connection: away.claim(connection, "me", ask, lease=9))) == 1


def test_a_file_that_was_not_looked_at_yet_does_not_travel(bench: Bench) -> None:
    bench.put(1, "probe", "ocr")
    ask = Wish("box", 1, frozenset({"ocr"}))
    assert bench.database.write(lambda connection: away.claim(connection, "me", ask, lease=9)) == []


class Far:
    """A host that only says what it is."""

    def __init__(self, name: str, slots: int, turnaround: float, price: float = 0.0) -> None:
        self.name, self.price = name, price
        self._slots, self._turnaround = slots, turnaround

    def takes(self) -> frozenset[str]:
        return frozenset({"speech"})

    def free(self) -> int:
        return self._slots

    def slots(self) -> int:
        return self._slots

    def turnaround(self) -> float:
        return self._turnaround


def wishes(left: Mapping[str, int], *far: Far, here: float, there: float = 1.0) -> dict[str, Wish]:
    home = Home()
    home.room = 2
    fleet = Fleet(home)
    for one in far:
        fleet.join(one)  # type: ignore[arg-type]
        fleet.did(one.name, "speech", there)
    fleet.did("this machine", "speech", here)
    return {wish.host: wish for wish in fleet.wishes(Wish, lambda names: left)}


def test_the_last_short_jobs_are_not_sent_away() -> None:
    assert "box" not in wishes({"speech": 2}, Far("box", 4, turnaround=5.0), here=1.0)
    assert "box" in wishes({"speech": 20}, Far("box", 4, turnaround=5.0), here=1.0)


def test_a_long_job_is_left_to_those_who_will_be_through_with_all_before() -> None:
    found = wishes({"speech": 10}, Far("gpu", 2, turnaround=5.0), here=600.0, there=2.0)
    assert found["this machine"].without == {"speech"}
    found = wishes({"speech": 500}, Far("gpu", 2, turnaround=5.0), here=60.0, there=2.0)
    assert found["this machine"].without == frozenset()


def test_why_a_host_gets_nothing_is_known() -> None:
    now = [100.0]
    home = Home()
    fleet = Fleet(home, monotonic=lambda: now[0])
    far = Far("box", 4, turnaround=5.0)
    fleet.join(far)  # type: ignore[arg-type]
    assert fleet.why("box") is Why.GIVEN  # nobody has looked yet
    for left, why in (({}, Why.NOTHING), ({"speech": 1}, Why.SOONER), ({"speech": 900}, Why.GIVEN)):
        now[0] += 1
        fleet.did("this machine", "speech", 1.0)
        fleet.wishes(Wish, lambda names, left=left: left)
        assert fleet.why("box") is why
    fleet.got({"box": 4}, [])
    assert fleet.why("box") is Why.REFUSED
    now[0] += 0.1
    fleet.wishes(Wish, lambda names: {"speech": 900})
    assert fleet.why("box") is Why.REFUSED  # it was asked a moment ago
    far.takes = lambda: frozenset()  # type: ignore[method-assign]
    fleet.wishes(Wish, lambda names: {})
    assert fleet.why("box") is Why.CANNOT
    fleet.wishes(Wish, lambda names: {}, most=1)
    assert fleet.why("box") is Why.ALONE
    now[0] += 60
    assert fleet.why("box") is Why.STANDS
    assert [one.words().endswith(".") for one in Why] == [False] + [True] * (len(Why) - 1)


def test_what_is_marked_is_told_from_what_is_not_there(bench: Bench, tmp_path: Path) -> None:
    bench.put(3, "ocr", folder=tmp_path / "secret")
    act = partial(stays.marking, scope=StayScope.FOLDER, targets=[bytes(tmp_path / "secret")], title="it", on=True)
    bench.database.write(lambda connection: decisions.carry_out(connection, act(connection)))
    bench.join()
    bench.scheduler.start()
    until(lambda: bench.fleet.why("box") is Why.NOTHING)
    with bench.database.read() as connection:
        assert away.any_stays(connection, ["ocr"])
        assert not away.any_stays(connection, ["tags"])


def test_what_costs_nothing_is_asked_first() -> None:
    found = wishes({"speech": 500}, Far("rented", 1, 1.0, price=2.0), Far("own", 1, 1.0), here=1.0)
    assert list(found) == ["own", "rented", "this machine"]


def test_hosts_are_kept_named_once_and_forgotten_with_their_strikes(bench: Bench) -> None:
    from engine.errors import NameTaken, NotFound
    from engine.model import HostKind, HostRow

    row = HostRow(0, HostKind.SSH, "box", "ssh://me@box", "ssh-ed25519 AAAA", options={"python": "/usr/bin/python3"})
    kept = bench.database.write(lambda connection: hosts.add(connection, row))
    assert (kept.name, kept.pinned, kept.options) == ("box", "ssh-ed25519 AAAA", {"python": "/usr/bin/python3"})
    with pytest.raises(NameTaken):
        bench.database.write(lambda connection: hosts.add(connection, row))
    bench.put(1, "ocr")
    bench.database.write(lambda connection: hosts.strike(connection, 1, "box", "bug"))
    bench.database.write(lambda connection: hosts.remove(connection, kept.id))
    with bench.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM strike").fetchone() == (0,)
        with pytest.raises(NotFound):
            hosts.get(connection, kept.id)
