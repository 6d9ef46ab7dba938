"""Sidecars from the window: what is asked before, what is done, what is said after."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.shell.sidecars import ExportDialog, ImportDialog
from desktop.sidecaring import reasons
from engine.errors import StorageFull
from tests.desktop.conftest import Desk, until


def calls(desk: Desk, name: str) -> list[tuple[object, ...]]:
    return [call for call in desk.library.calls if call[0] == name]


async def asked(desk: Desk) -> ExportDialog:
    assert desk.window.menus is not None
    desk.window.menus.by_id["file.export_sidecars"].trigger()
    await until(lambda: desk.window.findChildren(ExportDialog))
    return desk.window.findChildren(ExportDialog)[-1]


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_the_whole_library_goes_into_a_folder_by_itself(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        await desk.listed()
        dialog = await asked(desk)
        assert dialog.pick("where", "folder").isChecked(), "nothing goes beside originals unless that is chosen"
        assert "Nothing is written into the folders" in dialog.warning.text()
        assert [one.property("value") for one in dialog._radios("what")] == ["every"]
        click(dialog.go)
        await until(lambda: desk.window.findChildren(QFileDialog))
        desk.window.findChildren(QFileDialog)[-1].fileSelected.emit(str(tmp_path))
        await until(lambda: calls(desk, "sidecars") == [("sidecars", "", tmp_path, "long", False)])
        said = "2 sidecars written. 1 was left alone; the log says why."
        await until(lambda: said in desk.window.toasts.texts())
        desk.window.findChildren(QFileDialog)[-1].close()

    desk.run(story)


def test_the_selection_goes_beside_the_originals_by_keys(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.grid.selection.set(1, 3)
        dialog = await asked(desk)
        QTest.keyClick(dialog.pick("where", "beside"), Qt.Key.Key_Space)
        assert "Nothing is ever written into your originals." in dialog.warning.text()
        assert dialog.go.text() == "Export"
        QTest.keyClick(dialog.pick("style", "short"), Qt.Key.Key_Space)
        QTest.keyClick(dialog.sure, Qt.Key.Key_Space)
        click(dialog.go)
        await until(lambda: calls(desk, "sidecars") == [("sidecars", (2, 3), None, "short", True)])

    desk.run(story)


def test_the_list_of_a_search_may_be_meant(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        desk.window.show_query("year:2024")
        await until(lambda: len(view.seeker.listing.ids) == 30)
        dialog = await asked(desk)
        values = [one.property("value") for one in dialog._radios("what")]
        assert values[-2:] == ["listed", "every"]
        click(dialog.pick("what", "listed"))
        click(dialog.pick("where", "beside"))
        click(dialog.go)
        await until(lambda: calls(desk, "sidecars"))
        assert len(calls(desk, "sidecars")[0][1]) == 30  # type: ignore[arg-type]

    desk.run(story)


def test_a_full_disk_is_said(desk: Desk) -> None:
    async def story() -> None:
        await desk.listed()
        desk.library.sidecars.error = StorageFull("The disk is full: Kinora could not write a sidecar.")
        dialog = await asked(desk)
        click(dialog.pick("where", "beside"))
        click(dialog.go)
        await until(lambda: "The disk is full: Kinora could not write a sidecar." in desk.window.toasts.texts())

    desk.run(story)


def test_what_is_taken_over_is_chosen_and_undone(desk: Desk) -> None:
    async def story() -> None:
        await desk.listed()
        assert desk.window.menus is not None
        desk.window.menus.by_id["file.import_sidecars"].trigger()
        await until(lambda: desk.window.findChildren(ImportDialog))
        dialog = desk.window.findChildren(ImportDialog)[-1]
        for name in ("ratings", "keywords", "faces"):
            QTest.keyClick(dialog.boxes[name], Qt.Key.Key_Space)
        assert not dialog.go.isEnabled(), "there is nothing to take"
        QTest.keyClick(dialog.boxes["faces"], Qt.Key.Key_Space)
        click(dialog.go)
        await until(lambda: calls(desk, "take") == [("take", ("faces",))])
        said = "Taken over: 1 rating, 2 keywords, 0 faces in 1 file."
        await until(lambda: said in desk.window.toasts.texts())
        desk.window.menus.by_id["edit.undo"].trigger()
        await until(lambda: "Undone: taking over" in desk.window.toasts.texts())

    desk.run(story)


def test_the_first_reasons_are_named() -> None:
    refused = [(f"/a/{n}.xmp", "It is damaged.") for n in range(5)]
    assert reasons(refused).splitlines() == [
        "0.xmp: It is damaged.", "1.xmp: It is damaged.", "2.xmp: It is damaged.", "and 2 more",
    ]  # fmt: skip
    assert reasons([]) == ""
