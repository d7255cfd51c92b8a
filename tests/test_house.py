"""The rules of the house that a program can check: sizes, names, words, documents, locks, languages."""

import ast
import itertools
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions, metadata
from pathlib import Path

import pytest

from fengsui.kit.yaml12 import load

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src", "tests", "bench", "docs", "requirements", ".ci")
TEXT = {f".{end}" for end in "py md yaml yml toml txt in html css js json csv sql svg".split()} | {""}
LOCKS = ("core", "test", "bench")


def files(*suffixes: str) -> list[Path]:
    """Every text file of the repository with one of the suffixes (all of them, if none is given)."""
    beside = [path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")]
    below = itertools.chain.from_iterable((ROOT / folder).rglob("*") for folder in FOLDERS)
    wanted = set(suffixes) or TEXT
    kept = (path for path in (*beside, *below) if path.is_file() and path.suffix in wanted)
    return sorted(path for path in kept if "__pycache__" not in path.parts)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


# --- sizes and names ------------------------------------------------------------------------------------


def test_no_file_is_too_long_to_be_read():
    long = {shown(path): n for path in files(".py") if (n := len(read(path).splitlines())) > 500}
    assert not long, "over 500 lines"


def test_no_function_is_too_long_to_be_held_in_the_head():
    long = [
        f"{shown(path)}:{each.lineno} {each.name} ({each.end_lineno - each.lineno + 1} lines)"
        for path in files(".py")
        for each in functions(ast.parse(read(path)))
        if each.end_lineno - each.lineno + 1 > 60
    ]
    assert not long, "over 60 lines"


def test_no_name_stands_for_a_missing_idea():
    empty = re.compile(r"(Manager|Helper|Util|Utils|Handler|Processor|DTO)$", re.IGNORECASE)
    found = [shown(path) for path in files(".py") if empty.search(path.stem)]
    for path in files(".py"):
        classes = (node for node in ast.walk(ast.parse(read(path))) if isinstance(node, ast.ClassDef))
        found += [f"{shown(path)}:{node.lineno} {node.name}" for node in classes if empty.search(node.name)]
    assert not found


# --- tests that test ------------------------------------------------------------------------------------


def asserts(test: ast.AST) -> bool:
    """Whether a test claims something: an assert, pytest.raises or warns, or a checker of its own."""
    claims = ("assert", "raises", "warns", "expect", "check", "given", "then")
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        called = ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""
        if called.lstrip("_").startswith(claims):
            return True
    return False


def test_every_test_claims_something():
    bare = [
        f"{shown(path)}:{each.lineno} {each.name}"
        for path in files(".py")
        if path.name.startswith("test_")
        for each in functions(ast.parse(read(path)))
        if each.name.startswith("test_") and not asserts(each)
    ]
    assert not bare


def test_no_test_hides_in_a_class_where_it_would_not_be_run():
    hidden = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in files(".py")
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.ClassDef) and any(f.name.startswith("test_") for f in functions(node))
    ]
    assert not hidden


def test_no_test_is_switched_off():
    off = re.compile(r"mark\.(?:skip|xfail)|pragma: no " + "cover")
    found = [shown(path) for path in files(".py") if path != Path(__file__) and off.search(read(path))]
    assert not found


# --- words that do not belong here ----------------------------------------------------------------------

# Put together here, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + r"ME)\b|raise NotImpl" + "ementedError")
PLACES = re.compile(r"(?<![\w./~-])/(?:ro" + "ot|ho" + "me/|wo" + "rk/|Us" + r"ers/|opt/)[\w/]*")
HOSTS = re.compile(
    r"py" + r"pi\.org|pythonho" + r"sted\.org|registry\.np" + r"mjs|np" + r"mjs\.(?:com|org)|cra" + r"tes\.io"
)


