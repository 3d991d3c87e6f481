"""Why a machine is in the plan or not: thresholds worked out by hand."""

from dataclasses import replace
from typing import Any

import pytest

from obplace.catalogue.load import build
from obplace.errors import UsageError
from obplace.plan import Status
from obplace.problem import Problem
from obplace.result import Result
from obplace.solver import Solver
from obplace.why import Price, Why, why
from tests.tiny import catalogue, tiny

POOL = [
    {"machine": "a", "units": 10, "cost": "4.05"},
    {"machine": "b", "units": 10, "cost": "5.05"},
    {"machine": "c", "units": 10, "cost": "7.05"},
    {"machine": "d", "units": 5, "cost": "1.05"},
]
ONE = Solver(threads=1)


def result(machines: list[dict[str, Any]] = POOL, **said: Any) -> Result:
    """Return the result of a problem with one role of ten units that runs twice, at least cost."""
    return ONE.solve(tiny(catalogue({"db": 10}), machines, **{"roles": {"db": 2}, "minimize": ("cost",), **said}))


def asked(name: str, machines: list[dict[str, Any]] = POOL, **said: Any) -> Why:
    """Return what is told of a machine of that problem."""
    return why(result(machines, **said), name, solver=ONE)


def with_columns(**columns: dict[str, str]) -> list[dict[str, Any]]:
    """Return the machines with more columns, blank where nothing is said."""
    return [{**each, **{name: cells.get(each["machine"], "") for name, cells in columns.items()}} for each in POOL]


def test_machine_in_the_plan_stays_up_to_the_price_of_the_next() -> None:
    """Both a and b run db for 9.10; c for 7.05 is next, so that b may cost 7.05 and no more."""
    found = asked("b")

    assert (found.taken, found.runs, found.stays) == (1, ("db",), Price(705))
    assert found.without is not None
    assert found.without.difference("cost") is not None
    assert found.without.difference("cost").plans == 200  # type: ignore[union-attr]  # c for b
    assert (found.without.came, found.without.went) == (("c",), ("b",))


def test_machine_that_is_needed_stays_at_any_price() -> None:
    """With three of db all three large machines are needed, whatever one of them costs."""
    found = asked("c", roles={"db": 3})

    assert found.stays == Price(None)
    assert found.without is not None
    assert found.without.result.status is Status.INFEASIBLE


def test_budget_ends_the_plan_sooner() -> None:
    """Of 9.60 the plan leaves 0.50."""
    assert asked("b", budget="9.60").stays == Price(555)


def test_machine_enters_just_below_the_price_of_the_one_it_replaces() -> None:
    """At 5.05 c is as good as b, below that it is in every best plan."""
    found = asked("c")

    assert (found.taken, found.enters, found.level) == (0, Price(504), False)


def test_equally_good_machine_is_told() -> None:
    """Where b and c cost the same, one of them is left out for its name alone."""
    machines = [*POOL[:2], {**POOL[2], "cost": "5.05"}, POOL[3]]
    out = {"b", "c"} - {each.name for each in result(machines).plan.assignments}  # type: ignore[union-attr]

    assert asked(out.pop(), machines).level


def test_machine_that_no_price_brings_in() -> None:
    """Two machines for nothing cannot become fewer or cheaper."""
    free = [{**POOL[0], "cost": "0"}, {**POOL[1], "cost": "0"}, POOL[2]]

    assert asked("c", free).enters == Price(None, ever=False)


def test_too_small_machine_is_told_what_it_lacks_and_needs() -> None:
    """With ten units d would take the place of b: 4.05 + 1.05."""
    found = asked("d")

    assert [(each.role, each.resource, each.has, each.needs) for each in found.lacks] == [("db", "units", 5, 10)]
    assert found.able == ()
    assert found.enters == Price(None, ever=False)
    ((resource, least, outcome),) = found.larger
    assert (resource, least, outcome.result.plan and str(outcome.result.plan.cost)) == ("units", 10, "5.10")


def test_least_size_is_that_of_the_smallest_use() -> None:
    """For both roles on one server 15 units are needed, for web alone 5: with 4 d does nothing, with 5 it saves."""
    kit = catalogue({"db": 10, "web": 5}, added=[("web", "db")])
    machines = [
        {"machine": "a", "units": 10, "cost": "4.00"},
        {"machine": "b", "units": 5, "cost": "3.00"},
        {"machine": "d", "units": 4, "cost": "1.00"},
    ]
    found = why(ONE.solve(tiny(kit, machines, roles={"db": 1, "web": 1}, minimize=("cost",))), "d", solver=ONE)

    assert [(resource, least) for resource, least, _ in found.larger] == [("units", 5)]


