"""What the commands about people do: they show the people and go on there."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.views.people import PeopleView
    from desktop.window import Window


class Peopling:
    """Commands on the people view."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    def rename(self) -> None:
        """Type a name for the current person."""
        self._shown().rename()

    def merge(self) -> None:
        """Merge the selected people."""
        self._shown().merge()

    def files(self) -> None:
        """Show the files of the current person in the library."""
        self._shown().show_files()

    def hide(self) -> None:
        """Hide the selected people, or show them again."""
        self._shown().hide_chosen()

    def pet(self) -> None:
        """The selected people are pets, or are none."""
        self._shown().pet_chosen()

    def strangers(self) -> None:
        """Show the faces of nobody."""
        self._shown().open_strangers()

    def group(self) -> None:
        """Put faces into groups again."""
        self._shown().group_again()

    def import_names(self) -> None:
        """Take over the names that other programs wrote beside the files."""
        self._shown().deeds.import_names()

    def export(self) -> None:
        """Write down what is known of people."""
        self._shown().export()

    def erase(self) -> None:
        """Erase the current person after a question."""
        self._shown().erase()

    def erase_all(self) -> None:
        """Erase everybody after a question."""
        self._shown().deeds.erase_all()

    def _shown(self) -> "PeopleView":
        from desktop.views.people import PeopleView

        self._window.show_view("people")
        view = self._window.view("people")
        assert isinstance(view, PeopleView)
        return view
