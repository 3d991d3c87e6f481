from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from obplace.kernel import ALL, Kernel, Reduction, lift, reduce
from obplace.problem import Problem
from obplace.rules import AtMost
from obplace.solver import Solver
from tests.problems import draw
from tests.tiny import catalogue, tiny

WEB = catalogue({"web": 10})
PAIR = catalogue({"web": 10, "db": 20}, added=[("web", "db")])
CHEAPEST = frozenset({Reduction.CHEAPEST})
DOMINATED = frozenset({Reduction.DOMINATED})
SEEDS = st.integers(0, 10**6)


def machines(*priced: tuple[int, int], **columns: Sequence[Any]) -> list[dict[str, Any]]:
    """Return machines a, b, ... from (units, cost), with further columns."""
    rows = [{"machine": name, "units": u, "cost": c} for name, (u, c) in zip("abcdef", priced, strict=False)]
    return [row | {name: cells[i] for name, cells in columns.items()} for i, row in enumerate(rows)]


def kept(problem: Problem, used: frozenset[Reduction] = ALL) -> str:
    """Return the names of the machines that stay, sorted."""
    return "".join(sorted(slot.name for each in reduce(problem, used).classes for slot in each.slots))


def without_upper_bound(problem: Problem, role: str) -> Problem:
    """Return the problem in which any number of copies of a role may run."""
    rules = [rule for rule in problem.rules if not (isinstance(rule, AtMost) and rule.roles == (role,))]
    return replace(problem, rules=tuple(rules))


def test_without_reductions_every_machine_stays():
    """Only machines that can run nothing are missing."""
    assert kept(tiny(WEB, machines((10, 3), (9, 1), (10, 2))), frozenset()) == "ac"


def test_cheapest_keeps_as_many_as_a_plan_can_use():
    """One copy needs one server, so the cheapest suffices; two copies need two."""
    pool = machines((10, 3), (10, 1), (10, 2))

    assert kept(tiny(WEB, pool, roles={"web": 1}), CHEAPEST) == "b"
    assert kept(tiny(WEB, pool, roles={"web": 2}), CHEAPEST) == "bc"


def test_cheapest_counts_all_roles_of_the_class():
    """Machines that can run either of two roles may be needed for both: U is 1 + 1."""
    assert kept(tiny(PAIR, machines((30, 3), (30, 1), (30, 2))), CHEAPEST) == "bc"


def test_cheapest_counts_spare_copies():
    """One copy and a spare one may be two servers."""
    assert kept(tiny(WEB, machines((10, 3), (10, 1), (10, 2)), spare={"web": 1}), CHEAPEST) == "bc"


def test_cheapest_breaks_ties_by_surplus_and_name():
    """At one price the smaller machine is taken, of equal ones the first name; without prices they are all equal."""
    assert kept(tiny(WEB, machines((12, 1), (10, 1), (10, 1))), CHEAPEST) == "b"
    assert kept(tiny(WEB, [{"machine": name, "units": 10} for name in "cab"]), CHEAPEST) == "a"


def test_cheapest_keeps_each_domain():
    """Where a role is spread, machines of another rack are another class."""
    pool = machines((10, 1), (10, 2), (10, 3), rack=["r1", "r1", "r2"])

    assert kept(tiny(WEB, pool, roles={"web": 2}, spread={"web": "rack:2"}), CHEAPEST) == "abc"
    assert kept(tiny(WEB, pool, roles={"web": 1}, spread={"web": "rack:1"}), CHEAPEST) == "ac"
    assert kept(tiny(WEB, pool, roles={"web": 1}), CHEAPEST) == "a"


def test_cheapest_takes_part_of_a_row():
    """Of a row of five equal machines the two that a plan can use stay."""
    [only] = reduce(tiny(WEB, machines((10, 1), quantity=[5]), roles={"web": 2}), CHEAPEST).classes

    assert [slot.count for slot in only.slots] == [2]


def test_cheapest_leaves_pinned_machines():
    """A machine that a rule names stays, however dear, and is not one of the cheapest of any other class."""
    problem = tiny(WEB, machines((10, 1), (10, 2), (10, 9)), roles={"web": 2}, pin={"web": ("c",)})

    assert kept(problem, CHEAPEST) == "abc"
    assert {each.named: each.size for each in reduce(problem, CHEAPEST).classes} == {None: 2, "c": 1}


def test_cheapest_does_nothing_without_an_upper_bound():
    """Where any number of copies may run, a plan may use any number of machines."""
    problem = tiny(PAIR, machines((30, 3), (30, 1), (30, 2), (10, 1), (10, 2)))

    assert kept(problem, CHEAPEST) == "bcd"  # of a, b, c two; of d and e, for web alone, one
    assert kept(without_upper_bound(problem, "db"), CHEAPEST) == "abcd"  # db runs on the first class only
    assert kept(without_upper_bound(problem, "web"), CHEAPEST) == "abcde"


def test_dominated_goes_when_enough_do_as_much_for_less():
    """Two servers at most are used, so two larger and cheaper machines make the third needless; one does not."""
    assert kept(tiny(PAIR, machines((10, 5), (30, 1), (30, 1))), DOMINATED) == "bc"
    assert kept(tiny(PAIR, machines((10, 5), (30, 1))), DOMINATED) == "ab"


