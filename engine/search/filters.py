"""The filters of the search box: their names, what they take, and the condition that each one is."""

import re
from calendar import timegm
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from engine.language import mark, tr
from engine.packs import drawn
from engine.search.near import Unclear, area, near
from engine.store.fold import fold
from engine.store.plan import AllOf, AnyOf, Between, Condition, Is, Together

__all__ = ["EXAMPLE", "SORTS", "SPECS", "Spec", "Unclear", "condition", "nearest", "spec_of"]


@dataclass(frozen=True, slots=True)
class Spec:
    """One filter. `property` names the values of the library that it completes with.

    `scope`: it looks for words, of this sort alone. `weighed`: a weight may stand behind it. `whole`: it reads its
    values together, and not as alternatives.
    """

    name: str
    help: str
    example: str
    read: Callable[[str], Condition]
    choices: tuple[str, ...] = ()
    property: str = ""
    scope: str = ""
    weighed: bool = False
    whole: Callable[[tuple[str, ...]], Condition] | None = None


def _choice(name: str, property_name: str, meanings: Mapping[str, tuple[str | int, ...]]) -> Callable[[str], Condition]:
    def read(value: str) -> Condition:
        found = meanings.get(value.lower())
        if found is None:
            raise _unknown(name, value, meanings)
        return Is(property_name, found)

    return read


def _unknown(name: str, value: str, known: Mapping[str, object]) -> Unclear:
    near = get_close_matches(value.lower(), list(known), n=1, cutoff=0.6)
    guess = " " + tr("Did you mean {guess}?", guess=f"{name}:{near[0]}") if near else ""
    return Unclear(
        tr("{name}: does not know “{value}”.{guess}", name=name, value=value, guess=guess), near[0] if near else ""
    )


def _words(name: str, property_name: str) -> Callable[[str], Condition]:
    def read(value: str) -> Condition:
        if not fold(value):
            raise Unclear(
                tr("{name}: needs a word, and there is no letter or digit in “{value}”.", name=name, value=value)
            )
        return Is(property_name, (value,))

    return read


_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_NUMBERS = re.compile(r"(?P<sign>>=|<=|=|>|<)?(?P<one>\d+)|(?P<low>\d*)(?:\.\.|-)(?P<high>\d*)")


def _day(name: str, value: str) -> float:
    """The second, by the wall clock, when the named year, month or day begins."""
    unclear = Unclear(
        tr("{name}: needs a date such as 2020, 2020-05 or 2020-05-03; “{value}” is none.", name=name, value=value)
    )
    match = _DATE.fullmatch(value)
    if match is None:
        raise unclear
    try:
        return float(timegm(date(int(match[1]), int(match[2] or 1), int(match[3] or 1)).timetuple()))
    except ValueError:
        raise unclear from None


def _before(value: str) -> Condition:
    return Between("moment_at", None, _day("before", value))


def _after(value: str) -> Condition:
    return Between("moment_at", _day("after", value), None)


def _numbers(name: str, value: str, example: str) -> tuple[int | None, int | None]:
    """Read `4`, `>=3`, `2019..2021`, `2019..` as low and high, high excluded."""
    match = _NUMBERS.fullmatch(value)
    if match is None or (match["one"] is None and not match["low"] and not match["high"]) or len(value) > 20:
        raise Unclear(
            tr(
                "{name}: needs a number or a range such as {example}; “{value}” is neither.",
                name=name,
                example=example,
                value=value,
            )
        )
    if match["one"] is None:
        return int(match["low"]) if match["low"] else None, int(match["high"]) + 1 if match["high"] else None
    number, sign = int(match["one"]), match["sign"] or "="
    low = {"=": number, ">=": number, ">": number + 1}.get(sign)
    high = {"=": number + 1, "<=": number + 1, "<": number}.get(sign)
    return low, high


def _year(value: str) -> Condition:
    return Between("year", *_numbers("year", value, "2019..2021"))


def _rating(value: str) -> Condition:
    if value.lower() == "none":
        return Is("rating", (None,))
    low, high = _numbers("rating", value, ">=3 or 4..5")
    if (low or 0) > 5 or (low is not None and high is not None and low >= high):
        raise Unclear(tr("rating: goes from 0 to 5; nothing can have “{value}”.", value=value))
    if (low, high) == (0, 1):
        return Is("rating", (None,))
    return Between("rating", low, high)


