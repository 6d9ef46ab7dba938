"""The window on a real library with real models: a person is named in one photo and recognised in a group photo."""

import asyncio
from pathlib import Path

import pytest
import qasync

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.shell.state import State
from desktop.views.people import PeopleView
from desktop.views.viewer import ViewerView
from desktop.window import Window
from desktop.workers.bridge import Bridge
from engine.analyzers import ANALYZERS
from engine.library import Library
from tests.desktop.conftest import until

NEEDED = {"probe", "look", "faces"}
GROUP = "family1_beach.jpg"


@pytest.mark.slow
def test_a_name_given_in_one_photo_is_read_in_a_group_photo(
    loop: qasync.QEventLoop, look: Look, media: Path, with_packs: dict[str, str], tmp_path: Path
) -> None:
    people = media / "people"
    files = [*sorted((people / "F1_dad").glob("*.jpg")), people / "groups" / GROUP]

    async def story(window: Window, ops: Operations, library: Library) -> None:
        window.show_view("people")
        view = window.view("people")
        assert isinstance(view, PeopleView)
        await until(lambda: view.crowd.tiles.tiles, 20)
        father = max(view.crowd.people, key=lambda one: one.faces)
        assert father.faces >= 3
        view.crowd.rename(view.crowd.tiles.row_of(father.id))
        view.crowd.naming.setText("Henry")
        view.crowd.naming.returnPressed.emit()
        await until(lambda: any(one.name == "Henry" for one in view.crowd.people), 20)
        window.show_query('person:"Henry" type:photo')
        listing = await ops.ask(library.listing, 'person:"Henry"')
        assert listing is not None
        cells = await ops.ask(library.cells, list(listing.ids))
        group = next(cell.id for cell in cells or () if cell.name == GROUP)
        window.open_asset([group], 0, "", None)
        viewer = window.view("viewer")
        assert isinstance(viewer, ViewerView)
        await until(lambda: viewer.subject is not None and viewer.stage is not None, 20)
        assert viewer.subject is not None
        names = [mark.text for marks in viewer.subject.marks.values() for mark in marks if mark.text]
        assert names.count("Henry") == 1
        assert [one.name for one in viewer.subject.senses.people][:1] == ["Henry"]
        assert window.commands is not None
        window.commands.undo()
        await until(lambda: any("ndo" in text for text in window.toasts.texts()), 20)
        await until(lambda: not any(one.name for one in viewer.subject.senses.faces.values()), 20)  # type: ignore[union-attr]

    async def live() -> None:
        library = await asyncio.to_thread(Library.open, tmp_path / "library")
        off = tuple(analyzer.name for analyzer in ANALYZERS if analyzer.name not in NEEDED)
        await asyncio.to_thread(library.set, "analyzers.off", off)
        await asyncio.to_thread(lambda: list(library.add(files, watch=False)))
        assert await asyncio.to_thread(library.wait_idle, 120)
        await asyncio.to_thread(lambda: list(library.people.refresh()))
        window = Window(look, State(tmp_path / "window.ini"))
        ops, bridge = Operations(library), Bridge(library.subscribe)
        window.show()
        window.attach(ops, bridge)
        try:
            await story(window, ops, library)
        finally:
            bridge.close()
            window.release()
            await ops.close()
            window.close()
            await asyncio.to_thread(library.close)
        window.deleteLater()
        await asyncio.sleep(0)

    loop.run_until_complete(live())
