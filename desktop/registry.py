"""The views of the window: THE list, from which navigation, menus and the tests follow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.language import mark

if TYPE_CHECKING:
    from desktop.views.base import View


@dataclass(frozen=True, slots=True)
class Entry:
    """One view before it is built; `load` imports its class when it is shown for the first time."""

    id: str
    title: str
    icon: str
    shortcut: str
    load: "Callable[[], type[View]]"
    place: str = "top"  # of the navigation: top, bottom, or "" for a view without a button


def _library() -> "type[View]":
    from desktop.views.library import LibraryView

    return LibraryView


def _people() -> "type[View]":
    from desktop.views.people import PeopleView

    return PeopleView


def _map() -> "type[View]":
    from desktop.views.map import MapView

    return MapView


def _duplicates() -> "type[View]":
    from desktop.views.duplicates import DuplicatesView

    return DuplicatesView


def _jobs() -> "type[View]":
    from desktop.views.jobs import JobsView

    return JobsView


def _hosts() -> "type[View]":
    from desktop.views.hosts import HostsView

    return HostsView


def _packs() -> "type[View]":
    from desktop.views.packs import PacksView

    return PacksView


def _health() -> "type[View]":
    from desktop.views.health import HealthView

    return HealthView


def _settings() -> "type[View]":
    from desktop.views.settings import SettingsView

    return SettingsView


def _viewer() -> "type[View]":
    from desktop.views.viewer import ViewerView

    return ViewerView


def _compare() -> "type[View]":
    from desktop.views.compare import CompareView

    return CompareView


def _welcome() -> "type[View]":
    from desktop.views.welcome import WelcomeView

    return WelcomeView


VIEWS: tuple[Entry, ...] = (
    Entry("library", mark("Library"), "library", "Ctrl+1", _library),
    Entry("people", mark("People"), "people", "Ctrl+2", _people),
    Entry("map", mark("Places"), "map", "Ctrl+M", _map),
    Entry("duplicates", mark("Duplicates"), "duplicates", "Ctrl+3", _duplicates),
    Entry("jobs", mark("Work"), "jobs", "Ctrl+4", _jobs),
    Entry("hosts", mark("Hosts"), "hosts", "Ctrl+6", _hosts),
    Entry("packs", mark("Packs"), "packs", "Ctrl+5", _packs, place="bottom"),
    Entry("health", mark("Health"), "health", "Ctrl+9", _health, place="bottom"),
    Entry("settings", mark("Settings"), "settings", "Ctrl+,", _settings, place="bottom"),
    Entry("viewer", mark("Viewer"), "photo", "", _viewer, place=""),
    Entry("compare", mark("Compare"), "compare", "", _compare, place=""),
    Entry("welcome", mark("Welcome"), "kinora", "", _welcome, place=""),
)