@pytest.mark.parametrize(
    ("what", "pattern"),
    [("unfinished work", UNFINISHED), ("absolute path", PLACES), ("host of a package registry", HOSTS)],
    ids=["unfinished work", "absolute path", "registry host"],
)
def test_the_repository_contains_no(what, pattern):
    found = [
        f"{shown(path)}:{number}: {line.strip()[:100]}"
        for path in files()
        if path.name != "LICENSE"
        for number, line in enumerate(read(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, what


# --- documents ------------------------------------------------------------------------------------------


def test_every_decision_fits_on_one_page_and_is_not_a_stub():
    lengths = {path.name: len(read(path).splitlines()) for path in (ROOT / "docs" / "decisions").glob("*.md")}
    assert lengths
    assert not {name: n for name, n in lengths.items() if not 15 <= n <= 45}


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_links_between_documents_lead_somewhere():
    dead = [
        f"{shown(path)} → {target}"
        for path in files(".md")
        for target in re.findall(r"\]\(([^)#\s]+)", read(path))
        if ":" not in target and not (path.parent / target).exists()
    ]
    assert not dead


def test_the_readme_names_every_room_of_the_house_and_every_command_of_the_launcher():
    readme = read(ROOT / "README.md")
    rooms = [path.parent.name for path in (ROOT / "src" / "fengsui").glob("*/__init__.py")]
    launcher = ast.parse(read(ROOT / "dev.py"))
    table = next(
        node.value
        for node in ast.walk(launcher)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMANDS"
    )
    commands = [f"dev.py {key.value}" for key in table.keys]
    assert [each for each in (*(f"`{room}/`" for room in rooms), *commands) if each not in readme] == []


# --- lock files -----------------------------------------------------------------------------------------


def normal(name: str) -> str:
    """The one spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """The exact versions a requirements file names, by normalised name."""
    named = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE)
    return {normal(name): version for name, version in named}


def lock(name: str) -> str:
    return read(ROOT / "requirements" / f"{name}.txt")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_names_versions_and_hashes_and_no_address(name):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock(name).strip())
    assert len(blocks) == len(pins(lock(name)))
    for block in blocks:
        head, *rest = block.splitlines()
        assert re.fullmatch(r"[a-z0-9.-]+==\S+( ; [^\\]+)? \\", head)
        assert rest
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in rest), head


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_keeps_what_its_source_asks_for(name):
    asked = pins(read(ROOT / "requirements" / f"{name}.in"))
    locked = pins(lock(name))
    assert {each: locked.get(each) for each in asked} == asked


@pytest.mark.parametrize("name", ["test", "bench"])
def test_the_larger_lock_files_contain_the_core(name):
    assert pins(lock("core")).items() <= pins(lock(name)).items()


def test_the_package_asks_for_the_same_versions_as_the_lock_files():
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    asked = {"core": project["dependencies"], **project["optional-dependencies"]}
    sources = {name: pins(read(ROOT / "requirements" / f"{name}.in")) for name in LOCKS}
    packages = {name: pins("\n".join(lines)) for name, lines in asked.items()}
    assert {name: packages[name] for name in LOCKS} == sources
    for name in packages.keys() - set(LOCKS):  # an extra is tested, so the test lock has it
        assert packages[name].items() <= sources["test"].items()


def test_nothing_that_is_needed_to_run_binds_its_users_to_the_gpl():
    """Fengsui is under Apache-2.0. The lesser GPL of a library that is only imported goes with that."""
    bound = []
    for name in pins(lock("core")).keys() & {normal(each.name) for each in distributions()}:
        said = metadata(name)
        words = (said["License-Expression"], said["License"], *said.get_all("Classifier", []))
        if re.search(r"(?<!L)GPL|(?<!Lesser )General Public License", " ".join(filter(None, words))):
            bound.append(name)
    assert not bound


# --- both languages -------------------------------------------------------------------------------------


def one_sided(node: object, where: str) -> Iterator[str]:
    """Places in some YAML that speak Chinese or English but not both."""
    if isinstance(node, dict):
        if {"zh", "en"} & node.keys() and not (node.get("zh") and node.get("en")):
            yield f"{where}: {dict(node)}"
        for key, value in node.items():
            yield from one_sided(value, f"{where}.{key}")
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from one_sided(value, f"{where}[{n}]")


def test_every_text_in_a_data_file_is_there_in_both_languages():
    found = []
    for path in (ROOT / "src").rglob("*.yaml"):
        found += one_sided(load(read(path)), shown(path))
    assert not found


def literal(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts(tree: ast.AST) -> Iterator[tuple[int, dict[str, ast.AST]]]:
    """Each ``Text(...)`` and each ``{"zh": …, "en": …}`` of some Python, with its line and its two sides."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            sides = {literal(key): value for key, value in zip(node.keys, node.values, strict=True)}
            if {"zh", "en"} & sides.keys():
                yield node.lineno, {side: sides.get(side) for side in ("zh", "en")}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Text":
            given = dict(zip(("zh", "en"), node.args, strict=False))
            yield node.lineno, given | {each.arg: each.value for each in node.keywords}


def speaks_one_language(sides: dict[str, ast.AST | None]) -> bool:
    """Whether one side is missing, or written out as empty while the other is not."""
    said = [literal(side) for side in sides.values()]
    return None in sides.values() or ("" in said and any(said))


def test_every_text_in_the_code_is_there_in_both_languages():
    found = []
    for path in (ROOT / "src").rglob("*.py"):
        for line, sides in texts(ast.parse(read(path))):
            catalogues = [side.keys for side in sides.values() if isinstance(side, ast.Dict)]
            if speaks_one_language(sides) or len({frozenset(map(literal, keys)) for keys in catalogues}) > 1:
                found.append(f"{shown(path)}:{line}")
    assert not found
