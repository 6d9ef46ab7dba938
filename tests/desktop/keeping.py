"""Albums, favourites, notes and stacks of a library in memory, for tests of the window."""

from array import array
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import NameTaken, NotFound
from engine.model import AlbumRow, Common, Edit, Listing, Origin

if TYPE_CHECKING:
    from tests.desktop.standin import Standin


class StandinAlbums:
    """Albums with their members in order; the query of each lists them."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.names: dict[int, str] = {}
        self.members: dict[int, list[int]] = {}

    def listing(self) -> list[AlbumRow]:
        return [
            AlbumRow(number, name, len(self.members[number]), next(iter(self.members[number]), None),
                     f'album:"{name}"', "album")
            for number, name in sorted(self.names.items(), key=lambda pair: pair[1].casefold())
        ]  # fmt: skip

    def count(self, query: str) -> int:
        return len(self.library.listing(query).ids)

    def make(self, name: str, ids: Sequence[int] = ()) -> int:
        if name.casefold() in [one.casefold() for one in self.names.values()]:
            raise NameTaken(f"Another album is called “{name}”.")
        number = len(self.names) + 1
        self.names[number], self.members[number] = name, list(ids)
        self._did(("make", name, tuple(ids)), ids)
        return number

    def rename(self, number: int, name: str) -> None:
        self.names[number] = name
        self._did(("rename", number, name))

    def delete(self, number: int) -> None:
        del self.names[number], self.members[number]
        self._did(("delete", number))

    def add(self, number: int, ids: Sequence[int]) -> int:
        new = [one for one in ids if one not in self.members[number]]
        self.members[number] += new
        self._did(("add_to", number, tuple(ids)), ids)
        return len(new)

    def remove(self, number: int, ids: Sequence[int]) -> int:
        gone = [one for one in self.members[number] if one in ids]
        self.members[number] = [one for one in self.members[number] if one not in ids]
        self._did(("take_from", number, tuple(ids)), ids)
        return len(gone)

    def move(self, number: int, ids: Sequence[int], before: int | None) -> int:
        rest = [one for one in self.members[number] if one not in ids]
        at = rest.index(before) if before in rest else len(rest)
        self.members[number] = [*rest[:at], *ids, *rest[at:]]
        self._did(("move", number, tuple(ids), before), ids)
        return len(ids)

    def of(self, query: str) -> list[int] | None:
        """The members that a query of one album lists, None for any other query."""
        return next((self.members[one.id] for one in self.listing() if one.query == query), None)

    def _did(self, call: tuple[Any, ...], ids: Collection[int] = ()) -> None:
        self.library.calls.append(call)
        self.library.done.append(call[0])
        self.library.tell("decisions", "assets", "albums", assets=ids)


class StandinKeep:
    """Favourites, notes and stacks in dictionaries."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.notes: dict[int, str] = {}
        self.stacks: dict[int, list[int]] = {}  # the top first
        self.found: list[Origin] = []

    def favourite(self, ids: Sequence[int], on: bool = True) -> int:
        changed = [one for one in ids if self._is_favourite(one) != on]
        for one in changed:
            self.library.changes.setdefault(one, {})["favourite"] = on
        self._did(("favourite", tuple(ids), on), ids, "albums")
        return len(changed)

    def favourites(self) -> int:
        return sum(self._is_favourite(one) for one in range(1, self.library.count + 1))

    def note(self, number: int, text: str) -> None:
        self.notes[number] = text.strip()
        self._did(("note", number, text), [number])

    def edit(self, ids: Sequence[int], wanted: Edit) -> None:
        for one in ids:
            changes = self.library.changes.setdefault(one, {})
            if wanted.rating is not None:
                changes["rating"] = wanted.rating or None
            if wanted.favourite is not None:
                changes["favourite"] = wanted.favourite
            names = self.library.tag_names.setdefault(one, [])
            names[:] = [*(name for name in names if name not in wanted.untags + wanted.tags), *wanted.tags]
        self._did(("edit", tuple(ids), wanted), ids, "albums")

    def common(self, ids: Sequence[int]) -> Common:
        cells = self.library.cells(ids)
        stars = {cell.rating or 0 for cell in cells}
        names = [name for one in ids for name in self.library.tag_names.get(one, ())]
        return Common(
            len(cells), stars.pop() if len(stars) == 1 else None, sum(cell.favourite for cell in cells),
            sum(bool(self.notes.get(one)) for one in ids), sum(cell.stacked > 1 for cell in cells),
            tuple((name, names.count(name)) for name in sorted(set(names))),
        )  # fmt: skip

    def stack(self, ids: Sequence[int]) -> int:
        if len(ids) < 2:
            raise NotFound("A stack needs two items at least.")
        self.stacks[len(self.stacks) + 1] = list(ids)
        self._restack(("stack", tuple(ids)), ids)
        return len(ids)

    def unstack(self, ids: Sequence[int]) -> int:
        gone = {number: members for number, members in self.stacks.items() if set(members) & set(ids)}
        self.stacks = {number: members for number, members in self.stacks.items() if number not in gone}
        count = sum(len(members) for members in gone.values())
        self._restack(("unstack", tuple(ids)), [one for members in gone.values() for one in members])
        return count

    def take_out(self, ids: Sequence[int]) -> int:
        self._did(("take_out", tuple(ids)), ids)
        return len(ids)

    def lead(self, number: int) -> None:
        for members in self.stacks.values():
            if number in members:
                members.remove(number)
                members.insert(0, number)
        self._did(("lead", number), [number])

    def stack_twins(self) -> int:
        self._did(("stack_twins",))
        return 3

    def members(self, number: int) -> list[int]:
        return next((list(members) for members in self.stacks.values() if number in members), [])

    def origins(self, number: int) -> list[Origin]:
        mine = [Origin(name, "tag", "you", at=1_777_800_000.0) for name in self.library.tag_names.get(number, ())]
        return [*mine, Origin("harbour", "tag", "file"), *self.found]

    def folded(self, found: Listing, opened: Collection[int]) -> Listing:
        """The list with every stack as one, but for the opened ones."""
        shut = [one for number, members in self.stacks.items() if number not in opened for one in members[1:]]
        wide = [one for number in opened for one in self.stacks.get(number, [])[1:]]
        ids = [one for one in found.ids if one not in shut and one not in wide]
        for number in opened:
            members = self.stacks.get(number, [])
            if members and members[0] in ids:
                at = ids.index(members[0]) + 1
                ids[at:at] = members[1:]
        tops = {one: members[0] for members in self.stacks.values() for one in members}
        under = sorted((ids.index(tops[one]), one) for one in shut if one in found.ids and tops[one] in ids)
        return replace(found, ids=array("q", ids), under=array("q", [one for _, one in under]),
                       front=array("q", [row for row, _ in under]))  # fmt: skip

    def _is_favourite(self, number: int) -> bool:
        return bool(self.library.changes.get(number, {}).get("favourite"))

    def _restack(self, call: tuple[Any, ...], ids: Sequence[int]) -> None:
        for one in ids:
            self.library.changes.setdefault(one, {}).update(stack=0, stacked=0)
        for number, members in self.stacks.items():
            for one in members:
                self.library.changes.setdefault(one, {}).update(stack=number, stacked=len(members))
        self._did(call, ids)

    def _did(self, call: tuple[Any, ...], ids: Collection[int] = (), *topics: str) -> None:
        self.library.calls.append(call)
        self.library.done.append(call[0])
        self.library.tell("decisions", "assets", *topics, assets=ids)
