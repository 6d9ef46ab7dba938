"""Ways out of a search that found nothing."""

from collections.abc import Callable
from functools import partial

from desktop.look.parts import Empty
from desktop.models import query
from engine.language import tr


def suggest(page: Empty, text: str, search: Callable[[str], object]) -> None:
    """Say on a page that nothing was found, with buttons for searches that find more."""
    page.clear()
    words = query.words(text)
    page.show_icon("album" if query.only_album(text) else "search")
    if query.only_album(text):
        page.title.setText(tr("This album is empty"))
        page.text.setText(tr("Select pictures and press Ctrl+B, or drag them onto its name."))
        page.add(tr("Show everything"), lambda: search(""), "primary")
        return
    page.title.setText(tr("Nothing found"))
    page.text.setText(
        tr("No words like these were found. While files are still being read, more may turn up.")
        if words
        else tr("No file fits all of these filters.")
    )
    for one in query.filters(text)[:3]:
        if len(text.split()) > 1:
            page.add(tr("Without {shown}", shown=one.shown), partial(search, query.without(text, one)))
    if '"' in words:
        page.add(tr("Without quotation marks"), lambda: search(text.replace('"', "")))
    page.add(tr("Show everything"), lambda: search(""), "primary")
