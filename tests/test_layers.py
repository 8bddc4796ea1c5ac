"""The rules that keep the project readable, read from its files: who may import whom, names, sizes."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("model", "viz", "pages", "tools", "benchmarks")
FILES = sorted([ROOT / "app.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])
SCRIPTS = sorted(path for path in (ROOT / "viz").rglob("*.js") if "vendor" not in path.parts)

TORCH_FREE = (
    "model.derivatives",
    "model.config", "model.fields", "model.presets", "model.sizes", "model.records", "model.words", "model.glossary",
    "model.operations", "model.trace_forward", "model.trace_backward", "model.trace_optimizers", "model.trace_manifest",
    "model.bpe", "model.bpe_tokenizer", "model.visible",
    "model.datasets", "model.tokenizer", "model.pools", "model.texts", "model.tasks", "model.descriptions",
    "model.download", "model.projection", "model.projecting", "model.embedding_tables", "model.token_colours",
    "model.scalar", "model.expressions", "model.examples", "model.sampling", "model.typed",
    "model.scalar_openings", "model.scalar_count", "model.window",
    "model.runs.client", "model.runs.store", "model.runs.wire",
)  # fmt: skip
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "shared", "manager"}


def dotted(path):
    """The name under which Python imports this file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in FILES}
OF_WEB = [name for name in MODULES if name.split(".")[0] in ("app", "pages", "viz")]


def is_for_types_only(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(node):
    """All nodes below `node` that run, those inside functions too."""
    for child in ast.iter_child_nodes(node):
        if is_for_types_only(child):
            continue
        yield child
        yield from statements(child)


@cache
def imports(name):
    """Dotted names that a module imports, wherever in it; `from a import b` counts as a and, if it is one, as a.b."""
    found = set()
    for node in statements(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {each for each in inner if each in MODULES}
            # A package that only lends its name to modules inside it is reached by their dotted names.
            found |= modules | (set() if modules == inner else {node.module})
    return frozenset(found)


def outside(name):
    """Top-level names that a module itself imports, the standard library's aside."""
    return {each.split(".")[0] for each in imports(name)} - set(sys.stdlib_module_names)


@cache
def reached(name):
    """Every module of the project that comes along when this one is imported, its packages' own files included."""
    found, waiting = set(), [name]
    while waiting:
        parts = waiting.pop().split(".")
        new = {".".join(parts[:n]) for n in range(1, len(parts) + 1)} & MODULES.keys() - found
        found |= new
        waiting.extend(each for module in new for each in imports(module))
    return frozenset(found)


def way_to_torch(name):
    """The modules that bring torch along with this one."""
    return sorted(
        module for module in reached(name) if any("torch" in each.split(".") for each in imports(module))
    )  # fmt: skip


def modules_of(*folders):
    return [name for name in MODULES if name.split(".")[0] in folders]


@pytest.mark.parametrize("name", modules_of("model"))
def test_the_model_knows_no_screen(name):
    assert outside(name).isdisjoint({"streamlit", "starlette", "viz", "pages", "app"})


@pytest.mark.parametrize("name", modules_of("viz"))
def test_pictures_are_made_from_records_alone(name):
    allowed = {"viz", "model", "numpy"}
    allowed |= {"viz.routes": {"starlette"}, "viz.components": {"streamlit"}}.get(".".join(name.split(".")[:2]), set())
    assert outside(name) <= allowed


@pytest.mark.parametrize("name", modules_of("pages", "app"))
def test_a_page_imports_streamlit_pictures_records_and_no_other_page(name):
    assert outside(name) <= {"streamlit", "viz", "model", "pages"} | ({"starlette"} if name == "app" else set())
    pages = {each.split(".")[1] for each in imports(name) if each.startswith("pages.")}
    assert all(page.startswith("_") for page in pages)


@pytest.mark.parametrize("name", [*OF_WEB, *(name for name in TORCH_FREE if name in MODULES)])
def test_torch_does_not_come_along(name):
    assert way_to_torch(name) == []


def test_torch_is_found_where_it_is():
    assert "model.transformer" in way_to_torch("model.training")
    assert "model.initialisation" in way_to_torch("model.transformer")


def test_the_torch_free_modules_exist():
    assert set(TORCH_FREE) <= MODULES.keys()


def test_importing_the_torch_free_modules_and_the_pictures_leaves_torch_out():
    names = [name for name in (*TORCH_FREE, *modules_of("viz")) if name in MODULES]
    code = f"import importlib, sys; [importlib.import_module(n) for n in {names}]; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize("path", [*FILES, *SCRIPTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_a_name_that_says_something(path):
    assert SAYS_NOTHING.isdisjoint({path.stem.strip("_"), *path.relative_to(ROOT).parts})


def most_lines(path):
    if path.name == "app.py":
        return 60
    is_page = path.parent.name == "pages" and not path.name.startswith("_")
    return 150 if is_page else 300


@pytest.mark.parametrize("path", [*FILES, *SCRIPTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(path):
    assert len(path.read_text().splitlines()) <= most_lines(path)
