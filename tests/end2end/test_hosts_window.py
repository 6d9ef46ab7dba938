"""Another machine as a user takes it in: over a real SSH server, and rented from the fake of a provider."""

import time
from pathlib import Path
from typing import Any

import pytest
import qasync
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from desktop.views.hosts import RENT, SPENDING, HostsView
from desktop.window import Window
from engine.cli.samples import draw
from engine.hosts.rental.vast import Vast
from engine.model import HostStatus, RentalState
from tests.desktop.conftest import until
from tests.end2end.test_window import drop, loop, run  # noqa: F401  loop is a fixture
from tests.fakes.provider import KEY
from tests.fakes.vast import FakeVast
from tests.sshd import far, running

pytestmark = pytest.mark.end2end
SETTING_UP = 120.0  # seconds that a node may take to be set up


async def shown(window: Window) -> HostsView:
    window.show_view("hosts")
    view = window.view("hosts")
    assert isinstance(view, HostsView)
    await until(lambda: view.built.is_set() and view.states and view.red.known, 20)
    return view


def library_of(window: Window) -> Any:
    assert window.ops is not None
    return window.ops.library


@pytest.mark.slow
def test_a_machine_is_pasted_compared_pinned_tested_and_works(
    qapp: QApplication, loop: qasync.QEventLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    pictures = draw(tmp_path / "pictures")
    with running(tmp_path / "sshd") as sshd, far(tmp_path) as node:

        async def story(window: Window) -> None:
            view, hosts = await shown(window), library_of(window).hosts
            add = hosts.add

            def with_options(address: str, **given: Any) -> Any:  # what the machine of a test lacks: Python, a home
                return add(address, **{**given, "options": {**sshd.options(node), **(given["options"] or {})}})

            monkeypatch.setattr(hosts, "add", with_options)
            view.board.unfold()
            address = sshd.address.removeprefix("ssh://").rpartition(":")[0]
            QTest.keyClicks(view.board.add.box, f"ssh {address} -p {sshd.port}")
            QTest.keyClick(view.board.add.box, Qt.Key.Key_Return)
            await until(lambda: view.board.add.meeting is not None, 20)
            meeting = view.board.add.meeting
            assert meeting is not None
            assert meeting.fingerprint.toPlainText().startswith("SHA256:")
            meeting.name.setText("attic")
            meeting.files["identity"][1].box.setText(str(sshd.own_key))
            QTest.mouseClick(meeting.yes, Qt.MouseButton.LeftButton)
            await until(lambda: hosts.rows() and view.board.add.done.isVisible(), SETTING_UP)
            assert "attic runs Kinora" in view.board.add.trial.text.text(), view.board.add.trial.hint.text()
            await until(lambda: view.states[-1].status in (HostStatus.READY, HostStatus.BUSY), 60)
            QTest.mouseClick(view.board.add.done, Qt.MouseButton.LeftButton)
            drop(window, pictures)
            await until(lambda: library_of(window).status()["assets"]["total"] > 0, 60)
            view = await shown(window)
            view.deeds._remove(view.states[-1], wipe=True)
            await until(lambda: not hosts.rows() and len(view.board.cards) == 1, 60)
            assert not node.exists()

        run(loop, qapp, tmp_path / "library", story)


def test_a_gpu_is_rented_under_a_cap_and_destroyed_with_one_button(
    qapp: QApplication, loop: qasync.QEventLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setenv("KINORA_SECRETS_PASSPHRASE", "a passphrase of a test")
    fake = FakeVast(live=True, now=time.time())

    async def story(window: Window) -> None:
        view, rentals = await shown(window), library_of(window).rentals
        rentals._makers = {"vast": lambda key: Vast(key, url=fake.url, transport=fake.transport())}
        view.tabs.setCurrentIndex(RENT)
        page = view.renting
        await until(lambda: page.wants.provider.count(), 20)
        QTest.keyClicks(page.wants.key, KEY)
        QTest.keyClick(page.wants.key, Qt.Key.Key_Return)
        await until(lambda: page.offers.rows and page.price.forecast is not None, 20)
        assert not page.price.go.isEnabled(), "without a cap nothing is rented"
        view.tabs.setCurrentIndex(SPENDING)
        view.money.caps.boxes["day"].click()
        await until(lambda: rentals.spending().caps.day == 5.0)
        view.tabs.setCurrentIndex(RENT)
        await until(page.price.go.isEnabled, 20)
        page.price.slider.setFocus()
        QTest.keyClick(page.price.slider, Qt.Key.Key_Home)
        await until(page.price.go.isEnabled, 20)
        said = page.price.forecast.most
        QTest.mouseClick(page.price.go, Qt.MouseButton.LeftButton)
        await until(lambda: view.red.press.isVisible() and page.rented.lines, 20)
        row = rentals.rows()[0]
        assert row.state in (RentalState.STARTING, RentalState.RUNNING)
        assert row.reserved <= said + 1e-6, "never more than the button said"
        assert len(fake.alive()) == 1
        QTest.mouseClick(view.red.press, Qt.MouseButton.LeftButton)
        await until(lambda: view.red.box is not None)
        box = view.red.box
        assert isinstance(box, QMessageBox)
        next(one for one in box.findChildren(QPushButton) if one.text() == "Destroy everything").click()
        await until(lambda: not fake.alive() and not view.red.isVisible(), 30)
        assert rentals.rows()[0].state is RentalState.ENDED

    run(loop, qapp, tmp_path / "library", story)
    assert fake.alive() == []