def test_size_is_no_matter_for_a_dear_machine() -> None:
    """At 7.05 c would not be in the plan however large it were."""
    found = asked("c")

    assert found.sized
    assert (found.larger, found.together) == ((), None)


@pytest.mark.parametrize(
    ("column", "cell", "said", "told"),
    [
        ("available", "no", {}, "it is not available"),
        ("runs", "web", {}, "it runs web (--reuse takes it)"),
        ("", "", {"ban": ("a",)}, "it is banned"),
    ],
)
def test_barred_machine_is_told_what_it_would_change(column: str, cell: str, said: dict[str, Any], told: str) -> None:
    """The cheapest machine is out for another reason than its price: free for use it would save 3.00."""
    machines = with_columns(**{column: {"a": cell}}) if column else POOL
    found = asked("a", machines, **said)

    assert found.barred == (told,)
    assert found.freed is not None
    assert found.freed.difference("cost").plans == -300  # type: ignore[union-attr]
    assert found.enters == Price(704)


def test_machine_without_a_price_enters_below_what_it_replaces() -> None:
    """Of x no price is known: in place of b it may cost 5.04, and its size is not asked."""
    found = asked("x", [*POOL, {"machine": "x", "units": 10, "cost": ""}])

    assert (found.machine.price, found.able, found.enters) == (None, ("db",), Price(504))
    assert not found.sized


def test_row_of_several_machines_moves_together() -> None:
    """Of e there are two: at 4.54 both come, 9.08 below 9.10; at 4.55 one in place of b, up to 5.04."""
    machines = [{**each, "quantity": "1"} for each in POOL] + [
        {"machine": "e", "units": 10, "cost": "8.05", "quantity": "2"}
    ]

    assert asked("e", machines).enters == Price(504)
    cheap = [*machines[:4], {**machines[4], "cost": "1.00"}]
    found = asked("e", cheap)
    assert (found.taken, found.stays) == (2, Price(405))  # above, a for 4.05 takes the place of one


def test_what_is_unproven_is_not_explained() -> None:
    """A plan that a limit ended early may be anything."""
    found = why(replace(result(), status=Status.FEASIBLE), "a")

    assert found.untold == "the plan is not proven optimal"


def test_faults_are_told() -> None:
    """A machine that is not there, or no plan at all."""
    with pytest.raises(UsageError, match="no machine 'zz'"):
        why(result(), "zz")
    with pytest.raises(UsageError, match="no plan"):
        why(result(roles={"db": 4}), "a")


def test_sizes_that_others_decide_on_are_not_tried() -> None:
    """Where servers are to be alike, more is not always better."""
    found = asked("d", alike={"db.units": "any"})

    assert (found.unsized, found.larger, found.together) == (("units",), (), None)


def test_least_sizes_together_are_each_needed() -> None:
    """Of two resources d lacks both: one alone does nothing, both as b has them do."""
    kit = build(
        {
            "name": "two",
            "title": "two",
            "source": "made up",
            "levels": ["only"],
            "resources": {name: {"kind": "count", "combine": "sum"} for name in ("units", "slots")},
            "roles": [{"name": "db", "minimum": {"only": {"needs": {"units": "10", "slots": "3"}}}}],
        }
    )
    machines = [
        {"machine": "b", "units": 10, "slots": 3, "cost": "5"},
        {"machine": "d", "units": 4, "slots": 1, "cost": "1"},
    ]
    found = why(ONE.solve(tiny(kit, machines, roles={"db": 1}, minimize=("cost",))), "d", solver=ONE)

    assert found.larger == ()
    assert found.together is not None
    assert found.together[0] == {"units": 10, "slots": 3}
    assert found.together[1].difference("cost").plans == -4  # type: ignore[union-attr]


def test_solve_that_ends_early_tells_nothing() -> None:
    """What a limit left open is not passed on as an answer."""

    class Hasty(Solver):
        def solve(self, problem: Problem) -> Result:
            return replace(super().solve(problem), status=Status.FEASIBLE)

    assert why(result(), "b", solver=Hasty(threads=1)).untold == "a solve ended before its proof was complete"
