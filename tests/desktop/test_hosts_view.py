"""The hosts view: cards of each sort, adding with a look at the key, renting against the caps, the red button."""

import asyncio
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QWidget,
)

from desktop.look import words
from desktop.views.away.caps import left
from desktop.views.away.card import HostCard
from desktop.views.hosts import BOARD, RENT, SPENDING, TRAVEL, HostsView
from engine.errors import HostLost, HostPassword, HostRefused
from engine.model import (
    Caps,
    HostKind,
    Introduction,
    JobRow,
    JobState,
    RentalState,
    Spending,
    Stay,
    StayScope,
)
from tests.desktop import hosting
from tests.desktop import test_for_everybody as everybody
from tests.desktop.conftest import Desk, until
from tests.desktop.hosting import FINGERPRINT, KEY
from tests.desktop.test_for_everybody import marked  # noqa: F401  a fixture


async def opened(desk: Desk, tab: int = BOARD) -> HostsView:
    view = desk.window.view("hosts")
    assert isinstance(view, HostsView)
    await until(lambda: view.built.is_set() and view.red.known and len(view.board.cards) == len(view.states) > 0)
    view.tabs.setCurrentIndex(tab)
    await until(lambda: not desk.ops._running)
    return view


def said(widget: QWidget) -> str:
    return "\n".join(part.text() for part in widget.findChildren(QLabel) if part.isVisibleTo(widget))


def press(widget: QWidget, text: str) -> None:
    buttons = widget.findChildren(QPushButton)
    found = next(one for one in buttons if text in (one.text(), one.accessibleName()) and one.isVisibleTo(widget))
    assert found.isEnabled()
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def card(view: HostsView, number: int) -> HostCard:
    return view.board.cards[number]


async def question(view: HostsView) -> QMessageBox:
    await until(lambda: any(one.isVisible() for one in view.findChildren(QMessageBox)))
    return next(one for one in view.findChildren(QMessageBox) if one.isVisible())


async def toasted(desk: Desk, words: str) -> None:
    """Wait for a message: what it tells of may show before."""
    await until(lambda: any(words in text for text in desk.window.toasts.texts()))


def called(desk: Desk, name: str) -> list[tuple]:
    return [call for call in desk.library.calls if call[0] == name]


# --- the list


