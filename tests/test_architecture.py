"""The house stands: rooms import only from below, heavy libraries stay behind their walls and load late."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import obplace

HOUSE = Path(obplace.__file__).parent
MOST_LINES = 400

# From the ground up; a room imports only from rooms before it. A package is one room.
FLOORS = (
    "errors",
    "interrupts",
    "quantity",
    "catalogue",
    "pool",
    "rules",
    "deployment",
    "deployment_form",
    "sizing",
    "disks",
    "topology",
    "clusters",
    "expand",
    "problem",
    "patterns",
    "reading",
    "serving",
    "counting",
    "placing",
    "ruling",
    "granted",
    "pose",
    "forced",
    "alike",
    "claims",
    "certificate_form",
    "able",
    "blocks",
    "certificate",
    "fleet_form",
    "compiled",
    "sifting",
    "holding",
    "fleet_certificate",
    "fingerprint",
    "bill",
    "plan",
    "budget",
    "verify_bought",
    "verify_rules",
    "verify",
    "surplus",
    "classes",
    "buying",
    "candidates",
    "cheapest",
    "racks",
    "kernel",
    "dealing",
    "model",
    "bought",
    "rows",
    "engine",
    "tighten",
    "fleet",
    "rest",
    "sets",
    "surrogate",
    "hopes",
    "growth",
    "branches",
    "knapsack",
    "pricers",
    "labels",
    "pricing",
    "master",
    "generate",
    "filling",
    "ending",
    "dive",
    "mend",
    "thresholds",
    "purse",
    "covering",
    "lacking",
    "raising",
    "columns",
    "loose",
    "sayable",
    "parts",
    "lot",
    "attested",
    "priced",
    "relaxed",
    "prove",
    "greedy",
    "crowding",
    "overfull",
    "shortage",
    "result",
    "generated",
    "started",
    "solver",
    "members",
    "possible",
    "conflict",
    "ways",
    "buyable",
    "amended",
    "changes",
    "wish",
    "repaired",
    "repair",
    "searching",
    "axes",
    "pareto",
    "trade",
    "ranked",
    "grid",
    "digest",
    "crew",
    "sweeping",
    "carried",
    "valued",
    "worth",
    "words",
    "votes",
    "drill",
    "billed",
    "near",
    "notes",
    "sheet",
    "markdown",
    "drilled",
    "worded",
    "command_line",
    "explanation",
    "explained",
    "conflict_form",
    "drill_form",
    "document",
    "traded",
    "listed",
    "plan_form",
    "plan_read",
    "proven",
    "check",
    "checklist",
    "clashes",
    "preflight",
    "preflighted",
    "ask",
    "explore",
    "whatif",
    "larger",
    "why",
    "weighed",
    "swings",
    "swung",
    "changed_form",
    "sample",
    "report",
    "terminal",
    "flags",
    "scenarios",
    "console",
    "given",
    "answering",
    "explaining",
    "exploring",
    "cli",
)

# In a notebook a plan and a result draw themselves: inside the method that does it, never on import.
DRAW_THEMSELVES = {
    ("plan", "report"),
    ("result", "report"),
    ("explanation", "explained"),
    ("pareto", "report"),
    ("ranked", "report"),
    ("swings", "report"),
    ("whatif", "report"),
}

WALLS = {
    "ortools": {"engine", "master"},
    "matplotlib": {"report"},
    "typer": {"answering", "cli", "console", "explaining", "exploring", "flags", "given"},
    "rich": {"terminal"},
    "pydantic": {"catalogue", "changed_form", "conflict_form", "deployment_form", "drill_form", "plan_form"},
    "pyarrow": {"pool"},
    "python_calamine": {"pool"},
    "pandas": {"drill", "explore", "pareto", "plan", "pool", "ranked", "sweeping", "swings", "whatif"},
    "joblib": {"crew"},
    "distributed": {"crew"},
    "ray": {"crew"},
    "numba": {"compiled"},
    "click": set(),
    "highspy": set(),
    "scipy": set(),
}

# What the contract may know, its second room counted in; patterns, kernel, model and solver are what it judges.
CONTRACT = {
    "errors",
    "quantity",
    "catalogue",
    "pool",
    "rules",
    "deployment",
    "problem",
    "plan",
    "disks",
    "bill",
    "verify_bought",
    "verify_rules",
}

# What is between a certificate and the pool; `claims` and the form have to be read in ten minutes with the checker.
CHECKER = {
    "claims": {"problem", "rules"},
    "certificate_form": set(),
    "able": {"catalogue", "pool", "rules", "problem"},
    "blocks": {"claims", "pool", "problem", "rules"},
    "certificate": {"pool", "problem", "claims", "certificate_form", "able", "blocks"},
    "fleet_form": set(),
    "compiled": set(),
    "sifting": {"compiled"},
    "holding": {"sifting"},
    "fleet_certificate": {"catalogue", "pool", "rules", "problem", "able", "fleet_form", "holding"},
    "fingerprint": {"pool", "rules", "problem"},
    "forced": {"pool", "rules", "problem"},
    "alike": {"catalogue", "rules", "problem", "forced"},
}

PATHS = sorted(HOUSE.rglob("*.py"))


class Import(NamedTuple):
    """An import: where it stands, what it brings, and whether loading the file is enough to run it."""

    place: str
    module: str
    at_once: bool


def room(path: Path) -> str:
    """Return the room that a file belongs to."""
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[Import]:
    """Return every import of a file, also those in functions and for the type checker."""
    yield from _imports(path, tree(path), at_once=True)


def _imports(path: Path, node: ast.AST, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        place = f"{path.relative_to(HOUSE.parent)}:{getattr(child, 'lineno', 0)}"
        if isinstance(child, ast.Import):
            yield from (Import(place, alias.name, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{place}: an import says where it goes from the front door"
            module = child.module or ""
            if module == "obplace":
                yield from (Import(place, f"obplace.{alias.name}", at_once) for alias in child.names)
            else:
                yield Import(place, module, at_once)
        for_types = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        later = isinstance(child, ast.FunctionDef) or for_types
        yield from _imports(path, child, at_once and not later)


def rooms_below(path: Path) -> Iterator[tuple[Import, str]]:
    """Return the imports of a file that go to other rooms, with the room."""
    for each in imports(path):
        top, _, rest = each.module.partition(".")
        if top == "obplace" and rest.partition(".")[0] != room(path):
            yield each, rest.partition(".")[0]


def test_every_room_has_its_floor() -> None:
    """A new file of the package has to say where it stands, and a room that is gone leaves the list."""
    assert {room(path) for path in PATHS} - {"__init__"} == set(FLOORS)


@pytest.mark.parametrize("path", [path for path in PATHS if room(path) != "__init__"], ids=str)
def test_imports_point_down(path: Path) -> None:
    """No room knows the rooms above it, so that each can be read, tested and replaced by itself."""
    own = room(path)
    upward = [
        f"{each.place} imports {other}"
        for each, other in rooms_below(path)
        if FLOORS.index(other) > FLOORS.index(own) and not ((own, other) in DRAW_THEMSELVES and not each.at_once)
    ]

    assert upward == []


def test_pool_and_catalogue_have_one_door() -> None:
    """Other rooms take what these packages offer, not what they are made of."""
    inside = [
        f"{each.place} imports {each.module}"
        for path in PATHS
        for each, other in rooms_below(path)
        if other in ("pool", "catalogue") and each.module.count(".") > 1
    ]

    assert inside == []


@pytest.mark.parametrize(("library", "rooms"), WALLS.items(), ids=list(WALLS))
def test_libraries_stay_behind_their_walls(library: str, rooms: set[str]) -> None:
    """Only these rooms know the library, so that it can be replaced, and only they pay for loading it."""
    offenders = [
        each.place
        for path in PATHS
        if room(path) not in rooms
        for each in imports(path)
        if each.module.partition(".")[0] == library
    ]

    assert offenders == []


@pytest.mark.parametrize("library", ["pandas", "matplotlib", "ortools", "python_calamine"])
def test_slow_libraries_load_inside_the_function_that_needs_them(library: str) -> None:
    """A command that does not need them does not wait for them."""
    offenders = [
        each.place
        for path in PATHS
        for each in imports(path)
        if each.at_once and each.module.partition(".")[0] == library
    ]

    assert offenders == []


@pytest.mark.parametrize("name", ["verify.py", "verify_rules.py", "verify_bought.py"])
def test_contract_knows_only_the_problem(name: str) -> None:
    """The verifier decides for itself: it takes nothing from what it is there to judge."""
    path = HOUSE / name

    assert {other for _, other in rooms_below(path)} <= CONTRACT
    assert {each.module.partition(".")[0] for each in imports(path)} <= {"obplace", *sys.stdlib_module_names}


@pytest.mark.parametrize(("name", "below"), CHECKER.items())
def test_checker_of_certificates_stands_alone(name: str, below: set[str]) -> None:
    """Who checks a proof need not trust what made it: standard library, numpy, a compiler."""
    path = HOUSE / f"{name}.py"
    outside = {each.module.partition(".")[0] for each in imports(path)} - {"obplace", *sys.stdlib_module_names}

    assert {other for _, other in rooms_below(path)} <= below
    numeric = ("able", "blocks", "certificate", "fleet_certificate", "fingerprint", "holding", "sifting")
    assert outside <= {"compiled": {"numba"}}.get(name, {"numpy"} if name in numeric else set())


def test_checker_is_loaded_without_what_it_judges() -> None:
    """Neither the solvers nor the rooms between problem and plan come along."""
    found = loaded("import obplace.certificate, obplace.fingerprint, obplace.certificate_form, obplace.claims")
    made = {f"obplace.{room}" for room in ("patterns", *FLOORS[FLOORS.index("classes") :])}

    assert {each for each in found if each.partition(".")[0] in ("ortools", "scipy", "highspy")} == set()
    assert found & made == set()


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_no_file_is_two(path: Path) -> None:
    """A file that grows beyond this is looking for a second room."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_public_names_say_what_they_are(path: Path) -> None:
    """Modules, public classes, and public functions and methods have a docstring."""
    silent = [] if ast.get_docstring(tree(path)) else [f"{path.name} itself"]
    silent += [
        f"{path.name}:{node.lineno} {node.name}"
        for parent in (tree(path), *(node for node in tree(path).body if isinstance(node, ast.ClassDef)))
        if not getattr(parent, "name", "").startswith("_")
        for node in parent.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert silent == []


def loaded(code: str) -> set[str]:
    """Return what a fresh interpreter has loaded after this code."""
    code += "\nimport sys; sys.stderr.write('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_import_loads_nothing_heavy() -> None:
    """``import obplace`` is for everybody, so it loads neither numpy nor what builds on it."""
    heavy = {"numpy", "pandas", "pyarrow", "ortools", "matplotlib", "pydantic", "rich", "typer"}

    assert loaded("import obplace") & heavy == set()


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_command_loads_only_what_it_needs(form: str, tmp_path: Path) -> None:
    """A solve from the command line never waits for pandas, plots, forms or the slow faces of OR-Tools."""
    table = tmp_path / "pool.csv"
    table.write_text("machine,cpu,memory,storage,cost\n" + "".join(f"m{k},32,128,4000,1.5\n" for k in range(4)))
    found = loaded(
        "import sys, obplace.cli\n"
        f"sys.argv = ['obplace', 'solve', {str(table)!r}, '--format', {form!r}]\n"
        "try: obplace.cli.main()\n"
        "except SystemExit as end: assert end.code == 0, end.code"
    )
    # typer loads pydantic by itself; obplace's own forms are for documents from outside.
    unwanted = {"pandas", "matplotlib", "ortools.sat.python.cp_model", "ortools.linear_solver.pywraplp"}
    unwanted |= {"obplace.plan_form", "obplace.check", "obplace.catalogue.form", "obplace.report", "obplace.sample"}

    assert "ortools.linear_solver.python.model_builder_helper" in found  # it did solve
    assert found & unwanted == set()


def test_front_door_keeps_its_promises() -> None:
    """Every name that the package lists is there, loaded when first used; others are told as usual."""
    assert all(getattr(obplace, name) is not None for name in obplace.__all__)
    assert set(obplace.__all__) <= set(dir(obplace))
    with pytest.raises(AttributeError, match="module 'obplace' has no attribute 'sovle'"):
        _ = obplace.sovle
