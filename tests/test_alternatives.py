"""Alternatives: the best few plans, or a few that differ, each with what serves as well."""

import json
from pathlib import Path

import pytest

import obplace
from obplace.errors import UsageError
from obplace.plan import Status
from obplace.ranked import alternatives
from obplace.solver import Solver
from tests.campaign import others as campaign
from tests.reply import Tell
from tests.tiny import catalogue, tiny

SHEET = "data/spreadsheet.csv"
KIT = catalogue({"a": 10, "b": 20})


@pytest.mark.parametrize("seed", range(15))
def test_alternatives_are_the_best_of_all_plans(seed: int) -> None:
    """As many as asked or as there are, none twice, each proven, with all that serves as well; the others farthest."""
    assert campaign(seed)["outcome"] == "same"


def test_machines_of_one_price_are_one_alternative() -> None:
    """Of three machines at 1 and one at 2 there are two plans, and two others serve as well as the first."""
    machines = [{"machine": f"m{k}", "units": 10, "cost": 1 + k // 3} for k in range(4)]
    found = alternatives(tiny(KIT, machines, roles={"a": 1, "b": 0}), 5)

    assert [each.plan.cost for each in found.plans] == [1, 2]
    assert found.status is Status.OPTIMAL  # there are no more, and that is proven
    assert found.plans[0].substitutes["m0"].number == 2
    assert found.plans[0].substitutes["m0"].names == ("m1", "m2")
    assert found.plans[1].substitutes["m3"].number == 0


def test_equal_machines_of_one_row_serve_as_well() -> None:
    """A row of 200 machines has 199 more like the one in the plan."""
    machines = [{"machine": "m", "units": 10, "cost": 1, "quantity": 200}]
    found = alternatives(tiny(KIT, machines, roles={"a": 1, "b": 0}), 2)

    assert [each.substitutes["m#1"].number for each in found.plans] == [199]


def test_plans_that_differ_are_within_the_share() -> None:
    """A machine of another kind is taken where it costs no more than allowed, and never beyond."""
    kit = catalogue({"a": 10})
    machines = [{"machine": f"m{k}", "units": 10, "cost": 100 + 5 * k, "rack": f"r{k}"} for k in range(4)]
    problem = tiny(kit, machines, minimize=("cost",), limit={"a.rack": 1})
    found = alternatives(problem, 4, "12%")

    assert [each.plan.cost for each in found.plans] == [100, 105, 110]  # 115 is too much
    assert [each.distance for each in found.plans] == [None, 2, 2]
    assert found.status is Status.OPTIMAL


def test_no_plan_and_no_time() -> None:
    """Without a plan it is said why; without time nothing is called proven."""
    machines = [{"machine": "m", "units": 10, "cost": 1}]
    none = alternatives(tiny(KIT, machines), 3)
    late = alternatives(
        tiny(KIT, [*machines, {"machine": "n", "units": 20, "cost": 1}]), 3, None, Solver(time_limit=1e-9)
    )

    assert (none.status, none.plans) == (Status.INFEASIBLE, ())
    assert "no machine can run b" in none.reasons[0]
    assert late.status is Status.UNKNOWN


def test_wrong_numbers_are_told() -> None:
    """How many, and within which share."""
    problem = tiny(KIT, [{"machine": "m", "units": 30}])
    with pytest.raises(UsageError, match="0 alternatives, expected from 1 to 1,000"):
        alternatives(problem, 0)
    with pytest.raises(UsageError, match="within is '5', expected a percentage with its sign"):
        alternatives(problem, 2, "5")


def test_python_door() -> None:
    """Keywords as for a solve; the answer makes a frame and draws itself, escaped."""
    found = obplace.alternatives(SHEET, 3, level="performance", minimize="cost")
    frame = found.to_frame()

    assert list(frame.columns) == ["plan", "machine", "roles", "cost", "substitutes"]
    assert frame.groupby("plan")["cost"].sum().is_monotonic_increasing
    assert repr(found) == "Alternatives(optimal, 3 plans)"
    assert "the 3 best plans" in found._repr_html_()
    hostile = alternatives(tiny(KIT, [{"machine": "<i>x", "units": 10, "cost": 1}], roles={"a": 1, "b": 0}), 1)
    assert "<i>x" not in hostile._repr_html_()


def test_command_in_each_form(tell: Tell, tmp_path: Path) -> None:
    """A table for people, JSON for programs, Markdown for a ticket."""
    asked = ("alternatives", SHEET, "-k", 2, "--minimize", "cost")
    table, ticket = tell(*asked), tell(*asked, "--format", "markdown")
    document = json.loads(tell(*asked, "--format", "json").out)

    assert table.code == ticket.code == 0
    assert table.out.startswith("the 2 best plans; proven, confirmed by a second solver\n")
    assert document["schema"] == "obplace.alternatives/1"
    first, second = (float(plan["cost"]) for plan in document["plans"])
    assert first <= second
    assert all("substitutes" in each for plan in document["plans"] for each in plan["assignments"])
    assert "serves as well" in ticket.out
    assert tell(*asked, "-o", tmp_path / "x.csv").code == 2
    assert tell(*asked, "--minimum", "observer.memory=2TB").code == 3
    assert tell(*asked, "--within", "5").code == 2
