"""Ask where a file for other programs goes: a name, a form, and a question before something is written over."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.language import mark

SPOKEN = (
    ("srt", mark("Subtitles (*.srt)")), ("vtt", mark("Subtitles for the web (*.vtt)")), ("txt", mark("Text (*.txt)")),
    ("json", mark("JSON with words and speakers (*.json)")),
)  # fmt: skip
LISTS = (
    ("edl", mark("Edit decision list (*.edl)")), ("fcpxml", mark("Final Cut Pro XML (*.fcpxml)")),
    ("csv", mark("Table (*.csv)")),
)  # fmt: skip

Forms = Sequence[tuple[str, str]]  # the ending, and the filter's name with it


def ask_target(parent: QWidget, title: str, name: str, forms: Forms, then: Callable[[Path], object]) -> QFileDialog:
    """Open a dialog for a new file; `then` hears the path, which ends as the chosen form does."""
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setNameFilters([title_ for _, title_ in forms])
    dialog.setDefaultSuffix(forms[0][0])
    dialog.selectFile(f"{name}.{forms[0][0]}")
    endings = {title_: ending for ending, title_ in forms}
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(endings.get(chosen, forms[0][0])))
    dialog.fileSelected.connect(
        lambda path: then(with_ending(Path(path), endings.get(dialog.selectedNameFilter()), forms))
    )
    dialog.open()
    return dialog


def with_ending(path: Path, chosen: str | None, forms: Forms) -> Path:
    """The path with the ending of the chosen form, unless it has that of another one already."""
    known = {ending for ending, _ in forms}
    if path.suffix.lstrip(".").lower() in known:
        return path
    return path.with_name(f"{path.name}.{chosen or forms[0][0]}")
