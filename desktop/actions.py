"""Every command of the window, once: menus, the palette, the shortcuts page and the tests read this list."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from engine.language import mark, tr, trn

if TYPE_CHECKING:
    from desktop.commands import Commands
    from desktop.look.look import Look

MENUS = (mark("File"), mark("Edit"), mark("View"), mark("Items"), mark("People"), mark("Work"), mark("Help"))


@dataclass(frozen=True, slots=True)
class Action:
    """One command: `group` is its menu, `grid` limits its keys to the grid, where letters are not typed."""

    id: str
    title: str
    group: str
    callback: Callable[[], object]
    shortcut: str = ""
    icon: str = ""
    grid: bool = False
    line: bool = False  # a line above it in the menu


def all_actions(do: "Commands") -> tuple[Action, ...]:
    """The commands, in the order of the menus."""
    return (
        Action("file.add_folder", tr("Add folder…"), "File", do.add_folder, "Ctrl+O", "folder-add"),
        Action("file.add_files", tr("Add files…"), "File", do.add_files, "Ctrl+Shift+O", "file-add"),
        Action("file.import_pack", tr("Import a pack…"), "File", do.browse.import_pack, "", "download"),
        Action("file.rescan", tr("Look for changes in all folders"), "File", do.rescan, "F5", "retry"),
        Action("file.export", tr("Export list…"), "File", do.export, "Ctrl+E", "export", line=True),
        Action("file.export_said", tr("Export subtitles…"), "File", do.filming.export_said, "", "text"),
        Action("file.export_clips", tr("Export clips…"), "File", do.filming.export_clips, "", "clip"),
        Action("file.export_sidecars", tr("Export sidecars (XMP)…"), "File", do.sidecars.export, "", "export"),
        Action("file.import_sidecars", tr("Import sidecars (XMP)…"), "File", do.sidecars.take, "", "download"),
        Action("file.quit", tr("Quit"), "File", do.quit, "Ctrl+Q", "quit", line=True),
        Action("edit.undo", tr("Undo"), "Edit", do.undo, "Ctrl+Z", "undo"),
        Action("edit.redo", tr("Redo"), "Edit", do.redo, "Ctrl+Shift+Z", "redo"),
        Action(
            "edit.select_all", tr("Select all"), "Edit", do.select_all, "Ctrl+A", "select-all", grid=True, line=True
        ),
        Action("edit.search", tr("Search"), "Edit", do.search, "Ctrl+F", "search"),
        Action("edit.save_search", tr("Save this search"), "Edit", do.browse.save_search, "Ctrl+D", "star"),
        Action("edit.like", tr("Search with a picture…"), "Edit", do.browse.search_with, "", "similar"),
        Action("edit.forget", tr("Forget all searches"), "Edit", do.browse.forget_searches, "", "clock"),
        Action("edit.draw", tr("Draw a posture…"), "Edit", do.browse.draw_posture, "", "body"),
        *_view_actions(do),
        *_item_actions(do),
        *_people_actions(do),
        Action("work.pause", tr("Pause the work"), "Work", do.pause, "Ctrl+P", "pause"),
        Action("work.resume", tr("Go on with the work"), "Work", do.resume, "Ctrl+Shift+P", "play"),
        Action("work.destroy", tr("Destroy everything rented…"), "Work", do.destroy_rented, "", "trash", line=True),
        Action("help.palette", tr("All commands…"), "Help", do.palette, "Ctrl+K", "command"),
        Action("help.shortcuts", tr("Keyboard shortcuts"), "Help", do.shortcuts, "F1", "keyboard"),
        Action("help.start", tr("First steps"), "Help", do.first_steps, "", "kinora"),
        Action("help.about", tr("About Kinora"), "Help", do.about, "", "info"),
    )


def _view_actions(do: "Commands") -> tuple[Action, ...]:
    shown = tuple(
        Action(f"view.{entry.id}", tr(entry.title), "View", partial(do.show_view, entry.id), entry.shortcut, entry.icon)
        for entry in do.views()
    )
    return (
        *shown,
        Action("view.larger", tr("Larger pictures"), "View", do.larger, "Ctrl++", "grid-large", line=True),
        Action("view.smaller", tr("Smaller pictures"), "View", do.smaller, "Ctrl+-", "grid-small"),
        Action("view.names", tr("Show or hide names"), "View", do.names, "Ctrl+Shift+N", "text"),
        Action("view.narrow", tr("Albums and filters"), "View", do.browse.narrow, "Ctrl+Shift+F", "narrow"),
        Action("view.details", tr("Show or hide details"), "View", do.details, "Ctrl+I", "panel"),
        Action("view.theme", tr("Light or dark"), "View", do.theme, "Ctrl+Shift+L", "theme", line=True),
        Action("view.full", tr("Full screen"), "View", do.full_screen, "F11", "fit"),
    )


def _people_actions(do: "Commands") -> tuple[Action, ...]:
    people = do.people
    return (
        Action("people.name", tr("Name this person"), "People", people.rename, "", "rename"),
        Action("people.merge", tr("Merge"), "People", people.merge, "", "merge"),
        Action("people.files", tr("Show the files of this person"), "People", people.files, "", "library"),
        Action("people.pet", tr("A pet, or none"), "People", people.pet, "", "pet"),
        Action("people.strangers", tr("Strangers"), "People", people.strangers, "", "question"),
        Action("people.hide", tr("Hide or show again"), "People", people.hide, "", "eye-off"),
        Action("people.group", tr("Group faces again"), "People", people.group, "", "retry", line=True),
        Action("people.import", tr("Import names from sidecar files"), "People", people.import_names, "", "people"),
        Action("people.export", tr("Export people…"), "People", people.export, "", "export"),
        Action("people.erase", tr("Erase a person…"), "People", people.erase, "", "trash", line=True),
        Action("people.erase_all", tr("Erase all people…"), "People", people.erase_all, "", "trash"),
    )


def _stack_actions(do: "Commands") -> tuple[Action, ...]:
    keep = do.keeping
    return (
        Action("items.stack", tr("Stack"), "Items", keep.stack, "G", "stack", grid=True, line=True),
        Action("items.open_stack", tr("Open or close the stack"), "Items", keep.open_stack, "O", "", grid=True),
        Action("items.top", tr("Put on top of its stack"), "Items", keep.top, "Shift+O", "up", grid=True),
        Action("items.out_of_stack", tr("Take out of its stack"), "Items", keep.out_of_stack, "", "minus", grid=True),
        Action("items.unstack", tr("Take the stack apart"), "Items", keep.unstack, "Shift+G", "", grid=True),
        Action("items.stack_twins", tr("Stack what looks alike"), "Items", keep.stack_twins, "", "duplicates"),
    )


def _item_actions(do: "Commands") -> tuple[Action, ...]:
    keep = do.keeping
    rates = tuple(
        Action(
            f"items.rate{stars}",
            tr("No stars") if not stars else trn("{n} star", "{n} stars", stars),
            "Items",
            partial(do.rate, stars),
            str(stars),
            "star",
            grid=True,
            line=stars == 0,
        )
        for stars in range(6)
    )
    return (
        Action("items.open", tr("Open"), "Items", do.open_selected, "", "fit"),
        Action("items.reveal", tr("Show in file manager"), "Items", do.reveal, "Ctrl+Shift+R", "reveal"),
        Action("items.copy_path", tr("Copy path"), "Items", do.copy_path, "Ctrl+Shift+C", "copy"),
        Action(
            "items.similar", tr("Find similar"), "Items", do.browse.find_similar, "Ctrl+Shift+S", "similar", line=True
        ),
        Action("items.like", tr("Like this too"), "Items", do.browse.like_too, "Ctrl+L", "plus"),
        Action("items.unlike", tr("Not like this"), "Items", do.browse.not_like, "Ctrl+U", "minus"),
        Action("items.compare", tr("Compare"), "Items", do.browse.compare, "C", "compare", grid=True),
        Action("items.safe", tr("Mark as safe to show"), "Items", partial(do.browse.judge, "safe"), "", "shield"),
        Action(
            "items.unsafe", tr("Mark as not safe to show"), "Items", partial(do.browse.judge, "explicit"), "", "eye-off"
        ),
        Action("view.unveil", tr("Show or blur unsafe pictures"), "View", do.browse.unveil, "Ctrl+Shift+U", "eye-off"),
        Action("items.explain", tr("Why was this found?"), "Items", do.browse.explain, "E", "question", grid=True),
        Action("items.favourite", tr("Favourite"), "Items", keep.favourite, "F", "heart", grid=True, line=True),
        Action("items.album", tr("Add to album…"), "Items", keep.add_to_album, "Ctrl+B", "album"),
        Action(
            "items.out_of_album", tr("Take out of this album"), "Items", keep.out_of_album, "Del", "minus", grid=True
        ),
        Action("items.tag", tr("Tag…"), "Items", do.tag, "Ctrl+T", "tag"),
        *rates,
        *_stack_actions(do),
    )


class Menus:
    """The actions as Qt actions, in menus and on their shortcuts."""

    def __init__(self, window: QWidget, look: "Look", actions: tuple[Action, ...]) -> None:
        self.all = actions
        self._look = look
        self.by_id: dict[str, QAction] = {}
        self._tinted: set[str] = set()  # the menus whose icons have the colours of this theme
        for action in actions:
            made = QAction(action.title, window)
            made.setObjectName(action.id)
            made.triggered.connect(lambda _checked=False, call=action.callback: call())
            if action.shortcut:
                made.setShortcut(QKeySequence(action.shortcut))
            if action.grid:
                made.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            else:
                window.addAction(made)
            self.by_id[action.id] = made
        look.changed.connect(lambda: self._tinted.clear())

    def fill(self, bar: QMenuBar) -> None:
        """Build the menus."""
        for group in MENUS:
            menu = bar.addMenu(tr(group))
            menu.aboutToShow.connect(lambda group=group: self._tint(group))
            for action in self.all:
                if action.group != group:
                    continue
                if action.line:
                    menu.addSeparator()
                menu.addAction(self.by_id[action.id])

    def attach(self, grid: QWidget) -> None:
        """Give the grid the keys that mean something only there."""
        for action in self.all:
            if action.grid:
                grid.addAction(self.by_id[action.id])

    def _tint(self, group: str) -> None:
        """Give a menu its icons, before it shows: drawing all of them at the start would hold it up."""
        if group not in self._tinted:
            self._tinted.add(group)
            for action in self.all:
                if action.group == group:
                    self.by_id[action.id].setIcon(self._look.icon(action.icon))


def keys(action: Action) -> str:
    """The shortcut as the platform writes it."""
    return QKeySequence(action.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
