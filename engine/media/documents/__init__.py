"""Documents: their words by page, with places where the format has them."""

from collections.abc import Callable

from engine.media.documents.base import DocumentReader
from engine.media.formats import Format
from engine.media.limits import Limits


def document_reader(path: bytes, format: Format, limits: Limits) -> DocumentReader:
    """Return the reader for a document of this format."""
    return _READERS[format.code]()(path, format, limits)


def _pdf() -> type[DocumentReader]:
    from engine.media.documents.pdf import PdfReader

    return PdfReader


def _text() -> type[DocumentReader]:
    from engine.media.documents.text import TextReader

    return TextReader


def _rtf() -> type[DocumentReader]:
    from engine.media.documents.rtf import RtfReader

    return RtfReader


def _html() -> type[DocumentReader]:
    from engine.media.documents.html import HtmlReader

    return HtmlReader


def _word() -> type[DocumentReader]:
    from engine.media.documents.office import WordReader

    return WordReader


def _slides() -> type[DocumentReader]:
    from engine.media.documents.office import SlidesReader

    return SlidesReader


def _table() -> type[DocumentReader]:
    from engine.media.documents.sheets import TableReader

    return TableReader


def _open_document() -> type[DocumentReader]:
    from engine.media.documents.opendocument import OpenDocumentReader

    return OpenDocumentReader


def _book() -> type[DocumentReader]:
    from engine.media.documents.epub import BookReader

    return BookReader


def _mail() -> type[DocumentReader]:
    from engine.media.documents.mail import MailReader

    return MailReader


def _subtitles() -> type[DocumentReader]:
    from engine.media.documents.subtitles import SubtitleReader

    return SubtitleReader


_READERS: dict[str, Callable[[], type[DocumentReader]]] = {
    "pdf": _pdf,
    "text": _text,
    "rtf": _rtf,
    "html": _html,
    "docx": _word,
    "pptx": _slides,
    "xlsx": _table,
    "odf": _open_document,
    "epub": _book,
    "mail": _mail,
    "subtitles": _subtitles,
}
