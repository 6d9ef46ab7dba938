"""The filters inside the text of a query, so that they can be shown and taken out; the engine alone interprets them."""

import re
from dataclasses import dataclass

from engine.language import mark, tr
from engine.model import Area, Box, Moment

KEYS = (
    "type",
    "in",
    "before",
    "after",
    "year",
    "place",
    "camera",
    "has",
    "lang",
    "safe",
    "rating",
    "dup",
    "tag",
    "is",
    "album",
    "person",
    "pet",
    "with",
    "said",
    "text",
    "shows",
    "pose",
    "sound",
    "like",
    "near",
    "logo",
    "area",
    "sort",
)

MEANT = frozenset({"said", "text", "shows", "pose", "sound", "like", "logo"})  # parts that find moments and rank them

NAMES = {
    "type": mark("Type"),
    "in": mark("Folder"),
    "before": mark("Before"),
    "after": mark("After"),
    "year": mark("Year"),
    "place": mark("Place"),
    "camera": mark("Camera"),
    "has": mark("Has"),
    "lang": mark("Language"),
    "safe": mark("Safety"),
    "rating": mark("Rating"),
    "dup": mark("Duplicates"),
    "tag": mark("Tag"),
    "is": mark("Is"),
    "album": mark("Album"),
    "person": mark("Person"),
    "pet": mark("Pet"),
    "with": mark("With"),
    "said": mark("Said"),
    "text": mark("Text"),
    "shows": mark("Shows"),
    "pose": mark("Posture"),
    "sound": mark("Sound"),
    "like": mark("Like"),
    "near": mark("Near"),
    "logo": mark("Logo"),
    "area": mark("Area"),
    "sort": mark("Order"),
}

