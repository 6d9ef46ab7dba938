"""Why nobody is shown in the people view, and what helps."""

from typing import TYPE_CHECKING

from engine.language import tr

if TYPE_CHECKING:
    from desktop.views.people import PeopleView

SETTING = "people.biometrics"
NEEDED = ("face-detection", "face-embedding")


async def say(view: "PeopleView") -> None:
    """Say on the empty page what is missing."""
    settings = await view.ops.ask(view.ops.library.settings)
    tasks = await view.ops.ask(view.ops.library.packs.tasks)
    empty = view.crowd.empty
    empty.clear()
    if settings is not None and not settings[SETTING]:
        empty.title.setText(tr("People are not recognised"))
        empty.text.setText(tr("“Recognise people” is switched off. No faces or voices are told apart."))
        empty.add(tr("Settings"), lambda: view.command.emit("view.settings"), "primary")
    elif any(not task.pack for task in tasks or () if task.task in NEEDED):
        empty.title.setText(tr("A pack is needed to find faces"))
        empty.text.setText(tr("Install one, and Kinora looks for people in everything that is in the library."))
        empty.add(tr("Packs"), lambda: view.command.emit("view.packs"), "primary")
    else:
        empty.title.setText(tr("Nobody yet"))
        empty.text.setText(tr("People appear here as faces and voices are found in your files."))
