"""Hosts and rentals in memory, with the facades of the engine, for tests of the window."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.compose import ledger
from engine.errors import (
    Cancelled,
    HostError,
    HostKeyChanged,
    HostLost,
    KinoraError,
    NameTaken,
    OfferGone,
    OverBudget,
    SecretsLocked,
)
from engine.language import tr
from engine.model import (
    Caps,
    Device,
    Forecast,
    HostKind,
    HostRow,
    HostState,
    HostStatus,
    Introduction,
    LedgerRow,
    Need,
    Offer,
    RentalRow,
    RentalState,
    Spending,
    Stay,
    StayScope,
    Step,
)

if TYPE_CHECKING:
    from tests.desktop.standin import Standin

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0"
FINGERPRINT = "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDjQ8eQXhv1mEo8vQk"
GIB = 1 << 30
RTX = Device("NVIDIA GeForce RTX 4090", 24 * GIB)
ABLE = ("faces", "objects", "ocr", "speech", "meaning")


def home(**changes: Any) -> HostState:
    """This machine."""
    state = HostState(
        HostRow(0, HostKind.LOCAL, tr("this machine"), ""), HostStatus.BUSY, running=2, slots=2, rate=1.8, done=1204,
        analyzers=(*ABLE, "probe", "look"), packs=("small-faces@1", "whisper-base@1"), version="0.5.0",
    )  # fmt: skip
    return replace(state, **changes)


def host(number: int, name: str, address: str, **changes: Any) -> HostState:
    """A host as the engine would tell it."""
    kind = {"ssh": HostKind.SSH, "https": HostKind.HTTP, "tls": HostKind.CLUSTER, "vast": HostKind.RENTAL}
    row = HostRow(number, kind[address.partition(":")[0]], name, address, KEY)
    return replace(HostState(row, HostStatus.READY, version="0.5.0", slots=4, latency=0.012), **changes)


def switched_off(state: HostState) -> HostState:
    """A host that somebody has switched off."""
    return replace(state, row=replace(state.row, enabled=False), status=HostStatus.OFF)


def several() -> list[HostState]:
    """One of each sort of trouble, and two that work."""
    return [
        host(1, "box-1", "ssh://anna@box-1:22", status=HostStatus.BUSY, running=3, rate=7.4, done=5310,
             sent=1_240_000_000, received=38_000_000, devices=(RTX,), analyzers=ABLE,
             packs=("small-faces@1", "whisper-base@1", "clip-b32@2")),
        host(2, "studio-2", "https://studio-2:8443", status=HostStatus.REFUSED, version="0.4.2", latency=None,
             text=tr("It runs Kinora 0.4.2, this is 0.5.0."),
             hint=tr("Install the same version of Kinora on both machines.")),
        host(3, "attic-3", "ssh://anna@attic-3:2222", status=HostStatus.LOST, latency=None,
             text=tr("It has not answered for 12 minutes."),
             hint=tr("Is it switched on? Kinora tries again by itself.")),
        host(4, "old-tower-with-a-rather-long-name.workshop.example.org-4",
             "ssh://a-user-with-a-long-name@old-tower-with-a-rather-long-name.workshop.example.org:22",
             status=HostStatus.ASIDE, text=tr("It failed 3 jobs and rests."), aside_until=time.time() + 600),
        host(5, "cluster-5", "tls://scheduler-5:8786", running=0, slots=40, analyzers=ABLE,
             devices=(Device("NVIDIA A100", 80 * GIB),) * 4),
        switched_off(host(6, "laptop-6", "ssh://laptop-6:22", latency=None)),
        host(-7, "RTX 4090 (7)", "vast://7", status=HostStatus.BUSY, running=4, rate=9.1, price=0.42, cost=0.31,
             devices=(RTX,), analyzers=ABLE),
    ]  # fmt: skip


class StandinHosts:
    """Hosts that are told what to be; `met` answers every introduction, `error` makes the next question fail."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.home = home()
        self.hosts: list[HostState] = []
        self.met = Introduction(HostKind.SSH, "box", "ssh://anna@box:22", KEY, FINGERPRINT)
        self.error: KinoraError | None = None
        self.gate: threading.Event | None = None  # while it is not set, introductions and tests hang
        self.failing: KinoraError | None = None  # what every test ends with
        self.no_keyring = False
        self.marks: list[Stay] = [Stay(StayScope.ANALYZER, "faces", tr("Faces"), standing=True)]
        self.kept: dict[int, list[Stay]] = {}
        self.looks = 0

    def fill(self) -> None:
        self.hosts = several()

    def states(self) -> list[HostState]:
        self.looks += 1
        return [self.home, *self.hosts]

    def introduce(self, address: str, given_up: Callable[[], bool] = lambda: False) -> Introduction:
        self.library.calls.append(("introduce", address))
        while self.gate is not None and not self.gate.wait(0.01):
            if given_up():
                self.library.calls.append(("given-up", address))
                raise Cancelled
        self._fail()
        return self.met

    def add(
        self, address: str, *, pinned: str = "", token: str = "", name: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> HostRow:  # fmt: skip
        self.library.calls.append(("host-add", address, pinned, token, name, dict(options or {})))
        self._fail()
        number = 1 + max((state.row.id for state in self.hosts), default=0)
        row = HostRow(number, self.met.kind, name or self.met.name, address, pinned, True, dict(options or {}))
        self.hosts.append(HostState(row, HostStatus.READY, slots=4, devices=(RTX,)))
        self.library.tell("hosts")
        return row

    def test(self, host_id: int) -> Iterator[Step]:
        self.library.calls.append(("host-test", host_id))
        for done, text in enumerate((tr("Connecting to box ..."), tr("Connected after 0.4 s ..."))):
            yield Step(done, 3, text)
            if self.gate is not None:
                self.gate.wait(10)
            self._fail()
            if self.failing is not None:
                raise self.failing
        yield Step(3, 3, tr("It runs 12 analyzers on an NVIDIA GeForce RTX 4090."))

    def enable(self, host_id: int, on: bool) -> None:
        self.library.calls.append(("host-enable", host_id, on))
        self._put(host_id, status=HostStatus.READY if on else HostStatus.OFF, enabled=on)

    def rename(self, host_id: int, name: str) -> HostRow:
        if any(one.row.name == name for one in self.hosts):
            raise NameTaken(f"There is a host “{name}” already.")
        self.library.calls.append(("host-rename", host_id, name))
        return self._put(host_id, name=name)

    def trust(self, host_id: int) -> None:
        self.library.calls.append(("host-trust", host_id))
        self._put(host_id, status=HostStatus.CONNECTING, text="", hint="")

    def unlock(self, host_id: int, what: str, secret: str, *, keep: bool = True) -> None:
        if keep and self.no_keyring:
            raise SecretsLocked("There is no keyring on this computer, and no passphrase for a file of keys.")
        self.library.calls.append(("host-unlock", host_id, what, secret, keep))
        self._put(host_id, status=HostStatus.READY, wants="", text="", hint="")

    def use_key(self, host_id: int) -> None:
        self.library.calls.append(("host-key", host_id))
        self._fail()

    def remove(self, host_id: int, *, wipe: bool = False, given_up: Callable[[], bool] = lambda: False) -> None:
        self.library.calls.append(("host-remove", host_id, wipe))
        if wipe and self._at(host_id).status is HostStatus.LOST:
            raise HostLost("It does not answer.")
        self.hosts = [one for one in self.hosts if one.row.id != host_id]
        self.library.tell("hosts")

    def travellers(self) -> tuple[str, ...]:
        return ABLE

    def stays(self) -> list[Stay]:
        return list(self.marks)

    def stay(self, scope: StayScope, target: str, on: bool = True) -> None:
        self.library.calls.append(("stay", scope.value, target, on))
        self.marks = [one for one in self.marks if (one.scope, one.target) != (scope, target)]
        if on:
            self.marks.append(Stay(scope, target, target.rpartition("/")[2] or target))
        self.library.done.append(f"stay {target}")
        self.library.tell("decisions", "hosts")

    def keeps(self, asset_id: int) -> list[Stay]:
        return self.kept.get(asset_id, [])

    # --- inside

    def _fail(self) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def _at(self, host_id: int) -> HostState:
        return next(one for one in self.hosts if one.row.id == host_id)

    def _put(self, host_id: int, **changes: Any) -> HostRow:
        state = self._at(host_id)
        of_row = {key: changes.pop(key) for key in ("name", "enabled", "options") if key in changes}
        fresh = replace(state, row=replace(state.row, **of_row), **changes)
        self.hosts = [fresh if one is state else one for one in self.hosts]
        self.library.tell("hosts")
        return fresh.row


def offers() -> list[Offer]:
    """What a market has, dearest first."""
    names = (("A100 80GB", 80, 0.99), ("RTX 4090", 24, 0.42), ("RTX 3090", 24, 0.21), ("RTX 4060", 8, 0.09))
    return [
        Offer("vast", str(number), gpu, 1, memory * GIB, price, 0.01, 0.98, 800, 400, "Norway", speed=100 * price)
        for number, (gpu, memory, price) in enumerate(names, 1)
    ]


def rental(number: int, **changes: Any) -> RentalRow:
    """A rental that runs since an hour and may run two more."""
    now = time.time()
    row = RentalRow(number, "vast", RentalState.RUNNING, f"kinora-{number}", "RTX 4090", 0.42, 1.26, 0.31, now - 3700,
                    now - 3600, 0.0, now + 7200)  # fmt: skip
    return replace(row, **changes)


class StandinRentals:
    """A market with four offers; `hang` keeps every look at the rentals waiting, `error` fails the next deed."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.keys = {"vast": "secret"}
        self.rented: list[RentalRow] = []
        self.caps = Caps(job=5.0, day=5.0, month=100.0)
        self.lines: list[LedgerRow] = []
        self.by_day: tuple[tuple[str, float], ...] = ()
        self.error: KinoraError | None = None
        self.hang: threading.Event | None = None
        self.extra = 0.0  # US dollars beside the hours
        self.elsewhere, self.halted = 0.0, ""  # what other libraries spent; why nothing is rented by itself
        self.reluctant = 0  # machines that the provider does not let go

    def fill(self) -> None:
        """A rental that runs, one that would not end, and thirty days of spending."""
        self.rented = [
            rental(7),
            rental(6, state=RentalState.ENDING, alarm=True, gpu="RTX 3090", cost=0.8,
                   text=tr("The provider did not confirm after 5 tries that it is gone.")),
            rental(5, state=RentalState.ENDED, ended=time.time() - 86_400, cost=1.1),
        ]  # fmt: skip
        spent = [round((day * 7 % 11) * 0.31, 2) for day in range(30)]
        self.by_day = tuple((f"2026-01-{day + 1:02}", amount) for day, amount in enumerate(spent))
        self.lines = [
            LedgerRow(1_767_200_000 + day * 86_400, day, "vast", tr("RTX 4090 for 2 h"), amount, day > 25)
            for day, amount in enumerate(spent)
            if amount
        ]

    def providers(self) -> list[str]:
        return ["vast", "runpod"]

    def set_key(self, provider: str, key: str) -> None:
        self.library.calls.append(("set-key", provider, key))
        self.keys[provider] = key

    def has_key(self, provider: str) -> bool:
        return provider in self.keys

    def offers(self, provider: str, need: Need) -> list[Offer]:
        self.library.calls.append(("offers", provider, need))
        self._fail()
        return [one for one in offers() if one.gpu_memory >= need.gpu_memory and one.price <= need.price]

    def forecast(self, offer: Offer, hours: float) -> Forecast:
        self.library.calls.append(("forecast", offer.id, hours))
        most = offer.price * hours + self.extra
        left = (self.caps.day or 99) - sum(one.reserved for one in self.rented if not one.ended)
        text = "" if most <= left + 1e-9 else tr("It would pass the cap of the day: 1 dollar is left.")
        return Forecast(400, 7200, 1500, 240, 80_000_000, most / 2, most, most <= left + 1e-9, text)

    def rent(self, offer: Offer, hours: float) -> RentalRow:
        self.library.calls.append(("rent", offer.id, hours))
        self._fail()
        made = rental(len(self.rented) + 10, state=RentalState.STARTING, gpu=offer.gpu, price=offer.price,
                      reserved=offer.price * hours, cost=0.0, stops=time.time() + hours * 3600)  # fmt: skip
        self.rented.insert(0, made)
        self.library.tell("rentals")
        return made

    def rows(self) -> list[RentalRow]:
        if self.hang is not None:
            self.hang.wait(10)
        return list(self.rented)

    def alarms(self) -> list[RentalRow]:
        return [one for one in self.rented if one.alarm]

    def destroy(self, rental_id: int) -> None:
        self.library.calls.append(("destroy", rental_id))
        self._end(lambda one: one.id == rental_id)

    def destroy_all(self) -> int:
        self.library.calls.append(("destroy-all",))
        open_ = [one for one in self.rented if one.state not in (RentalState.ENDED, RentalState.FAILED)]
        stuck = {one.id for one in open_[: self.reluctant]}
        self._end(lambda one: one.id not in stuck)
        return len(open_) - len(stuck)

    def spending(self) -> Spending:
        open_ = [one for one in self.rented if one.state not in (RentalState.ENDED, RentalState.FAILED)]
        total = sum(amount for _, amount in self.by_day)
        return Spending(self.caps, 0.31, total, total, sum(one.reserved for one in open_), self.by_day, {"vast": 12.5},
                        self.elsewhere, self.halted)  # fmt: skip

    def set_caps(self, caps: Caps) -> None:
        self.library.calls.append(("set-caps", caps))
        self.caps = caps
        self.library.tell("rentals")

    def ledger(self, limit: int = 1000) -> list[LedgerRow]:
        return self.lines[:limit]

    def ledger_csv(self) -> bytes:
        return ledger.table(self.lines)

    def need(self) -> Need:
        return Need(gpu_memory=8 * GIB, price=0.5)

    def reconcile(self) -> None:
        self.library.calls.append(("reconcile",))

    def _fail(self) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def _end(self, which: Any) -> None:
        self.rented = [
            replace(one, state=RentalState.ENDED, ended=time.time(), alarm=False) if which(one) else one
            for one in self.rented
        ]
        self.library.tell("rentals")


def changed_key() -> HostError:
    """The worst that an introduction can bring."""
    return HostKeyChanged("box shows another key than the one that was pinned.")


def gone() -> KinoraError:
    """Somebody was faster."""
    return OfferGone("Somebody else took the offer.")


def too_dear() -> KinoraError:
    """Over a cap."""
    return OverBudget("It would pass the cap of the day.")