def test_alone_it_says_what_another_machine_is_good_for_and_what_never_leaves(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        text = said(view)
        assert "This computer" in text
        assert "Another machine can help" in text
        assert "never leave this computer" in text
        assert view.board.plus.isHidden()
        assert view.red.isHidden()
        press(view.board, "Add a host")
        assert view.board.add.box.hasFocus()
        QTest.mouseClick(view.board.add.shut, Qt.MouseButton.LeftButton)
        assert view.board.blank.isVisible()
        press(view.board, "Rent a GPU")
        assert view.tabs.currentIndex() == RENT

    desk.run(story, view="hosts")


def test_each_host_says_how_it_is_in_words_and_what_was_measured(desk: Desk) -> None:
    desk.library.hosts.fill()
    running = JobRow(1, 1, "a.jpg", "faces", JobState.RUNNING, 0, 1, 1, "", "", "", 0.0, 0.5, "box-1")
    desk.library.jobs = lambda state=None, limit=500: [running, running]  # type: ignore[method-assign]
    desk.library.hosts._put(1, way=(123_000_000, 1_240_000_000))

    async def story() -> None:
        view = await opened(desk)
        assert "7 other machines · 2 machines at work" in said(view)
        text = said(card(view, 1))
        for part in ("box-1", "At work", "3 of 4", "7.4 jobs a second", "12 ms", "NVIDIA GeForce RTX 4090, 24 GB",
                     "1.2 GB, 38.0 MB", "123 MB of 1.2 GB, 9 %", "It works on: Faces (2)"):  # fmt: skip
            assert part in text, part
        tips = {figure.title.text(): figure.toolTip() for figure in card(view, 1).figures.figures}
        assert "whisper-base@1" in tips["Packs"]
        assert "It runs Kinora 0.4.2, this is 0.5.0." in said(card(view, 2))
        assert "Install the same version" in said(card(view, 2))
        assert card(view, 2).accessibleName().startswith("studio-2: Not used. It runs Kinora 0.4.2")
        assert "It is asked again in 10 min." in said(card(view, 4))
        assert f"4 {words.TIMES} NVIDIA A100, 80 GB" in said(card(view, 5))
        assert "Switched off" in said(card(view, 6))
        assert "$0.42 an hour" in said(card(view, -7))
        assert not card(view, 1).again.isVisibleTo(view)
        assert card(view, 3).again.isVisibleTo(view)
        press(card(view, -7), "Show the rental")
        assert view.tabs.currentIndex() == RENT

    desk.run(story, view="hosts")


def test_it_looks_again_by_itself_and_only_while_it_shows(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        seen = desk.library.hosts.looks
        desk.library.hosts.fill()
        await until(lambda: len(view.board.cards) == 8)
        one = card(view, 1)
        desk.library.hosts._put(1, running=4)
        await until(lambda: "4 of 4" in said(card(view, 1)))
        assert card(view, 1) is one, "a card that changes stays where it is"
        assert desk.library.hosts.looks > seen
        desk.window.show_view("library")
        await until(lambda: not desk.ops._running)
        looks = desk.library.hosts.looks
        desk.library.tell("hosts")
        await asyncio.sleep(0.05)
        assert desk.library.hosts.looks == looks
        assert not view._again.isActive()

    desk.run(story, view="hosts")


def test_what_has_not_changed_is_left_alone_and_a_test_is_made_when_it_is_wanted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dozen cards that are written anew every second are a turn of the loop that can be felt."""
    desk.library.hosts.fill()
    written: list[int] = []
    enable = HostCard._enable

    def noted(shown: HostCard) -> None:
        written.append(shown.state.row.id)
        enable(shown)

    monkeypatch.setattr(HostCard, "_enable", noted)

    async def story() -> None:
        view = await opened(desk)
        assert all(one._trial is None for one in view.board.cards.values())
        written.clear()
        desk.library.hosts._put(1, running=4)
        await until(lambda: "4 of 4" in said(card(view, 1)))
        looks = desk.library.hosts.looks
        desk.library.tell("hosts")
        await until(lambda: desk.library.hosts.looks > looks and not desk.ops._running)
        assert set(written) <= {1, 4}, "the fourth counts down"
        assert written.count(1) == 1

    desk.run(story, view="hosts")


def test_hosts_are_switched_asked_again_renamed_and_removed(desk: Desk) -> None:
    desk.library.hosts.fill()

    async def story() -> None:
        view = await opened(desk)
        press(card(view, 1), "Switch off")
        await until(lambda: card(view, 1).power.text() == "Switch on")
        await toasted(desk, "box-1 gets nothing more")
        press(card(view, 1), "Switch on")
        await until(lambda: called(desk, "host-enable")[-1] == ("host-enable", 1, True))
        press(card(view, 3), "Ask again")
        await until(lambda: "Connecting" in said(card(view, 3)))
        card(view, 1).asked.emit("rename", card(view, 1).state)
        dialog = view.findChild(QInputDialog)
        dialog.setTextValue("big box")
        dialog.accept()
        await until(lambda: "big box" in said(card(view, 1)))
        assert card(view, 1).test.accessibleName() == "Test big box"
        card(view, 1).asked.emit("remove", card(view, 1).state)
        box = await question(view)
        assert "Remove “big box”?" in box.text()
        box.findChild(QCheckBox).setChecked(True)
        press(box, "Remove")
        await until(lambda: 1 not in view.board.cards)
        assert called(desk, "host-remove") == [("host-remove", 1, True)]
        card(view, 3).asked.emit("remove", card(view, 3).state)
        box = await question(view)
        press(box, "Keep it")
        assert 3 in view.board.cards

    desk.run(story, view="hosts")


def test_a_test_shows_its_steps_and_its_end_in_the_card(desk: Desk) -> None:
    desk.library.hosts.fill()

    async def story() -> None:
        view = await opened(desk)
        desk.library.hosts.gate = gate = threading.Event()
        press(card(view, 1), "Test box-1")
        await until(lambda: "Connecting to box" in said(card(view, 1)))
        assert not card(view, 1).test.isEnabled()
        gate.set()
        await until(lambda: "It runs 12 analyzers" in said(card(view, 1)) and not card(view, 1).trial.running)
        assert card(view, 1).test.isEnabled()
        desk.library.hosts.error = HostRefused("It does not take this token.")
        press(card(view, 1), "Test box-1")
        await until(lambda: "It does not take this token." in said(card(view, 1)))
        assert "kinora token new --role operator" in said(card(view, 1))

    desk.run(story, view="hosts")


def test_offline_is_said_and_leads_to_the_settings(desk: Desk) -> None:
    desk.library.given["net.offline"] = True

    async def story() -> None:
        view = await opened(desk)
        assert "no connection leaves this computer" in said(view)
        press(view.board, "Settings")
        assert desk.window.current is desk.window.view("settings")

    desk.run(story, view="hosts")


def test_where_there_is_much_room_everything_stands_in_one_column(desk: Desk) -> None:
    desk.library.hosts.fill()

    async def story() -> None:
        view = await opened(desk)

        def lefts() -> set[int]:
            first = view.tabs.tabBar().tabRect(0).topLeft()
            return {view.tabs.tabBar().mapTo(view, first).x(), view.sum.mapTo(view, QPoint(0, 0)).x(),
                    card(view, 1).mapTo(view, QPoint(0, 0)).x()}  # fmt: skip

        for width in (1920, 900, 1600):
            desk.window.resize(width, 700)
            wide = width > 1400
            await until(lambda: len(lefts()) == 1 and (min(lefts()) > 100) is wide)  # noqa: B023  of this turn
            assert min(lefts()) + card(view, 1).width() <= view.width()

    desk.run(story, view="hosts")


# --- adding


async def pasted(desk: Desk, address: str) -> HostsView:
    view = await opened(desk)
    view.board.unfold()
    QTest.keyClicks(view.board.add.box, address)
    QTest.keyClick(view.board.add.box, Qt.Key.Key_Return)
    return view


def test_a_host_is_added_by_keyboard_alone_after_its_key_was_seen(desk: Desk) -> None:
    async def story() -> None:
        view = await pasted(desk, "ssh anna@box")
        add = view.board.add
        await until(lambda: add.meeting is not None)
        assert called(desk, "introduce") == [("introduce", "ssh anna@box")]
        meeting = add.meeting
        assert meeting is not None
        assert meeting.fingerprint.toPlainText() == FINGERPRINT
        assert meeting.fingerprint.hasFocus()
        assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in said(meeting)
        QTest.keyClick(meeting.fingerprint, Qt.Key.Key_Return)
        assert not called(desk, "host-add"), "Enter alone pins no key"
        QTest.keyClick(meeting.fingerprint, Qt.Key.Key_Tab)
        assert meeting.name.hasFocus()
        _, identity = meeting.files["identity"]
        identity.box.setText("/keys/of-the-box")
        QTest.keyClick(meeting.name, Qt.Key.Key_Return)
        assert not called(desk, "host-add")
        assert meeting.yes.hasFocus()
        assert meeting.yes.text() == "It is this machine: pin this key"
        QTest.keyClick(meeting.yes, Qt.Key.Key_Space)
        await until(lambda: "It runs 12 analyzers" in said(add) and not add.trial.running)
        assert called(desk, "host-add") == [
            ("host-add", "ssh://anna@box:22", KEY, "", "box", {"identity": "/keys/of-the-box"})
        ]
        assert called(desk, "host-test") == [("host-test", 1)]
        await until(lambda: 1 in view.board.cards)
        assert add.done.hasFocus()
        QTest.keyClick(add.done, Qt.Key.Key_Space)
        assert add.isHidden()
        assert view.board.plus.isVisible()

    desk.run(story, view="hosts")


def test_a_known_key_is_not_asked_about(desk: Desk) -> None:
    desk.library.hosts.met = Introduction(HostKind.SSH, "box", "ssh://anna@box:22", KEY, FINGERPRINT, known=True)

    async def story() -> None:
        view = await pasted(desk, "anna@box")
        await until(lambda: "It runs 12 analyzers" in said(view.board.add))
        assert called(desk, "host-add")[0][2] == KEY

    desk.run(story, view="hosts")


def test_a_token_is_pasted_and_never_shown_again(desk: Desk) -> None:
    desk.library.hosts.met = Introduction(HostKind.HTTP, "studio", "https://studio:8443", "ab" * 32, "SHA256:abab",
                                          token=True)  # fmt: skip

    async def story() -> None:
        view = await pasted(desk, "https://studio:8443")
        await until(lambda: view.board.add.meeting is not None)
        meeting = view.board.add.meeting
        assert meeting is not None
        assert not meeting.yes.isEnabled()
        assert meeting.token.echoMode() == meeting.token.EchoMode.Password
        assert "kinora serve" in said(meeting)
        meeting.token.setFocus()
        QTest.keyClicks(meeting.token, "kn_secret")
        press(meeting, "It is this machine: pin this key")
        await until(lambda: called(desk, "host-test"))
        assert called(desk, "host-add")[0][2:4] == ("ab" * 32, "kn_secret")
        assert all("kn_secret" not in one.text() for one in view.findChildren(QLineEdit))

    desk.run(story, view="hosts")


def test_a_cluster_asks_for_its_certificates(desk: Desk) -> None:
    desk.library.hosts.met = Introduction(
        HostKind.CLUSTER, "scheduler", "tls://scheduler:8786", notes=("Named there.",)
    )

    async def story() -> None:
        view = await pasted(desk, "tls://scheduler:8786")
        await until(lambda: view.board.add.meeting is not None)
        meeting = view.board.add.meeting
        assert meeting is not None
        assert "Named there." in said(meeting)
        for key, (_, choose) in meeting.files.items():
            assert not meeting.yes.isEnabled()
            choose.box.setText(f"/certificates/{key}.pem")
        press(meeting, "Add it")
        await until(lambda: called(desk, "host-add"))
        assert set(called(desk, "host-add")[0][5].values()) == {f"/certificates/{key}.pem" for key in meeting.files}

    desk.run(story, view="hosts")


def test_a_changed_key_is_a_hard_stop(desk: Desk) -> None:
    desk.library.hosts.fill()
    desk.library.hosts.error = hosting.changed_key()

    async def story() -> None:
        view = await pasted(desk, "ssh anna@box-1")
        add = view.board.add
        await until(lambda: "Do not go on: this machine shows another key than before." in said(add))
        assert "somebody stands in between" in said(add)
        offered = [one.text() for one in add.findChildren(QPushButton) if one.isVisibleTo(add)]
        assert sorted(offered) == ["Connect", "Remove box-1…"]
        press(add, "Remove box-1…")
        box = await question(view)
        press(box, "Keep it")
        assert not called(desk, "host-add")

    desk.run(story, view="hosts")


def test_errors_are_said_in_place_and_the_line_can_be_mended(desk: Desk) -> None:
    desk.library.hosts.error = HostRefused("box does not take this user.", hint="Is the name right?")

    async def story() -> None:
        view = await pasted(desk, "ssh nobody@box")
        add = view.board.add
        await until(lambda: "box does not take this user." in said(add))
        assert "Is the name right?" in said(add)
        assert add.box.hasFocus()
        assert add.box.selectedText() == "ssh nobody@box"
        QTest.keyClicks(add.box, "ssh anna@box")
        QTest.keyClick(add.box, Qt.Key.Key_Return)
        await until(lambda: add.meeting is not None)
        assert "does not take" not in said(add)
        press(add, "Cancel")
        assert add.meeting is None
        assert not called(desk, "host-add")

    desk.run(story, view="hosts")


def test_an_introduction_that_hangs_can_be_stopped(desk: Desk) -> None:
    desk.library.hosts.gate = gate = threading.Event()

    async def story() -> None:
        view = await pasted(desk, "ssh anna@box")
        add = view.board.add
        await until(lambda: add.bar.isVisible())
        assert not add.box.isEnabled()
        press(add, "Stop connecting")
        await until(lambda: add.box.isEnabled())
        gate.set()
        await until(lambda: not desk.ops._running)
        assert add.meeting is None

    desk.run(story, view="hosts")


def test_closing_the_window_gives_up_an_introduction_that_hangs(desk: Desk) -> None:
    desk.library.hosts.gate = threading.Event()  # which nobody will ever set

    async def story() -> None:
        view = await pasted(desk, "ssh anna@box")
        await until(lambda: view.board.add.bar.isVisible())

    desk.run(story, view="hosts")
    assert called(desk, "given-up") == [("given-up", "ssh anna@box")]


async def added(desk: Desk) -> HostsView:
    desk.library.hosts.met = Introduction(HostKind.SSH, "box", "ssh://anna@box:22", KEY, FINGERPRINT, known=True)
    view = await pasted(desk, "anna@box")
    await until(lambda: called(desk, "host-test") and not view.board.add.trial.running)
    return view


def test_a_host_that_does_not_work_is_said_to_be_added_tried_again_and_kept(desk: Desk) -> None:
    desk.library.hosts.failing = HostLost("It does not answer.")

    async def story() -> None:
        view = await added(desk)
        add = view.board.add
        assert "It does not answer." in said(add)
        assert "box is added, but it cannot be used yet." in said(add)
        assert add.outcome.once_more.hasFocus()
        assert not add.done.isVisible()
        press(add, "Test again")
        await until(lambda: len(called(desk, "host-test")) == 2 and not add.trial.running)
        desk.library.hosts.failing = None
        press(add, "Test again")
        await until(lambda: "It runs 12 analyzers" in said(add) and not add.trial.running)
        assert "cannot be used yet" not in said(add)
        assert add.done.isVisible()
        desk.library.hosts.failing = HostLost("It does not answer.")
        await until(lambda: 1 in view.board.cards)
        assert not called(desk, "host-remove")

    desk.run(story, view="hosts")


def test_a_host_that_does_not_work_is_taken_away_again_and_its_line_can_be_mended(desk: Desk) -> None:
    desk.library.hosts.failing = HostLost("It does not answer.")

    async def story() -> None:
        view = await added(desk)
        add = view.board.add
        await until(lambda: 1 in view.board.cards)
        press(add, "Remove box")
        await until(lambda: called(desk, "host-remove") == [("host-remove", 1, False)])
        await until(lambda: 1 not in view.board.cards)
        await until(lambda: add.box.text() == add.box.selectedText() == "ssh://anna@box:22")
        assert "cannot be used yet" not in said(add)
        view = await added(desk)
        await until(lambda: view.board.add.outcome.isVisible())
        press(view.board.add, "Keep it in the list")
        assert view.board.add.isHidden()
        assert len(called(desk, "host-remove")) == 1

    desk.run(story, view="hosts")


def test_a_password_is_typed_where_it_is_wanted_and_nothing_of_it_is_shown(desk: Desk) -> None:
    desk.library.hosts.failing = HostPassword("box takes none of your keys and wants a password.")

    async def story() -> None:
        view = await added(desk)
        add, unlock = view.board.add, view.board.add.trial.unlock
        await until(lambda: unlock.isVisible())
        assert "wants a password" in said(add)
        assert unlock.box.hasFocus()
        assert unlock.box.echoMode() == QLineEdit.EchoMode.Password
        assert unlock.box.accessibleName() == "Password for box"
        assert unlock.keep.isChecked()
        QTest.keyClick(unlock.box, Qt.Key.Key_Return)
        assert not called(desk, "host-unlock"), "an empty line is no password"
        desk.library.hosts.failing = HostPassword("box does not take this password.")
        QTest.keyClicks(unlock.box, "wrong")
        QTest.keyClick(unlock.box, Qt.Key.Key_Return)
        await until(lambda: "does not take this password" in said(add) and unlock.isVisible())
        assert unlock.box.text() == ""
        desk.library.hosts.failing = None
        QTest.keyClicks(unlock.box, "right")
        QTest.keyClick(unlock.box, Qt.Key.Key_Return)
        await until(lambda: "It runs 12 analyzers" in said(add) and not add.trial.running)
        assert not unlock.isVisible()
        assert not add.outcome.isVisible()
        assert add.done.hasFocus()
        assert called(desk, "host-unlock") == [
            ("host-unlock", 1, "password", "wrong", True), ("host-unlock", 1, "password", "right", True),
        ]  # fmt: skip
        assert all("right" not in one.text() for one in view.findChildren(QLineEdit))
        press(add, "Use a key from now on")
        await until(lambda: "the password is forgotten" in said(add))
        assert called(desk, "host-key") == [("host-key", 1)]
        assert not add.trial.key.isVisible()

    desk.run(story, view="hosts")


def test_the_page_stays_where_it_is_while_what_was_asked_goes(desk: Desk) -> None:
    """A field that hides with the keyboard in it hands it on to the next one, and a page scrolls there."""
    desk.library.hosts.fill()
    desk.library.hosts.failing = HostPassword("box wants a password.")

    async def story() -> None:
        desk.window.resize(800, 560)
        view = await added(desk)
        add = view.board.add
        bar = next(one for one in view.board.findChildren(QScrollArea)).verticalScrollBar()
        await until(lambda: add.trial.unlock.isVisible())
        assert bar.maximum() > 0
        before = bar.value()
        desk.library.hosts.failing = None
        QTest.keyClicks(add.trial.unlock.box, "right")
        QTest.keyClick(add.trial.unlock.box, Qt.Key.Key_Return)
        await until(lambda: "It runs 12 analyzers" in said(add) and add.done.hasFocus())
        add.trial.key.setFocus()
        QTest.keyClick(add.trial.key, Qt.Key.Key_Space)
        await until(lambda: called(desk, "host-key") and not add.trial.key.isVisible())
        assert bar.value() == before

    desk.run(story, view="hosts")


def test_a_card_asks_for_the_passphrase_that_its_host_wants(desk: Desk) -> None:
    desk.library.hosts.fill()
    desk.library.hosts._put(2, wants="passphrase", text="The key id_ed25519 for studio-2 is locked with a passphrase.")
    desk.library.hosts.no_keyring = True

    async def story() -> None:
        view = await opened(desk)
        shown, unlock = card(view, 2), card(view, 2).trial.unlock
        assert not shown.again.isVisibleTo(view)
        assert not card(view, 3).unlock.isVisibleTo(view)
        press(shown, "Enter the passphrase")
        assert unlock.box.hasFocus()
        assert unlock.box.accessibleName() == "Passphrase of the key for studio-2"
        QTest.keyClicks(unlock.box, "of the key")
        press(shown, "Log in")
        await until(lambda: "There is no keyring" in said(shown) and unlock.isVisible())
        QTest.mouseClick(unlock.keep, Qt.MouseButton.LeftButton, pos=QPoint(8, unlock.keep.height() // 2))
        QTest.keyClicks(unlock.box, "of the key")
        press(shown, "Log in")
        await until(lambda: called(desk, "host-unlock") == [("host-unlock", 2, "passphrase", "of the key", False)])
        await until(lambda: "It runs 12 analyzers" in said(shown) and not shown.trial.running)
        await until(lambda: not shown.unlock.isVisibleTo(view))

    desk.run(story, view="hosts")


# --- renting


async def with_offers(desk: Desk) -> HostsView:
    view = await opened(desk, RENT)
    await until(lambda: view.renting.wants.look.isEnabled())
    view.renting.wants.price.setValue(2)
    press(view.renting, "Look for offers")
    await until(lambda: view.renting.offers.rows)
    return view


def test_a_key_is_kept_and_never_shown(desk: Desk) -> None:
    desk.library.rentals.keys.clear()

    async def story() -> None:
        view = await opened(desk, RENT)
        wants = view.renting.wants
        await until(lambda: wants.provider.count() == 2)
        assert [wants.provider.itemText(row) for row in range(2)] == ["Vast.ai", "RunPod"]
        assert not wants.look.isEnabled()
        assert wants.key.echoMode() == wants.key.EchoMode.Password
        QTest.keyClicks(wants.key, "  key-123 ")
        QTest.keyClick(wants.key, Qt.Key.Key_Return)
        await until(lambda: view.renting.offers.rows)
        assert called(desk, "set-key") == [("set-key", "vast", "key-123")]
        assert wants.key.text() == ""
        assert wants.key.isHidden()
        await toasted(desk, "The key of Vast.ai is kept.")

    desk.run(story, view="hosts")


def test_offers_are_sorted_and_the_slider_says_hours_and_the_sum(desk: Desk) -> None:
    async def story() -> None:
        view = await with_offers(desk)
        page = view.renting
        assert [one.gpu for one in page.offers.rows] == ["RTX 4060", "RTX 3090", "RTX 4090", "A100 80GB"]
        QTest.keyClick(page.table, Qt.Key.Key_2)
        QTest.keyClick(page.table, Qt.Key.Key_2)
        assert page.offers.rows[0].gpu == "A100 80GB"
        QTest.keyClick(page.table, Qt.Key.Key_1)
        page.table.selectRow([one.gpu for one in page.offers.rows].index("RTX 4090"))
        price = page.price
        await until(lambda: price.go.isEnabled())
        assert price.go.text() == "Rent for at most $1.00"
        QTest.keyClick(price.slider, Qt.Key.Key_PageUp)
        assert price.amount.text() == "$1.50 at most"
        assert not price.go.isEnabled(), "not before the forecast for this sum is there"
        await until(lambda: price.go.isEnabled())
        assert price.go.text() == "Rent for at most $1.50"
        words = price.figures.words()
        for part in ("Expected cost: $0.75", "Cost at most: $1.50", "Waiting jobs: 400",
                     "Time on this computer: about 2 h", "Time with this GPU: about 25 min",
                     "First result in: about 4 min", "Left under the caps: $4.69"):  # fmt: skip
            assert part in words, part
        desk.library.rentals.extra = 0.2  # what travels costs, too: then there are fewer hours in the same sum
        QTest.keyClick(price.slider, Qt.Key.Key_PageUp)
        await until(lambda: price.go.isEnabled())
        assert price.go.text() == "Rent for at most $2.00"
        assert price.hours == pytest.approx(1.8 / 0.42)
        QTest.keyClick(price.slider, Qt.Key.Key_End)
        assert price.most <= 4.69, "the slider ends where the caps end"

    desk.run(story, view="hosts")


def test_a_forecast_for_hours_that_are_no_longer_chosen_says_nothing(desk: Desk) -> None:
    async def story() -> None:
        price = (await with_offers(desk)).renting.price
        await until(lambda: price.go.isEnabled())
        hours, extra, known = price.hours, price.extra, price.forecast
        assert known is not None
        price.show_forecast(replace(known, most=known.most + 3), hours + 5)
        assert (price.hours, price.extra, price.forecast) == (hours, extra, known)
        price.go.setFocus()
        QTest.keyClick(price.go, Qt.Key.Key_Space)
        await until(lambda: len(called(desk, "rent")) == 1)
        await until(price.slider.hasFocus)
        await until(lambda: price.go.isEnabled() and price.left is not None and price.left < 4)
        assert price.extra == pytest.approx(extra, abs=0.01), "less is left, and an hour costs what it did"

    desk.run(story, view="hosts")


def test_it_rents_with_one_press_and_shows_what_runs(desk: Desk) -> None:
    async def story() -> None:
        view = await with_offers(desk)
        await until(lambda: view.renting.price.go.isEnabled())
        QTest.mouseClick(view.renting.price.go, Qt.MouseButton.LeftButton)
        await until(lambda: view.renting.rented.lines)
        assert len(called(desk, "rent")) == 1
        text = said(view.renting.rented)
        assert "RTX 4060 at Vast.ai" in text
        assert "Starting" in text
        assert "Ends by itself in" in text
        await toasted(desk, "is rented for at most $1.00")
        await until(lambda: view.red.press.isVisible())
        assert view.red.press.text() == "Destroy the rented machine"
        press(view.renting.rented, "Destroy")
        await until(lambda: not view.renting.rented.lines)
        await until(lambda: not view.red.isVisible())

    desk.run(story, view="hosts")


def test_what_would_pass_a_cap_cannot_be_rented(desk: Desk) -> None:
    desk.library.rentals.caps = Caps()

    async def story() -> None:
        view = await with_offers(desk)
        price = view.renting.price
        await until(lambda: price.forecast is not None)
        assert not price.go.isEnabled()
        assert "Nothing is rented without a cap." in said(price)
        press(price, "Set the caps")
        assert view.tabs.currentIndex() == SPENDING
        box, amount = view.money.caps.boxes["day"], view.money.caps.amounts["day"]
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
        await until(lambda: desk.library.rentals.caps.day == 5.0)
        amount.setFocus()
        amount.selectAll()
        QTest.keyClicks(amount, "0.80")
        QTest.keyClick(amount, Qt.Key.Key_Return)
        await until(lambda: desk.library.rentals.caps.day == 0.8)
        await until(lambda: price.left is not None and price.left < 0.8)
        await until(lambda: price.go.isEnabled())
        assert price.most < 0.8
        desk.library.rentals.caps = Caps(job=0.01)
        await until(lambda: "All that the caps allow is spent or reserved." in said(price))

    desk.run(story, view="hosts")


def test_an_offer_that_went_is_said_and_the_list_is_new(desk: Desk) -> None:
    async def story() -> None:
        view = await with_offers(desk)
        await until(lambda: view.renting.price.go.isEnabled())
        desk.library.rentals.error = hosting.gone()
        asked = len(called(desk, "offers"))
        QTest.mouseClick(view.renting.price.go, Qt.MouseButton.LeftButton)
        await until(lambda: "Somebody else took the offer." in said(view.renting))
        await until(lambda: len(called(desk, "offers")) > asked and not desk.ops._running)
        assert "Look for offers again" in said(view.renting)
        assert not desk.library.rentals.rented
        desk.library.rentals.error = hosting.too_dear()
        await until(lambda: view.renting.price.go.isEnabled())
        QTest.mouseClick(view.renting.price.go, Qt.MouseButton.LeftButton)
        await until(lambda: "It would pass the cap of the day." in said(view.renting))

    desk.run(story, view="hosts")


def test_nothing_offered_says_what_helps(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk, RENT)
        await until(lambda: view.renting.wants.look.isEnabled())
        view.renting.wants.memory.setCurrentIndex(5)
        press(view.renting, "Look for offers")
        await until(lambda: "Nothing like this is offered now" in said(view.renting))
        assert view.renting.table.isHidden()

    desk.run(story, view="hosts")


# --- the red button


def test_the_red_button_asks_once_and_works_while_everything_else_hangs(desk: Desk) -> None:
    desk.library.rentals.fill()
    desk.library.rentals.rented = desk.library.rentals.rented[:1]

    async def story() -> None:
        view = await opened(desk)
        await until(lambda: view.red.press.isVisible())
        stuck = threading.Event()
        desk.library.rentals.hang = stuck
        waits = [asyncio.ensure_future(desk.ops.demand(stuck.wait, 10)) for _ in range(8)]  # every thread is taken
        try:
            QTest.mouseClick(view.red.press, Qt.MouseButton.LeftButton)
            box = await question(view)
            assert "Destroy 1 rented machine? It costs $0.42 an hour now." in box.text()
            press(box, "Destroy everything")
            await until(lambda: called(desk, "destroy-all"))
            await until(lambda: not view.red.running)
            await toasted(desk, "1 machine is destroyed. Nothing is rented any more.")
        finally:
            stuck.set()
            await asyncio.gather(*waits)
        await until(lambda: not view.red.isVisible())

    desk.run(story, view="hosts")


def test_the_red_button_is_there_when_nobody_says_what_is_rented(desk: Desk) -> None:
    desk.library.rentals.hang = stuck = threading.Event()

    async def story() -> None:
        view = desk.window.view("hosts")
        assert isinstance(view, HostsView)
        view._unsure.start(50)
        try:
            await until(lambda: view.red.press.isVisible())
            assert view.red.press.text() == "Destroy everything rented"
        finally:
            stuck.set()
        await until(lambda: not view.red.isVisible())

    desk.run(story, view="hosts")


def test_destroying_shows_how_far_it_is_and_what_would_not_go(desk: Desk) -> None:
    desk.library.rentals.rented = [hosting.rental(1), hosting.rental(2), hosting.rental(3)]
    desk.library.rentals.reluctant = 1
    gate, ready = threading.Event(), desk.library.rentals.destroy_all

    def slowly() -> int:
        gate.wait(10)
        return ready()

    desk.library.rentals.destroy_all = slowly  # type: ignore[method-assign]

    async def story() -> None:
        view = await opened(desk)
        view.red.ask()
        box = await question(view)
        assert "Destroy 3 rented machines? They cost $1.26 an hour now." in box.text()
        press(box, "Destroy everything")
        await until(lambda: view.red.running)
        desk.library.rentals._end(lambda one: one.id == 3)
        await until(lambda: "Destroying: 1 of 3 are gone" in said(view.red))
        gate.set()
        await until(lambda: not view.red.running)
        await toasted(desk, "could not be destroyed yet")
        assert view.red.isVisible()

    desk.run(story, view="hosts")


def test_the_command_reaches_it_from_everywhere_and_escape_keeps(desk: Desk) -> None:
    desk.library.rentals.fill()

    async def story() -> None:
        desk.window.view("library").command.emit("work.destroy")
        view = await opened(desk)
        box = await question(view)
        QTest.keyClick(box, Qt.Key.Key_Escape)
        await until(lambda: view.red.box is None)
        assert not called(desk, "destroy-all")

    desk.run(story)


def test_an_alarm_stands_above_everything(desk: Desk) -> None:
    desk.library.rentals.fill()

    async def story() -> None:
        view = await opened(desk, TRAVEL)
        await until(lambda: view.alarms.isVisible())
        text = said(view.alarms)
        assert "RTX 3090 at Vast.ai may still cost money" in text
        assert "The provider did not confirm" in text
        assert "kinora-6" in text
        press(view.alarms, "Destroy it again")
        await until(lambda: called(desk, "destroy") == [("destroy", 6)])
        await until(lambda: not view.alarms.isVisible())

    desk.run(story, view="hosts")


# --- money


def test_the_money_says_what_other_libraries_spend_and_why_nothing_is_rented(desk: Desk) -> None:
    desk.library.rentals.fill()

    async def story() -> None:
        view = await opened(desk, SPENDING)
        money = view.money
        await until(lambda: money.bars.days)
        assert "Other libraries" not in money.figures.words()
        assert money.caps.halted.isHidden()
        desk.library.rentals.elsewhere = 1.25
        desk.library.rentals.halted = (
            "No machine is rented by itself: it may cost $0.92; of $5.00 for today $4.50 is spent."
        )
        desk.library.tell("rentals")
        await until(lambda: not money.caps.halted.isHidden())
        assert "Other libraries: $1.25" in money.figures.words()
        assert "for today" in money.caps.halted.text()

    desk.run(story, view="hosts")


def test_the_money_is_a_chart_a_table_and_a_file(desk: Desk, tmp_path: Path) -> None:
    desk.library.rentals.fill()
    written: dict[Path, bytes] = {}
    desk.library.exports.write = written.__setitem__  # type: ignore[attr-defined]

    async def story() -> None:
        view = await opened(desk, SPENDING)
        money = view.money
        await until(lambda: money.bars.days)
        assert "Spent in 30 days: $47.12" in money.bars.accessibleName()
        money.bars.setFocus()
        QTest.keyClick(money.bars, Qt.Key.Key_Left)
        QTest.keyClick(money.bars, Qt.Key.Key_Left)
        assert money.bars.accessibleDescription() == "29 January 2026: $2.79"
        assert "Today: $0.31" in money.figures.words()
        assert "Credit at Vast.ai: $12.50" in money.figures.words()
        newest = money.ledger.rows[0]
        assert newest.at == max(row.at for row in money.ledger.rows)
        press(money, "Save as CSV…")
        dialog = view.findChild(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / "money.csv"))
        dialog.close()
        await until(lambda: written)
        lines = next(iter(written.values())).decode().splitlines()
        assert lines[0] == "time,rental,provider,what,usd,estimated"
        assert len(lines) == 1 + len(desk.library.rentals.lines)
        await toasted(desk, "The ledger is in money.csv.")

    desk.run(story, view="hosts")


def test_what_is_left_is_the_least_of_all_caps() -> None:
    def of(**caps: float) -> float | None:
        return left(Spending(Caps(**caps), today=1.0, month=4.0, total=9.0, reserved=0.5))

    assert of() is None
    assert of(job=2.0) == 2.0
    assert of(job=2.0, day=3.0) == 1.5
    assert of(month=4.0) == 0.0
    assert of(day=9.0, month=20.0, total=10.0) == 0.5


# --- what stays here


def test_analyzers_folders_and_albums_are_marked_and_let_go(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk, TRAVEL)
        await until(lambda: view.travel.boxes)
        boxes = view.travel.boxes
        assert not boxes["faces"].isChecked(), "faces stay from the start"
        assert "Who is in a picture can be told from it" in said(view.travel)
        assert boxes["speech"].isChecked()
        QTest.mouseClick(boxes["speech"], Qt.MouseButton.LeftButton, pos=QPoint(8, boxes["speech"].height() // 2))
        await until(lambda: called(desk, "stay") == [("stay", "analyzer", "speech", True)])
        await toasted(desk, "“What is said” never leaves this computer.")
        view.travel.mark_folder("/pictures/private")
        await until(lambda: "/pictures/private" in said(view.travel).replace("\u200b", ""))
        assert called(desk, "stay")[-1] == ("stay", "folder", "/pictures/private", True)
        desk.library.hosts.marks.clear()
        desk.library.tell("decisions")
        await until(lambda: "No folder is marked." in said(view.travel))
        await until(lambda: boxes["speech"].isChecked())

    desk.run(story, view="hosts")


def test_what_ended_is_not_counted_as_rented(desk: Desk) -> None:
    desk.library.rentals.rented = [
        hosting.rental(1, state=RentalState.ENDED),
        hosting.rental(2, state=RentalState.FAILED),
    ]

    async def story() -> None:
        view = await opened(desk)
        assert view.red.isHidden()
        assert not view.renting.rented.lines

    desk.run(story, view="hosts")


# --- for everybody


async def full(desk: Desk, tab: int) -> HostsView:
    """A page of the view with all that it can show."""
    desk.library.hosts.fill()
    desk.library.rentals.fill()
    desk.library.hosts.marks += [
        Stay(StayScope.FOLDER, "/pictures/diary-1", "/pictures/diary-1"), Stay(StayScope.ALBUM, "3", "Family 3")
    ]  # fmt: skip
    desk.window.show_view("hosts")
    view = await opened(desk, tab)
    if tab == BOARD:
        view.board.unfold()
        view.board.add.box.setText("ssh anna@box")
        view.board.add.connect_to()
        await until(lambda: view.board.add.meeting is not None)
    if tab == RENT:
        await until(lambda: view.renting.wants.look.isEnabled())
        press(view.renting, view.renting.wants.look.text())
        await until(lambda: view.renting.offers.rows)
        await until(lambda: view.renting.price.forecast is not None)
    if tab == TRAVEL:
        await until(lambda: view.travel.boxes)
    await until(lambda: not desk.ops._running)
    return view


@pytest.mark.parametrize("tab", [BOARD, RENT, SPENDING, TRAVEL])
def test_every_control_has_a_name_and_the_tab_key_reaches_it(desk: Desk, tab: int) -> None:
    async def story() -> None:
        view = await full(desk, tab)
        # The cross in a field is Qt's own; Escape or a key does the same.
        found = [one for one in everybody.controls(view) if not isinstance(one.parent(), QLineEdit)]
        assert [everybody.described(one) for one in found if not everybody.name_of(one).strip()] == []
        lost = [one for one in found if one.isEnabled() and not one.focusPolicy() & Qt.FocusPolicy.TabFocus]
        assert [everybody.described(one) for one in lost] == []

    desk.run(story, view="")


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("tab", [BOARD, RENT, SPENDING, TRAVEL])
def test_no_sentence_is_left_in_english(desk: Desk, tab: int) -> None:
    async def story() -> None:
        view = await full(desk, tab)
        words = "NVIDIA GeForce RTX Vast RunPod GB MB ms Mbit Norway ai ssh user box https tls scheduler Ctrl"
        known = {*re.findall(r"\w+", words), *re.findall(r"\w+", "SHA256 anna kinora Kinora")}
        left = {
            text: everybody.described(widget)
            for widget in view.findChildren(QWidget)
            if widget.isVisibleTo(view)
            for text in everybody.words_of(widget)
            if text and everybody.english(text, known)
        }
        assert not left, "\n".join(f"{text!r}: {where}" for text, where in left.items())

    desk.run(story, view="")


@pytest.mark.parametrize("tab", [BOARD, RENT, SPENDING, TRAVEL])
def test_nothing_is_outside_of_a_small_window_read_from_the_right(desk: Desk, qapp: QApplication, tab: int) -> None:
    async def story() -> None:
        view = await full(desk, tab)
        room = view.rect().adjusted(-1, -10_000, 1, 10_000)
        outside = [
            everybody.described(one)
            for one in everybody.controls(view)
            if not room.contains(QRect(one.mapTo(view, QPoint(0, 0)), one.size()))
        ]
        assert outside == []

    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        desk.run(story, view="", size=(800, 560))
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