def test_dominated_compares_prices():
    """A smaller machine that is cheaper than one of the two larger ones stays."""
    assert kept(tiny(PAIR, machines((10, 1), (30, 2), (30, 2))), DOMINATED) == "abc"
    assert kept(tiny(PAIR, machines((10, 2), (30, 1), (30, 3))), DOMINATED) == "abc"


def test_dominated_needs_every_pattern():
    """What cannot run web is no stand-in for a machine that can, whatever its size."""
    roles = catalogue({"web": 10, "db": 20})
    small, large = {"machine": "a", "units": 10, "cost": 9}, {"units": 20, "cost": 1}

    assert kept(tiny(roles, [small, large | {"machine": "b"}, large | {"machine": "c"}]), DOMINATED) == "bc"
    # Where web is spread, b and c can only run db, because their rack is blank.
    racks = [small | {"rack": "r1"}, *({**large, "machine": name, "rack": ""} for name in "bc")]
    assert kept(tiny(roles, racks, spread={"web": "rack:1"}), DOMINATED) == "abc"


def test_dominated_keeps_each_domain():
    """A machine of another rack is no stand-in where a role that it can run is spread over racks."""
    same, other = (machines((10, 5), (30, 1), (30, 1), rack=racks) for racks in (["1", "1", "1"], ["1", "2", "2"]))

    assert kept(tiny(PAIR, same, spread={"web": "rack:1"}), DOMINATED) == "bc"
    assert kept(tiny(PAIR, other, spread={"web": "rack:1"}), DOMINATED) == "abc"
    assert kept(tiny(PAIR, other, spread={"db": "rack:1"}), DOMINATED) == "bc"  # a cannot run db


def test_dominated_counts_machines_of_a_row():
    """A row of two machines is two stand-ins."""
    assert kept(tiny(PAIR, machines((10, 5), (30, 1), quantity=[1, 2])), DOMINATED) == "b"


def test_dominated_leaves_pinned_machines():
    """A pinned machine stays, and is no stand-in for another: it may be busy with its pin."""
    pool = machines((10, 5), (30, 1), (30, 1))

    assert kept(tiny(PAIR, pool, pin={"web": ("a",)}), DOMINATED) == "abc"
    assert kept(tiny(PAIR, pool, pin={"web": ("b",)}), DOMINATED) == "abc"


def test_dominated_does_nothing_without_an_upper_bound():
    """Where any number of copies of one role may run, no number of stand-ins is enough."""
    problem = tiny(PAIR, machines((10, 5), (30, 1), (30, 1)))

    assert kept(problem, DOMINATED) == "bc"
    assert kept(without_upper_bound(problem, "db"), DOMINATED) == "abc"


def test_lift_deals_machines_in_order():
    """Of a class the cheapest machines are taken, and patterns are dealt to them in catalogue order."""
    kernel = reduce(tiny(PAIR, machines((30, 2), (30, 1), (30, 3))), frozenset())
    [only] = kernel.classes
    single = {kernel.patterns[p].roles: p for p in only.patterns}

    plan = lift(kernel, {(0, single[("web", 1),]): 1, (0, single[("db", 1),]): 1})

    assert [(each.name, each.roles) for each in plan.assignments] == [("b", ("web",)), ("a", ("db",))]


def test_lift_numbers_equal_machines():
    """Machines of a row with a quantity are taken from the first on."""
    plan = Solver(threads=1).solve(tiny(WEB, machines((10, 1), quantity=[3]), roles={"web": 2})).plan

    assert [each.name for each in plan.assignments] == ["a#1", "a#2"]


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_kernel_does_not_depend_on_the_order_of_rows(seed: int):
    """Rows in another order give the same classes with the same machines in the same order."""
    drawn = draw(seed).larger(Random(seed))
    order = Random(-seed).sample(range(len(drawn.rows)), len(drawn.rows))

    assert _named(reduce(drawn.pose())) == _named(reduce(drawn.pose(order)))


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_reductions_only_take_away(seed: int):
    """Either reduction leaves some of the machines of each class, as they stood and in their order."""
    problem = draw(seed).larger(Random(seed)).pose()
    names = {used: _slots(reduce(problem, used)) for used in (frozenset[Reduction](), CHEAPEST, DOMINATED, ALL)}

    assert names[CHEAPEST] <= names[frozenset()]
    assert names[DOMINATED] <= names[frozenset()]
    # Not of what DOMINATED leaves alone: among fewer machines fewer are dominated.
    assert names[ALL] <= names[CHEAPEST]
    assert all(list(each.slots) == sorted(each.slots) for each in reduce(problem).classes)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, used=st.sets(st.sampled_from(sorted(ALL))))
def test_any_reductions_keep_the_optimum(seed: int, used: set[Reduction]):
    """Status and objectives are those of the problem without reductions."""
    problem = draw(seed).larger(Random(seed)).pose()

    plain, reduced = (Solver(threads=1, reductions=frozenset(each)).solve(problem) for each in ((), used))

    assert (reduced.status, reduced.objectives) == (plain.status, plain.objectives)


def _slots(kernel: Kernel) -> set[tuple[tuple[int, ...], str]]:
    return {(each.patterns, slot.name) for each in kernel.classes for slot in each.slots}


def _named(kernel: Kernel) -> list[Any]:
    return [
        (each.patterns, each.domains, each.named, [(slot.name, slot.price, slot.count) for slot in each.slots])
        for each in kernel.classes
    ]
