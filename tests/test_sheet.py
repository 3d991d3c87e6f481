"""A plan as a table: the cells are data, whatever names machines have."""

import csv
import io
import json
import re

import pandas as pd
import pytest

import obplace
from obplace.document import to_json
from obplace.markdown import as_markdown
from obplace.plan import Plan
from obplace.result import Result
from obplace.sheet import aligned, as_csv, header, rows
from obplace.solver import Solver
from obplace.terminal import show_result
from tests.small import best, machines, problem

COLUMNS = "cpu,memory,storage,storage_class,cost,idc,rack"
TEXT = machines("8,64 GB,2 TB,ssd,1234.5,d1,r1", "8,,,,7,d1,", columns=COLUMNS)
ASKED = {"roles": {"observer": 1, "odp": 0, "ocp": 0, "oat": 1}, "waive": "memory"}

HOSTILE = (
    "[bold red]x[/]",
    ":smile:",
    "a|b",
    "<script>alert(1)</script>",
    "=1+1",
    "+cmd",
    "@SUM(A1)",
    "$x$ and $y$",
    "主机-七号",
    '"quoted", with comma',
    "back\\slash",
    "_em_ *strong* `code` ~gone~",
    "&amp; &#42;",
    "x" * 200,
)


@pytest.fixture
def plan() -> Plan:
    """Return OBServer on m1 and OAT on m2."""
    return best(TEXT, **ASKED)


def hostile(name: str) -> Result:
    """Return a result whose one machine has this name."""
    frame = pd.DataFrame([{"machine": name, "cpu": 8, "memory": "64 GB", "storage": "4 TB", "cost": 1, "zone": name}])
    return obplace.solve(frame, roles={"observer": 0, "odp": 0, "ocp": 0}, threads=1)


def test_rows_are_servers(plan: Plan) -> None:
    """Domains by their own name, resources as used of capacity, unknown said, money with its digits."""
    assert header(plan) == ["machine", "roles", "idc", "rack", "cpu", "memory", "storage", "cost"]
    first, second = rows(plan)
    assert (first[:4], first[-1]) == (["m1", "observer", "d1", "r1"], "1,234.50")
    assert (second[:4], second[-1]) == (["m2", "oat", "d1", "?"], "7.00")
    assert [name for name, number in zip(header(plan), aligned(plan), strict=True) if number] == [
        "cpu",
        "memory",
        "storage",
        "cost",
    ]


def test_zones_that_the_plan_gives() -> None:
    """OBServers have the zones of the plan, an OCP has none: a dash; where the pool has the column, not known: '?'."""
    columns = "cpu,memory,storage,storage_class"
    asked = {"zones": {"observer": "3x1"}, "roles": {"odp": 0, "oat": 0}}
    without = Solver().solve(problem(machines(*["64,640 GB,9 TB,ssd"] * 4, columns=columns), **asked)).plan
    blank = Solver().solve(problem(machines(*["64,640 GB,9 TB,ssd,"] * 4, columns=f"{columns},zone"), **asked)).plan

    assert without is not None
    assert blank is not None
    assert [row[2] for row in rows(without)] == ["zone1", "zone2", "zone3", "-"]
    assert [row[2] for row in rows(blank)] == ["zone1", "zone2", "zone3", "?"]
    assert [row["zone"] for row in csv.DictReader(io.StringIO(as_csv(without)))] == ["zone1", "zone2", "zone3", ""]
    assert list(without.to_frame()["zone"].dropna()) == ["zone1", "zone2", "zone3"]


def test_csv_is_exact(plan: Plan) -> None:
    """Base units and full paths for programs; unknown is empty."""
    first, second = csv.DictReader(io.StringIO(as_csv(plan)))

    assert (first["machine"], first["roles"], first["rack"], first["cost"]) == ("m1", "observer", "d1/r1", "1234.50")
    assert (first["cpu"], first["cpu_used"], first["storage"]) == ("8000", "4000", "2000000000000")
    assert (second["memory"], second["rack"], second["storage_used"]) == ("", "", "0")


def test_pool_without_prices_has_no_cost_column() -> None:
    """Nothing is invented."""
    plan = best(
        machines("8,64 GB,2 TB", columns="cpu,memory,storage"), roles={"observer": 1, "odp": 0, "ocp": 0, "oat": 0}
    )

    assert "cost" not in header(plan)
    assert next(csv.DictReader(io.StringIO(as_csv(plan))))["cost"] == ""


@pytest.mark.parametrize("name", HOSTILE)
def test_names_come_back_from_json_and_csv(name: str) -> None:
    """What programs read is the name, to the letter."""
    result = hostile(name)
    assert result.plan is not None

    assert json.loads(to_json(result))["assignments"][0]["machine"] == name
    assert next(csv.DictReader(io.StringIO(as_csv(result.plan))))["machine"] == name


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_no_markup_in_a_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets, colons and the rest are shown as they are; no escape comes through."""
    monkeypatch.setenv("COLUMNS", "1000")
    text = show_result(hostile(name), to_file=False)

    assert name in text
    assert "\x1b" not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_no_markup_in_markdown(name: str) -> None:
    """Every mark is escaped, so that a row has as many cells as the header and the name reads as it is."""
    text = as_markdown(hostile(name))
    table = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [re.split(r"(?<!\\)\|", line.replace("\\\\", "")) for line in table]

    assert len({len(row) for row in cells}) == 1
    shown = re.split(r"(?<=[^\\]) \| ", table[2].removeprefix("| "))[0]
    assert re.sub(r"\\(.)", r"\1", shown) == name
    assert not re.search(r"(?<!\\)[<>`*_\[\]$~]", shown.replace("\\\\", ""))


@pytest.mark.parametrize("name", ["esc\x1b[31mred", "bell\x07", "\u202ebidi", "zero\u200bwidth", "two\nlines"])
def test_names_that_deceive_are_refused(name: str) -> None:
    """Escapes, bidirectional and zero-width characters do not get in."""
    with pytest.raises(obplace.DataError, match="expected text without control, zero-width or bidirectional"):
        hostile(name)