_TOKEN = re.compile(r'-?(?:(?P<key>[a-z]+):(?:"[^"]*"?|[^\s"])*|"[^"]*"?|\S+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filter:
    """One `key:value` of a query with its place in the text."""

    key: str
    value: str
    negated: bool
    start: int
    end: int

    @property
    def shown(self) -> str:
        """`Type: photo`, `not Place: Rome`."""
        named = f"{tr(NAMES[self.key])}: {self._value}"
        return tr("not {filter}", filter=named) if self.negated else named

    @property
    def drawn(self) -> bool:
        """Whether it is a posture that was drawn."""
        return self.key == "pose" and self.value.startswith("[")

    @property
    def _value(self) -> str:
        """Of a file its name, of an asset what it is."""
        if self.key == "area":
            return tr("a part of the map")
        if self.key not in ("like", "pose"):
            return self.value
        if self.value.startswith("#"):
            examples = self.value.split(",")
            return ", ".join(_example(one, somebody=self.key == "pose") for one in examples if one.startswith("#"))
        if self.drawn:
            return tr("a drawn posture")
        return self.value.replace("\\", "/").rsplit("/", 1)[-1] if self.key == "like" else self.value


def filters(text: str) -> tuple[Filter, ...]:
    """The complete filters of a query."""
    found = []
    for token in _TOKEN.finditer(text):
        key = (token["key"] or "").lower()
        if key not in KEYS:
            continue
        whole = token.group()
        value = whole.split(":", 1)[1].replace('"', "")
        if value:
            found.append(Filter(key, value, whole.startswith("-"), token.start(), token.end()))
    return tuple(found)


def words(text: str) -> str:
    """The query without its filters."""
    kept = text
    for one in reversed(filters(text)):
        kept = kept[: one.start] + kept[one.end :]
    return " ".join(part for part in kept.split() if part.upper() != "OR")


def ranks(text: str) -> bool:
    """Whether a query finds moments and puts them in order: words, or parts that are meant so."""
    return bool(words(text)) or any(one.key in MEANT and not one.negated for one in filters(text))


def like(asset: int, moment: Moment | None = None) -> str:
    """The query for what is like an asset, or like a second, a page or a part of it."""
    return f"like:{_place(asset, moment or Moment())}"


def posture(asset: int, moment: Moment) -> str:
    """The query for everybody in the posture of the body at a place."""
    return f"pose:{_place(asset, moment)}"


def posture_of(text: str) -> str:
    """The drawn posture in a query, if there is one."""
    return next((one.value for one in filters(text) if one.drawn and not one.negated), "")


def drawn(text: str, posture: str) -> str:
    """The query with a drawn posture in place of the one that it had, or added."""
    for one in reversed(filters(text)):
        if one.drawn and not one.negated:
            text = without(text, one)
    return f"{text.strip()} pose:{posture}".strip()


def _place(asset: int, moment: Moment) -> str:
    at = ""
    if moment.start is not None:
        at = f"@{moment.start:.2f}"
    elif moment.page is not None:
        at = f"@p{moment.page}"
    return f"#{asset}{at}{'' if moment.box is None else _part(moment.box)}"


def _part(box: Box) -> str:
    return "[" + ";".join(f"{min(1.0, max(0.0, edge)):.3f}" for edge in (box.x, box.y, box.w, box.h)) + "]"


def _example(value: str, *, somebody: bool = False) -> str:
    """`#12@3.5[...]` in words."""
    place, _, box = value[1:].partition("[")
    asset, _, at = place.partition("@")
    if at.startswith("p"):
        where = tr("page {page} of file {asset}", page=at[1:], asset=asset)
    else:
        where = tr("a moment of file {asset}", asset=asset) if at else tr("file {asset}", asset=asset)
    if not box:
        return where
    return tr("somebody in {where}", where=where) if somebody else tr("a part of {where}", where=where)


def within(text: str, area: Area) -> str:
    """The query for what lies in a rectangle of the earth, in place of another one that it had."""
    for one in reversed(filters(text)):
        if one.key == "area" and not one.negated:
            text = without(text, one)
    edges = ",".join(f"{edge:.5f}" for edge in _padded(area))
    return f"{text.strip()} area:{edges}".strip()


def _padded(area: Area) -> tuple[float, float, float, float]:
    """The edges moved out by what their spelling may cut off."""
    least = 1e-5
    west, east = max(-180.0, area.west - least), min(180.0, area.east + least)
    return max(-90.0, area.south - least), west, min(90.0, area.north + least), east


def liked(text: str, asset: int, *, less: bool = False) -> str:
    """The query with an asset as one more example, or as one of what must not be like it (`less`); never both."""
    example = f"#{asset}"
    for one in reversed([one for one in filters(text) if one.key == "like" and example in one.value.split(",")]):
        if one.negated == less:
            return text
        rest = [value for value in one.value.split(",") if value != example]
        text = without(text, one)
        if rest:
            text = f"{text} {'-' if one.negated else ''}like:{','.join(rest)}".strip()
    same = next((one for one in filters(text) if one.key == "like" and one.negated == less), None)
    if same is not None and " " not in same.value:
        return f"{text[: same.end]},{example}{text[same.end :]}"
    return f"{text.strip()} {'-' if less else ''}like:{example}".strip()


def phrase(text: str) -> str:
    """The query for words that stand somewhere just so."""
    return '"' + " ".join(re.sub(r'["“”„«»]', " ", text).split()) + '"'


def with_example(text: str, example: str) -> str:
    """The query with an example (`like:...`) in place of the one that it had."""
    for one in reversed(filters(text)):
        if one.key == "like" and not one.negated:
            text = without(text, one)
    return f"{text.strip()} {example}".strip()


def like_path(path: str) -> str:
    """The query for what is like a picture somewhere on the disk."""
    return f'like:"{path}"'


def without(text: str, one: Filter) -> str:
    """The query with a filter taken out."""
    return " ".join((text[: one.start] + text[one.end :]).split())


def toggled(text: str, key: str, value: str) -> str:
    """The query with the filter added, put in place of another of its key, or taken out when it was there."""
    same = [one for one in filters(text) if one.key == key and not one.negated]
    for one in same:
        if one.value.lower() == value.lower():
            return without(text, one)
    for one in reversed(same):
        text = without(text, one)
    spelled = f'{key}:"{value}"' if re.search(r"\s", value) else f"{key}:{value}"
    return f"{text.strip()} {spelled}".strip()


def order_of(text: str, sort: str) -> str:
    """The order that is of use for a query: that of an album only where one is asked for."""
    return "taken" if sort == "album" and not album_of(text) else sort


def only_album(text: str) -> bool:
    """Whether a query asks for one album and for nothing else but an order."""
    return bool(album_of(text)) and not words(text) and {one.key for one in filters(text)} <= {"album", "sort"}


def album_of(text: str) -> str:
    """The one album filter of a query, as its value is typed; nothing where there is none or several."""
    found = [one.value for one in filters(text) if one.key == "album" and not one.negated]
    return found[0] if len(found) == 1 else ""
