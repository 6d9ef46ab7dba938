"""What is known of an asset, in words: label and value pairs."""

from PySide6.QtCore import QLocale

from desktop.look import vocabulary, words
from desktop.views.parts.subject import Subject
from engine.language import digits, mark, tr, trn
from engine.model import AssetRow, Kind

KINDS = {
    Kind.PHOTO: mark("Photo"),
    Kind.VIDEO: mark("Film"),
    Kind.AUDIO: mark("Recording"),
    Kind.DOCUMENT: mark("Document"),
    Kind.OTHER: mark("File"),
}
STATES = {"present": "", "missing": mark("Not there any more"), "offline": mark("On a drive that is not connected")}
MOST_EXTRA = 24
LONGEST = 400  # characters of one value


def pixels(width: int | None, height: int | None) -> str:
    """`4032 x 3024 · 12.2 Mpx`; empty when it is not known."""
    if not width or not height:
        return ""
    size = f"{width} {words.TIMES} {height}"
    if width * height < 1e6:
        return size
    return tr("{size} · {pixels} Mpx", size=size, pixels=words.decimal(width * height / 1e6))


def summary(row: AssetRow) -> str:
    """One line on an asset for the bar above it."""
    cell, taken = row.cell, row.facts.taken or row.cell.taken
    parts = [
        words.when(taken) if taken else "",
        words.clock(cell.duration) if cell.duration else "",
        trn("{n} page", "{n} pages", cell.pages) if cell.pages else "",
        f"{cell.width} {words.TIMES} {cell.height}" if cell.width and cell.height else "",
        words.size(row.size),
        row.format,
    ]
    return " · ".join(part for part in parts if part)


def facts(subject: Subject) -> list[tuple[str, str]]:
    """Every fact that is known, in the order in which it is read."""
    row, known = subject.row, subject.row.facts
    cell = row.cell
    position = (
        f"{known.latitude:.5f}, {known.longitude:.5f}"
        if known.latitude is not None and known.longitude is not None
        else ""
    )
    rows = [
        (tr("Kind"), tr(KINDS[cell.kind])),
        (tr("Title"), known.title),
        (tr("Description"), known.description),
        (
            tr("Date") if cell.kind in (Kind.DOCUMENT, Kind.AUDIO) else tr("Taken"),
            words.when(known.taken) if known.taken else "",
        ),
        (tr("Place"), known.place),
        (tr("Position"), position),
        (tr("Altitude"), f"{known.altitude:.0f} m" if known.altitude is not None else ""),
        (tr("Camera"), known.camera),
        (tr("Lens"), known.lens),
        (tr("Creator"), known.creator),
        (tr("Album"), known.album),
        (tr("Pixels"), pixels(cell.width, cell.height)),
        (tr("Length"), words.clock(cell.duration) if cell.duration else ""),
        (tr("Frames"), _frames(subject)),
        (tr("Pages"), digits(cell.pages) if cell.pages else ""),
        (tr("Language"), ", ".join(_language(code) for code in subject.languages)),
        (tr("Safety"), vocabulary.named(cell.safety) if cell.safety else ""),
        (tr("Format"), row.format),
        (tr("Size"), words.size(row.size)),
        (tr("Added"), words.when(row.added)),
        *((name, words.share(score)) for name, score in _named(subject.qualities)),
        *_extra(row),
    ]
    return [(name, value[:LONGEST]) for name, value in rows if value]


def _language(code: str) -> str:
    locale = QLocale(code)
    known = locale.language() not in (QLocale.Language.C, QLocale.Language.AnyLanguage)
    return locale.nativeLanguageName() if known else code


def _frames(subject: Subject) -> str:
    known = subject.row.facts
    rate = tr("{fps} a second", fps=words.decimal(known.fps, 2).rstrip("0").rstrip(".,")) if known.fps else ""
    count = trn("{n} frame", "{n} frames", known.frames) if known.frames else ""
    return ", ".join(part for part in (count, rate) if part)


def _named(qualities: tuple[tuple[str, float], ...]) -> list[tuple[str, float]]:
    return [(vocabulary.named(name), score) for name, score in qualities]


def _extra(row: AssetRow) -> list[tuple[str, str]]:
    found = []
    for name, value in list(row.facts.extra.items())[:MOST_EXTRA]:
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            found.append((str(name).replace("_", " ").capitalize(), str(value)))
    return found
