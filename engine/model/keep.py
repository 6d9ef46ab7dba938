"""What a person keeps and sorts: albums, where tags come from, what several assets have in common, an edit of many."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlbumRow:
    """An album, or a saved search, which is an album that fills itself."""

    id: int  # of the album, or of the saved search
    name: str
    count: int  # assets that are shown; -1 where it was not counted (`library.albums.count`)
    cover: int | None  # the asset that stands for it
    query: str  # the search that shows it
    sort: str  # the order that goes with it: "album" is its own
    smart: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a word about an asset comes from: who said it or which model, when, and how sure."""

    name: str
    sort: str  # tag, label, object, sound
    by: str  # you, file, or the name of an analyzer
    version: int | None = None  # of the analyzer
    title: str = ""  # of the analyzer, for people
    packs: tuple[str, ...] = ()  # id@version of the models it used
    models: tuple[str, ...] = ()  # their titles
    at: float | None = None  # unix seconds; None where it is not known
    score: float | None = None  # 0..1; a person is not asked how sure


@dataclass(frozen=True, slots=True)
class Common:
    """What some assets have in common; the numbers say of how many of them something is true."""

    count: int
    rating: int | None = None  # the stars of all, 0 for none; None when they differ
    favourites: int = 0
    notes: int = 0
    stacked: int = 0
    tags: tuple[tuple[str, int], ...] = ()  # those that the user gave, by name
    albums: tuple[tuple[int, str, int], ...] = ()  # id, name, how many


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of several assets at once; what is None or empty stays as it is."""

    rating: int | None = None  # 0 takes the stars away
    favourite: bool | None = None
    tags: tuple[str, ...] = ()  # given
    untags: tuple[str, ...] = ()  # taken away
    note: str = ""  # appended to the notes that there are
    album: str = ""  # the name of an album that takes them in; one that is not there is made

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return self == Edit()
