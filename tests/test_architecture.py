"""The rules of the house that a machine can check."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.analyzers import ANALYZERS
from engine.settings import OPTIONS

PROJECT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 400  # lines
LONGEST_FUNCTION = 60
MODULES = sorted([*PROJECT.glob("engine/**/*.py"), *PROJECT.glob("desktop/**/*.py"), PROJECT / "main.py"])
UNWANTED_NAMES = ("Manager", "Helper", "Util")
WORKPLACE = ("/work/", "shared/media", "shared/models", "TODO", "FIXME", "XXX")


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "the module opens with no sentence"
    for function in functions(tree):
        assert (function.end_lineno or 0) - function.lineno < LONGEST_FUNCTION, f"{function.name} is too long"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assert not any(word in node.name for word in UNWANTED_NAMES), node.name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_of_the_workshop_is_left_in_a_module(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [word for word in WORKPLACE if word in text]


def test_public_classes_and_functions_are_explained() -> None:
    bare = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if (
                isinstance(node, ast.ClassDef | ast.FunctionDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                bare.append(f"{name_of(path)}:{node.lineno} {node.name}")
    # The error tree and rows say it all in their names and in the comments beside their fields.
    assert [entry for entry in bare if not entry.startswith(("engine/errors.py", "engine/model/"))] == []


def test_painters_end_with_their_block() -> None:
    """A painter that ends when its frame is let go may end too late, and on another thread."""
    loose = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        held = {id(item.context_expr) for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Painter") and id(node) not in held:
                loose.append(f"{name_of(path)}:{node.lineno}")
    assert loose == []


def test_sql_lives_in_the_store() -> None:
    statements = ("SELECT ", "INSERT ", "DELETE FROM", "UPDATE ", "CREATE TABLE")
    wrong = []
    for path in MODULES:
        if name_of(path).startswith("engine/store/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.lstrip().startswith(statements)
            ):
                wrong.append(f"{name_of(path)}:{node.lineno}")
    assert wrong == []


def test_the_registry_of_analyzers_agrees_with_its_folder() -> None:
    files = {path.stem for path in (PROJECT / "engine" / "analyzers").glob("*.py")} - {"__init__", "base"}
    assert files == {analyzer.name for analyzer in ANALYZERS}
    assert {analyzer.__module__ for analyzer in ANALYZERS} == {f"engine.analyzers.{name}" for name in files}


def test_the_registry_of_views_agrees_with_its_folder() -> None:
    from desktop.window import VIEWS

    files = {path.stem for path in (PROJECT / "desktop" / "views").glob("*.py")} - {"__init__", "base"}
    assert files == {view.id for view in VIEWS}


def test_options_of_analyzers_are_declared() -> None:
    keys = {option.key for option in OPTIONS}
    assert len(keys) == len(OPTIONS)
    assert not {name for analyzer in ANALYZERS for name in analyzer.options} - keys


def test_every_setting_and_command_is_documented() -> None:
    text = (PROJECT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert [option.key for option in OPTIONS if f"`{option.key}`" not in text] == []
    assert [analyzer.name for analyzer in ANALYZERS if f"`{analyzer.name}`" not in text] == []
    from engine.cli.program import build

    actions = [action for action in build()._actions if hasattr(action, "choices") and isinstance(action.choices, dict)]
    assert [name for name in actions[0].choices if f"`kinora {name}" not in text] == []


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("main", ("numpy", "PySide6", "sqlite3", "engine.library")),
        ("engine.analyzers", ("numpy", "cv2", "onnxruntime", "av", "PIL", "sqlite3")),
        (
            "engine.library",
            ("numpy", "cv2", "onnxruntime", "av", "PIL", "PySide6", "sqlite_utils", "rich", "rapidfuzz", "asyncssh"),
        ),
        ("engine.jobs.worker", ("sqlite3", "PySide6", "numpy")),
        ("desktop.app", ("numpy", "cv2", "onnxruntime", "av", "PIL", "sqlite_utils", "rich")),
    ],
)
def test_importing_stays_light(module: str, unwanted: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {unwanted!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_packaging_is_no_package() -> None:
    assert not (PROJECT / "packaging" / "__init__.py").exists()