LANGUAGES: Mapping[str, str] = {
    "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "croatian": "hr",
    "czech": "cs",
    "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi", "french": "fr", "german": "de",
    "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is", "indonesian": "id",
    "irish": "ga", "italian": "it", "japanese": "ja", "korean": "ko", "latin": "la", "latvian": "lv",
    "lithuanian": "lt",
    "malay": "ms", "norwegian": "no", "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro",
    "russian": "ru", "serbian": "sr", "slovak": "sk", "slovenian": "sl", "spanish": "es", "swedish": "sv",
    "tamil": "ta",
    "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip


def _language(value: str) -> Condition:
    word = value.lower()
    if word in LANGUAGES:
        return Is("language", (LANGUAGES[word],))
    if re.fullmatch(r"[a-z]{2,3}", word):
        return Is("language", (word,))
    raise _unknown("lang", value, LANGUAGES)


TYPES: Mapping[str, tuple[str, ...]] = {
    "photo": ("photo",), "video": ("video",), "audio": ("audio",), "document": ("document",), "other": ("other",),
    "photos": ("photo",), "picture": ("photo",), "pictures": ("photo",), "image": ("photo",), "images": ("photo",),
    "videos": ("video",), "film": ("video",), "films": ("video",), "movie": ("video",), "movies": ("video",),
    "sound": ("audio",), "music": ("audio",), "recording": ("audio",), "documents": ("document",), "doc": ("document",),
    "docs": ("document",), "text": ("document",),
}  # fmt: skip
SAFETY: Mapping[str, tuple[str, ...]] = {
    "safe": ("safe",), "suggestive": ("suggestive",), "explicit": ("explicit",), "unknown": ("",), "yes": ("safe",),
    "no": ("suggestive", "explicit"),
}  # fmt: skip
TWINS: Mapping[str, tuple[int, ...]] = {"exact": (1,), "near": (2,), "any": (3,)}
HAS: Mapping[str, tuple[str, ...]] = {
    "text": ("text",), "speech": ("speech",), "faces": ("faces",), "gps": ("gps",), "face": ("faces",),
    "voice": ("speech",),
    "location": ("gps",), "place": ("gps",), "note": ("note",), "notes": ("note",),
}  # fmt: skip
_MOMENTS = mark(
    "#12, #12@3.5 (asset and second), #12@p2 (page) or #12[0.1;0.2;0.5;0.5] (a part: left, top, width, height)"
)
STATES: Mapping[str, tuple[str, ...]] = {
    "offline": ("offline",), "failed": ("failed",), "waiting": ("waiting",), "favourite": ("favourite",),
    "favorite": ("favourite",), "favourites": ("favourite",), "favorites": ("favourite",), "stacked": ("stacked",),
    "stack": ("stacked",),
}  # fmt: skip

# An asset, its second or page, a part of it: #12, #12@3.5, #12@p2, #12[0.1;0.2;0.5;0.5].
EXAMPLE = re.compile(r"#(\d{1,15})(?:@(?:p(\d{1,9})|(\d+(?:\.\d+)?)))?(?:\[((?:[01]?\.?\d*;){3}[01]?\.?\d*)\])?")
SORTS = ("relevance", "date", "taken", "added", "name", "size", "rating", "quality", "album")


def _sense(name: str, help_text: str, example: str, property_name: str = "") -> Spec:
    """A filter that looks for words of one sort."""
    return Spec(name, help_text, example, _words(name, name), property=property_name, scope=name, weighed=True)


def _example(value: str) -> Condition:
    if value.startswith("#") and not EXAMPLE.fullmatch(value):
        raise Unclear(
            tr("like: takes a file, {moments}; “{value}” is none of them.", moments=tr(_MOMENTS), value=value)
        )
    return AnyOf(())


def _posture(value: str) -> Condition:
    if value.startswith("#"):
        if not EXAMPLE.fullmatch(value):
            raise Unclear(
                tr("pose: takes a posture, {moments}; “{value}” is none of them.", moments=tr(_MOMENTS), value=value)
            )
        return AnyOf(())
    if value.startswith(drawn.OPEN):
        try:
            drawn.read(value)
        except ValueError as error:
            raise Unclear(tr("pose: {error}.", error=error)) from error
        return AnyOf(())
    return _words("pose", "pose")(value)


def _order(value: str) -> Condition:
    if value.lower() not in SORTS:
        raise _unknown("sort", value, dict.fromkeys(SORTS))
    return AllOf(())


def _together(values: tuple[str, ...]) -> Condition:
    for value in values:
        _words("with", "person")(value)
    return Together(tuple((value,) for value in values))


SPECS: tuple[Spec, ...] = (
    Spec(
        "type",
        mark("photo, video, audio or document"),
        "type:photo",
        _choice("type", "kind", TYPES),
        ("photo", "video", "audio", "document", "other"),
    ),
    Spec("in", mark("a folder, with all below it"), "in:Holidays", _words("in", "folder"), property="folder"),
    Spec("before", mark("earlier than a day, month or year begins"), "before:2020-05", _before, property="year"),
    Spec("after", mark("from the beginning of a day, month or year on"), "after:2020-05", _after, property="year"),
    Spec("year", mark("taken in a year or years"), "year:2019..2021", _year, property="year"),
    Spec("place", mark("taken at a place"), "place:Paris", _words("place", "place"), property="place"),
    Spec("camera", mark("taken with a camera"), "camera:Nikon", _words("camera", "camera"), property="camera"),
    Spec(
        "has",
        mark("what was found in it"),
        "has:text",
        _choice("has", "has", HAS),
        ("text", "speech", "faces", "gps", "note"),
    ),
    Spec("lang", mark("language of its text"), "lang:de", _language, property="language"),
    Spec(
        "safe",
        mark("how safe it is to show"),
        "safe:safe",
        _choice("safe", "safety", SAFETY),
        ("safe", "suggestive", "explicit", "unknown"),
    ),
    Spec("rating", "stars", "rating:>=3", _rating, ("5", ">=4", ">=3", "4..5", "none")),
    Spec(
        "dup",
        mark("there is another one like it"),
        "dup:near",
        _choice("dup", "twins", TWINS),
        ("exact", "near", "any"),
    ),
    Spec(
        "tag",
        mark("a tag or keyword; tag:be* is any that begins so"),
        "tag:beach",
        _words("tag", "tag"),
        property="tag",
    ),
    Spec(
        "is",
        mark("how it is"),
        "is:favourite",
        _choice("is", "state", STATES),
        ("favourite", "stacked", "offline", "failed", "waiting"),
    ),
    Spec("album", mark("in an album"), "album:Holidays", _words("album", "album"), property="album"),
    Spec("person", mark("somebody appears in it"), "person:Ann", _words("person", "person"), property="person"),
    Spec("pet", mark("a pet appears in it"), "pet:Rex", _words("pet", "pet"), property="pet"),
    Spec(
        "with",
        mark("all of the named in one picture or at one time"),
        "person:Ann with:Ben",
        _words("with", "person"),
        property="person",
        whole=_together,
    ),
    _sense("said", mark("words that are spoken or in subtitles"), 'said:"good morning"'),
    _sense("text", mark("words that can be read in it"), "text:invoice"),
    _sense("shows", mark("a thing that it shows"), "shows:dog", "shows"),
    Spec(
        "pose",
        mark("how somebody stands or sits, or as in #12 or #12@3.5 (asset and second)"),
        "pose:sitting",
        _posture,
        property="pose",
        scope="pose",
        weighed=True,
    ),
    _sense("sound", mark("what is heard"), "sound:applause", "sound"),
    Spec("logo", mark("a logo that was taught"), "logo:Kinora", _words("logo", "logo"), property="logo", weighed=True),
    Spec(
        "like", mark("looks like a file, or like #12 or #12@3.5 (asset and second)"), "like:#12", _example, weighed=True
    ),
    Spec(
        "near",
        mark("about a place or a date: near:Rome near:41.9,12.5,10 near:2020-05-03,7"),
        "near:Rome",
        _words("near", "place"),
        property="place",
        whole=near,
    ),
    Spec(
        "area",
        mark("taken in a rectangle: south,west,north,east"),
        "area:41.6,12.2,42.1,12.8",
        _words("area", "place"),
        whole=area,
    ),
    Spec("sort", mark("the order of the answer"), "sort:date", _order, SORTS),
)
BY_NAME: Mapping[str, Spec] = {spec.name: spec for spec in SPECS}
ALIASES: Mapping[str, str] = {
    "kind": "type",
    "folder": "in",
    "from": "after",
    "since": "after",
    "until": "before",
    "language": "lang",
    "safety": "safe",
    "stars": "rating",
    "duplicate": "dup",
    "duplicates": "dup",
    "keyword": "tag",
    "tags": "tag",
    "city": "place",
    "country": "place",
    "people": "person",
    "who": "person",
    "pets": "pet",
    "says": "said",
    "speech": "said",
    "object": "shows",
    "show": "shows",
    "posture": "pose",
    "sounds": "sound",
    "order": "sort",
    "similar": "like",
    "albums": "album",
}


def spec_of(name: str) -> Spec | None:
    """The filter of that name, whatever its case; also by the other names that people try."""
    word = name.lower()
    return BY_NAME.get(ALIASES.get(word, word))


def nearest(name: str) -> str:
    """The filter that may have been meant by a name that does not exist, or nothing."""
    near = get_close_matches(name.lower(), [*BY_NAME, *ALIASES], n=1, cutoff=0.6)
    return ALIASES.get(near[0], near[0]) if near else ""


def condition(name: str, values: tuple[str, ...]) -> Condition:
    """The condition of a filter with alternatives.

    Raises:
        Unclear: a value that the filter does not take.
    """
    whole = BY_NAME[name].whole
    if whole is not None:
        return whole(values)
    parts = tuple(BY_NAME[name].read(value) for value in values)
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, Is) for part in parts):
        merged = [value for part in parts if isinstance(part, Is) for value in part.values]
        return Is(parts[0].name, tuple(dict.fromkeys(merged)))  # type: ignore[union-attr]
    return AnyOf(parts)
