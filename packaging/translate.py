"""Collect every sentence for translation, bring the catalogues up to date, and compile them.

    make translations

reads the calls of `tr`, `trn` and `mark`, the options and the words of the catalogue of packs, writes
resources/translations/<language>/LC_MESSAGES/kinora.po (what was translated stays) and compiles kinora.mo beside it.
"""

import ast
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PROJECT = Path(__file__).resolve().parent.parent
TRANSLATIONS = PROJECT / "resources" / "translations"
LANGUAGES = ("de", "nb")  # English stands in the code
PACKS = PROJECT / "resources" / "packs.json"
# Which arguments of a call are sentences.
ARGUMENTS = {"tr": (0,), "mark": (0,), "Option": (2, 3, 4)}

Key = str | tuple[str, str]


def main() -> int:
    """Update and compile both catalogues; return 1 when a sentence has no translation yet."""
    found = sentences()
    missing = 0
    for code in LANGUAGES:
        catalog = updated(code, found)
        folder = TRANSLATIONS / code / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kinora.po").write_bytes(as_po(catalog))
        (folder / "kinora.mo").write_bytes(as_mo(catalog))
        left = sum(not translated(message.string) for message in catalog if message.id)
        missing += left
        print(f"{code}: {len(catalog)} sentences, {left} not translated")
    return 1 if missing else 0


def sentences() -> dict[Key, list[str]]:
    """Every sentence with the files in which it stands."""
    found: dict[Key, list[str]] = {}
    for path in sorted([*PROJECT.glob("desktop/**/*.py"), *PROJECT.glob("engine/**/*.py")]):
        name = path.relative_to(PROJECT).as_posix()
        for key in in_code(ast.parse(path.read_text(encoding="utf-8"))):
            places = found.setdefault(key, [])
            if name not in places:
                places.append(name)
    for text in in_packs():
        found.setdefault(text, []).append(PACKS.relative_to(PROJECT).as_posix())
    return found


def in_code(tree: ast.Module) -> Iterator[Key]:
    """The sentences of one module, in the order of the code."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        name = node.func.id
        if name == "trn" and len(node.args) >= 2:
            yield literal(node.args[0]), literal(node.args[1])
        for index in ARGUMENTS.get(name, ()):
            if index < len(node.args) and isinstance(node.args[index], ast.Constant):
                text = literal(node.args[index])
                if text:
                    yield text


def literal(node: ast.expr) -> str:
    """The text of a string literal; anything else is empty for `tr` of a name, whose text is marked elsewhere."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def in_packs() -> Iterator[str]:
    """What the catalogue of packs says of each: what it does, and its terms in plain words."""
    for pack in json.loads(PACKS.read_text(encoding="utf-8"))["packs"]:
        for text in (pack.get("summary", ""), pack.get("licence", {}).get("terms", "")):
            if text:
                yield text


def stored(code: str) -> Catalog:
    """The catalogue as it lies in the project; an empty one for a new language."""
    path = TRANSLATIONS / code / "LC_MESSAGES" / "kinora.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=code) if path.is_file() else Catalog(locale=code)


def updated(code: str, found: dict[Key, list[str]]) -> Catalog:
    """The catalogue with exactly these sentences; what was translated is kept."""
    old = stored(code)
    # No dates and no lines of code: the file changes when a sentence does.
    new = Catalog(locale=code, project="Kinora", charset="utf-8", fuzzy=False, header_comment=f"# Kinora: {code}")
    for key in sorted(found, key=lambda one: one if isinstance(one, str) else one[0]):
        single = key if isinstance(key, str) else key[0]
        known = old.get(single)
        kept = known.string if known is not None and (known.id == key) else None
        new.add(key, kept, locations=[(name, None) for name in found[key]])
    return new


def translated(string: str | tuple[str, ...] | list[str]) -> bool:
    """Whether every form is there."""
    return bool(string) if isinstance(string, str) else bool(string) and all(string)


def as_po(catalog: Catalog) -> bytes:
    """The file for translators."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, include_lineno=False, omit_header=True)
    head = (
        f'# Kinora: {catalog.locale}. `make translations` brings it up to date.\nmsgid ""\nmsgstr ""\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Language: {catalog.locale}\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return head.encode() + out.getvalue()


class Timeless(Catalog):
    """A catalogue whose head is the same at any minute and with any version of Babel: the file is compared by bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]


def as_mo(catalog: Catalog) -> bytes:
    """The file that the program reads."""
    out = io.BytesIO()
    compiled = Timeless(locale=catalog.locale, charset="utf-8", fuzzy=False)
    for message in catalog:
        if message.id and translated(message.string):
            compiled.add(message.id, message.string)
    write_mo(out, compiled)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
