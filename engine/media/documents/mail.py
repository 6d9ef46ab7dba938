"""Read e-mail: who, when, what about, and the words; attachments are named only."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from engine.language import tr
from engine.media.documents.base import DocumentReader, Text
from engine.media.documents.html import read_html
from engine.media.documents.text import decoded, paragraphs
from engine.media.exif import clean
from engine.media.files import opened
from engine.media.parts import Block
from engine.media.reading import reading
from engine.model import Facts

_MOST = 64 << 20  # bytes of a message with its attachments
_MOST_PARTS = 200


class MailReader(DocumentReader):
    """Reads one message."""

    def load(self) -> Text:
        """Read heads, body and the names of attachments."""
        with opened(self.path) as stream:
            data = stream.read(_MOST)
        with reading(tr("e-mail"), MessageError):
            message = BytesParser(policy=policy.default).parsebytes(data)
            facts = _facts(message)
            return Text(self.paged(_blocks(message)), facts)


def _facts(message: EmailMessage) -> Facts:
    taken = None
    try:
        taken = parsedate_to_datetime(_head(message, "date")).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        taken = None
    return Facts(
        title=_head(message, "subject")[:500],
        creator=_head(message, "from")[:500],
        taken=taken,
        taken_from="e-mail Date" if taken else "",
        extra={"to": _head(message, "to")[:2000]} if _head(message, "to") else {},
    )


def _head(message: EmailMessage, name: str) -> str:
    try:
        value = str(message.get(name, ""))
    except (ValueError, LookupError, TypeError, AttributeError, MessageError):
        value = next((str(raw) for key, raw in message.raw_items() if key.lower() == name), "")
    return " ".join(clean(value.encode("utf-8", "replace").decode()).split())


def _blocks(message: EmailMessage) -> Iterator[Block]:
    for name, words in (("subject", "Subject"), ("from", "From"), ("to", "To"), ("cc", "Cc"), ("date", "Date")):
        value = _head(message, name)
        if value:
            yield Block(f"{words}: {value}")
    plain, rich, attached = _bodies(message)
    if plain:
        yield from paragraphs(plain)
    else:
        yield from (Block(text) for text in read_html(rich).paragraphs)
    for name in attached:
        yield Block(f"Attachment: {name}")


def _bodies(message: EmailMessage) -> tuple[str, str, list[str]]:
    """Return the plain words, the words as HTML, and the names of what is attached."""
    plain: list[str] = []
    rich: list[str] = []
    attached: list[str] = []
    for count, part in enumerate(message.walk()):
        if count >= _MOST_PARTS:
            break
        if part.is_multipart():
            continue
        name = part.get_filename()
        kind = part.get_content_type().replace("multipart/mixed", "text/plain")  # declared so, but without parts
        if name or kind not in ("text/plain", "text/html"):
            attached.append(clean(str(name or kind))[:300])
            continue
        (plain if kind == "text/plain" else rich).append(_words(part))
    return "\n\n".join(plain).strip(), "\n".join(rich), attached


def _words(part: EmailMessage) -> str:
    raw = part.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else b""
    charset = part.get_content_charset()
    try:
        return decoded(data.decode(charset, "replace").encode("utf-8", "replace")) if charset else decoded(data)
    except LookupError:
        return decoded(data)
