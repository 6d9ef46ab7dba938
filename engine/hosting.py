"""The hosts of a library: adding them after a look at their keys, who they are now, and what never leaves."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.analyzers import ANALYZERS
from engine.decided import Decided
from engine.errors import Cancelled, HostError, HostKeyUnknown, HostLost, KinoraError, NeedsPack
from engine.home import packs_folder
from engine.hosts import reach
from engine.hosts.base import Opener
from engine.hosts.fleet import Away, Fleet
from engine.hosts.loop import Loop
from engine.hosts.reasons import Why
from engine.hosts.remote import RemoteHost
from engine.language import mark, tr
from engine.logins import Logins
from engine.model import HostKind, HostRow, HostState, HostStatus, Introduction, RentalRow, Stay, StayScope, Step
from engine.packs import shelf
from engine.reaching import GivenUp, Reaching
from engine.staying import Staying
from engine.store import hosts
from engine.store.away import any_stays
from engine.store.db import Database

if TYPE_CHECKING:
    from engine.hosts.packer import Packer
    from engine.hosts.rechecking import Rechecker

log = logging.getLogger(__name__)

OFFLINE = mark("Offline is on: no connection leaves this computer.")


class Hosts:
    """The hosts of one library; without `open` they are listed and nothing is connected."""

    def __init__(
        self, database: Database, settings: Callable[[], Mapping[str, Any]], folder: Path, decided: Decided
    ) -> None:
        self._database = database
        self._settings = settings
        self._folder = folder
        self._logins = Logins(folder)
        self._loop = Loop()
        self._reaching = Reaching(self._loop)
        self._lock = threading.RLock()
        self._fleet: Fleet | None = None
        self._packer: Packer | None = None
        self._rechecker: Rechecker | None = None
        self._staying = Staying(database, decided)

    # --- life ---------------------------------------------------------------------------------------------------------

    def open(self, fleet: Fleet) -> None:
        """Connect to every host that is on; `fleet` gives them work."""
        self._fleet = fleet
        fleet.on_aside = self._set_aside
        with self._database.read() as connection:
            rows, resting = hosts.rows(connection), hosts.aside(connection)
        for name, (until, why) in resting.items():
            fleet.rest(name, until, why)
        for row in rows:
            self._join(row)

    def close(self) -> None:
        """Connect to nobody any more; the fleet has let go of its hosts, and what they do is found again."""
        if self._rechecker is not None:
            self._rechecker.stop()
        self._loop.close()
        if self._packer is not None:
            self._packer.stop()

    def follow(self) -> None:
        """Settings changed: hosts come and go with Offline."""
        if self._fleet is None:
            return
        away = self._fleet.away()
        for row in self.rows():
            if self._allowed(row) and row.name not in away:
                self._join(row)
            elif not self._allowed(row) and row.name in away:
                self._part(row.name)

    # --- asking -------------------------------------------------------------------------------------------------------

    def rows(self) -> list[HostRow]:
        """Every host that was added."""
        with self._database.read() as connection:
            return hosts.rows(connection)

    def states(self) -> list[HostState]:
        """This machine, then every host, as they are now."""
        away = self._fleet.away() if self._fleet is not None else {}
        listed = [self._state(row, away.pop(row.name, None)) for row in self.rows()]
        rented = [self._state(host.state().row, host) for host in away.values()]
        return [self._home(), *listed, *rented]

    def introduce(self, address: str, given_up: GivenUp = lambda: False) -> Introduction:
        """Look who is at an address, trusting nothing; ends soon after `given_up` says so.

        Raises:
            HostError, SettingInvalid: see their sentences.
            Cancelled: it was given up.
        """
        if self._settings()["net.offline"] and not reach.loopback(address):
            raise HostLost(tr(OFFLINE), hint=tr("Switch Offline off in the settings."))
        try:
            found = self._reaching.ask(reach.introduce(address), given_up=given_up)
        except HostLost as error:  # it is no host yet: nothing tries again by itself
            usual = error.hint == tr(HostLost.default_hint)
            hint = tr("Is it switched on and in the network, and is its port right?") if usual else error.hint
            raise HostLost(error.text, hint=hint) from error
        known = next((row for row in self.rows() if row.address == found.address and row.pinned == found.key), None)
        return replace(found, known=found.known or known is not None)

    def add(
        self,
        address: str,
        *,
        pinned: str = "",
        token: str = "",
        name: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> HostRow:
        """Add a host whose key was looked at; `pinned` is the key of its introduction.

        Raises:
            HostKeyUnknown: nobody confirmed its key.
            HostError, NameTaken, SettingInvalid: see their sentences.
        """
        met = self._reaching.ask(reach.introduce(address)) if not pinned else None
        if met is not None and met.key and not met.known:
            text = tr("{name} shows a key that nobody has confirmed: {fingerprint}", name=met.name,
                      fingerprint=met.fingerprint)  # fmt: skip
            raise HostKeyUnknown(text, key=met.key, fingerprint=met.fingerprint)
        kind, at, named = reach.parse(address)
        row = HostRow(0, kind, name.strip() or self._unused(named), at, pinned or (met.key if met else ""), True,
                      dict(options or {}))  # fmt: skip
        row = self._database.write(lambda connection: hosts.add(connection, row), hosts.CHANGED)
        try:
            if token:
                self._logins.put(row, token)
        except KinoraError:  # without its token it would only be in the way of the next try
            self._database.write(lambda connection: hosts.remove(connection, row.id), hosts.CHANGED)
            raise
        self._join(row)
        return row

    def test(self, host_id: int) -> Iterator[Step]:
        """Connect anew and ask what it can do; the last step's text is the result. Raises HostError."""
        row = self._row(host_id)
        yield Step(0, 3, tr("Connecting to {name} ...", name=row.name))
        if not self._allowed(row, enabled=True):
            raise HostLost(tr(OFFLINE), hint=tr("Switch Offline off in the settings."))
        began = time.monotonic()
        node = yield from self._reaching.connected(row.name, partial(self._opener, row), reach.PATIENCE)
        try:
            step = Step(1, 3, tr("Connected after {seconds:.1f} s; asking what it can do ...",
                                 seconds=time.monotonic() - began))  # fmt: skip
            asked = time.monotonic()
            able = yield from self._reaching.waited(node.capabilities(), step)
            latency = time.monotonic() - asked
        finally:
            self._reaching.ask(node.close())
        self._again(row)
        yield Step(2, 3, tr("It answers in {n:.0f} ms.", n=latency * 1000))
        from engine import __version__

        fitting = [one for one in ANALYZERS if able.analyzers.get(one.name) == one.version and one.travels]
        devices = ", ".join(device.name for device in able.devices) or tr("no graphics card")
        text = tr(
            "{name} runs Kinora {version} (this is {ours}), {devices}; of the analyzers that may travel it runs {n}.",
            name=row.name, version=able.version, ours=__version__, devices=devices, n=len(fitting),
        )  # fmt: skip
        yield Step(3, 3, text)

    # --- changing -----------------------------------------------------------------------------------------------------

    def enable(self, host_id: int, on: bool) -> None:
        """Switch a host on or off; what it had goes back to the queue."""
        row = self._change(host_id, enabled=on)
        self._part(row.name)
        self._join(row)

    def rename(self, host_id: int, name: str) -> HostRow:
        """Call a host something else. Raises NameTaken."""
        old = self._row(host_id)
        self._part(old.name)
        try:
            return self._change(host_id, name=name.strip())
        finally:
            self._join(self._row(host_id))

    def trust(self, host_id: int) -> None:
        """Ask a host again that was set aside or refused."""
        row = self._row(host_id)

        def forget(connection: Any) -> None:
            hosts.set_aside(connection, row.name, 0.0, "")
            hosts.forget_strikes(connection, row.name)

        self._database.write(forget, hosts.CHANGED)
        if self._fleet is not None:
            self._fleet.rest(row.name, 0.0, "")
        self._join(row)
        self._again(row)

    def unlock(self, host_id: int, what: str, secret: str, *, keep: bool = True) -> None:
        """Keep what a host wants ("password", "passphrase": see HostState.wants) for the next test.

        `keep`: in the keyring, else as long as this program runs. Raises SecretsLocked, StoreError.
        """
        self._logins.put(self._row(host_id), f"{what}:{secret}", keep=keep)

    def use_key(self, host_id: int) -> None:
        """Enter an SSH host with a key of Kinora's own from now on, and forget its password. Raises HostError."""
        row = self._row(host_id)
        self._reaching.ask(reach.use_key(row, partial(self._logins.typed, row), self._logins.key_of(row)))
        self._part(row.name)
        self._join(row)
        self._logins.forget_typed(row)

    def remove(self, host_id: int, *, wipe: bool = False, given_up: GivenUp = lambda: False) -> None:
        """Forget a host; `wipe` takes what Kinora put there away first. Raises HostError when that fails."""
        row = self._row(host_id)
        self._part(row.name)
        if wipe:
            try:
                keyed = self._logins.keyed(row)
                work = reach.wipe(keyed, partial(self._logins.typed, row), made=keyed is not row)
                self._reaching.ask(work, reach.PATIENCE, given_up)
            except (HostError, Cancelled):
                self._join(row)
                raise
        self._database.write(lambda connection: hosts.remove(connection, host_id), hosts.CHANGED)
        self._logins.forget(row)

    def rental(self, rental: RentalRow, opener: Opener | None) -> None:
        """A rented machine came (`opener` reaches it) or went."""
        name = tr("rented {gpu} ({number})", gpu=rental.gpu, number=rental.id)
        self._part(name)
        if opener is not None:
            row = HostRow(-rental.id, HostKind.RENTAL, name, f"{rental.provider}://{rental.id}", added=rental.asked)
            self._enter(row, opener, rental.price, rental.allowance)

    # --- what stays here ----------------------------------------------------------------------------------------------

    def stays(self) -> list[Stay]:
        """What never leaves this computer."""
        return self._staying.marks()

    def stay(self, scope: StayScope, target: str, on: bool = True) -> None:
        """Mark a folder, an album or an analyzer as never leaving this computer, or let it go again."""
        self._staying.mark(scope, target, on=on)

    def travellers(self) -> tuple[str, ...]:
        """The analyzers whose work could be done elsewhere, marked or not."""
        return self._staying.able

    def keeps(self, asset_id: int) -> list[Stay]:
        """The marks of folders and albums that keep an asset here."""
        return self._staying.of(asset_id)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _join(self, row: HostRow) -> None:
        if self._fleet is not None and self._allowed(row):
            self._enter(row, self._opener(row), 0.0)

    def _enter(self, row: HostRow, opener: Opener, price: float, most: int | None = None) -> None:
        from engine.hosts.packer import order_of

        fleet = self._fleet
        if fleet is None:
            return
        make = self._watched if row.kind is HostKind.RENTAL else RemoteHost
        host = make(
            row, opener, self._cutter(), self._loop, order_of=order_of, travellers=self._travellers,
            pack_folder=_pack_folder, changed=self._announce, stays=self._staying.now,
            price=price, most=most, patience=lambda: 60.0 * self._settings()["hosts.wait"],
        )  # fmt: skip
        if fleet.join(host):
            self._announce()

    def _travellers(self) -> Mapping[str, int]:
        return self._staying.leaving(self._settings())

    def _part(self, name: str) -> None:
        if self._fleet is not None and self._fleet.leave(name):
            self._announce()

    def _again(self, row: HostRow) -> None:
        """A host that waits for its next try need not wait."""
        host = self._fleet.away().get(row.name) if self._fleet is not None else None
        if host is not None:
            host.retry()

    def _cutter(self) -> "Packer":
        from engine.hosts.packer import Packer

        with self._lock:
            if self._packer is None:
                workers = max(1, (self._settings()["jobs.workers"] or os.cpu_count() or 1) // 2)
                self._packer = Packer(self._folder / "parcels", workers=workers,
                                      memory=self._settings()["jobs.memory"],
                                      log_path=self._folder / "logs" / "workers.log")  # fmt: skip
            return self._packer

    def _watched(self, *given: Any, **named: Any) -> RemoteHost:
        """A host whose answers are looked into now and then."""
        from engine.hosts.rechecking import Rechecker, WatchedHost

        parcels = self._folder / "parcels"
        with self._lock:
            if self._rechecker is None:
                self._rechecker = Rechecker(parcels / "rechecked", self._settings,
                                            log_path=self._folder / "logs" / "workers.log")  # fmt: skip
        return WatchedHost(*given, rechecker=self._rechecker, blobs=parcels, **named)

    def _opener(self, row: HostRow, say: Callable[[str], None] = lambda text: None) -> Opener:
        kept = self._logins.typed if row.kind is HostKind.SSH else self._logins.get
        return reach.opener(self._logins.keyed(row), partial(kept, row), say)

    def _allowed(self, row: HostRow, *, enabled: bool = False) -> bool:
        offline = self._settings()["net.offline"] and not reach.loopback(row.address)
        return (row.enabled or enabled) and not offline

    def _state(self, row: HostRow, host: Away | None) -> HostState:
        fleet, name = self._fleet, row.name
        if host is None or fleet is None:
            return HostState(row, HostStatus.OFF, tr(OFFLINE) if row.enabled and fleet is not None else "")
        until, why = fleet.resting(name)
        state = replace(host.state(), rate=fleet.rate(name), done=fleet.count(name))
        if not until:
            return replace(state, text=state.text or self._why(state))
        text = tr("It failed several jobs and rests. The last one: {why}", why=why)
        return replace(state, status=HostStatus.ASIDE, text=text, aside_until=until)

    def _why(self, state: HostState) -> str:
        """Why a host that is there has nothing to do, empty when it has."""
        if self._fleet is None or state.status is not HostStatus.READY or state.running:
            return ""
        why = self._fleet.why(state.row.name)
        if why is Why.NOTHING:
            with self._database.read() as connection:
                why = Why.MARKED if any_stays(connection, state.analyzers) else why
        return why.words()

    def _home(self) -> HostState:
        from engine import __version__

        fleet = self._fleet
        name = tr(fleet.home.name if fleet is not None else "this machine")
        row = HostRow(0, HostKind.LOCAL, name, "")
        analyzers = tuple(one.name for one in ANALYZERS)
        packs = tuple(pack.ref for pack in shelf.installed().values())
        if fleet is None:
            return HostState(row, HostStatus.OFF, analyzers=analyzers, packs=packs, version=__version__)
        running, slots = getattr(fleet.home, "load", lambda: (0, 0))()
        return HostState(
            row, HostStatus.BUSY if running else HostStatus.READY, running=running, slots=slots,
            rate=fleet.rate(fleet.home.name), done=fleet.count(fleet.home.name), analyzers=analyzers, packs=packs,
            version=__version__,
        )  # fmt: skip

    def _row(self, host_id: int) -> HostRow:
        with self._database.read() as connection:
            return hosts.get(connection, host_id)

    def _change(self, host_id: int, **values: Any) -> HostRow:
        return self._database.write(lambda connection: hosts.change(connection, host_id, **values), hosts.CHANGED)

    def _unused(self, name: str) -> str:
        taken = {row.name for row in self.rows()}
        return next(one for one in (name, *(f"{name} {n}" for n in range(2, 10_000))) if one not in taken)

    def _set_aside(self, name: str, until: float, why: str) -> None:
        self._database.submit(lambda connection: hosts.set_aside(connection, name, until, why), hosts.CHANGED)

    def _announce(self) -> None:
        if self._fleet is not None:
            self._database.on_change(hosts.CHANGED)


def _pack_folder(ref: str) -> Path:
    """Where a pack (id@version) lies. Raises NeedsPack."""
    for pack in shelf.installed().values():
        if pack.ref == ref:
            return packs_folder() / pack.id
    raise NeedsPack(tr("The pack {ref} is not installed.", ref=ref))
