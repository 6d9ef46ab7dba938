"""A small question for a name."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QLineEdit, QWidget

from engine.language import tr


def ask_name(over: QWidget, title: str, name: str, then: Callable[[str], object]) -> None:
    """Ask for a name with a proposal, and call `then` with it; nothing happens without one."""
    dialog = QInputDialog(over)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(tr("Name"))
    dialog.setTextValue(name)
    dialog.setInputMode(QInputDialog.InputMode.TextInput)
    line = dialog.findChild(QLineEdit)
    if line is not None:
        line.selectAll()

    def given(text: str) -> None:
        wanted = text.strip() or name
        if wanted:
            then(wanted)

    dialog.textValueSelected.connect(given)
    dialog.open()
