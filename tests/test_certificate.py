"""The checker's bound by hand arithmetic: what prices prove, from both sides, and what they must not name.

Roles web and db need 10 and 20 units. Prices below are in units of the objective; `whole` makes them 2**-20 of it.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from obplace.certificate import SHIFT, bounds
from obplace.certificate_form import ChoiceSplit, CountSplit, Fork, Leaf, Node, Stage
from obplace.claims import claims
from obplace.problem import Problem
from obplace.rules import Ban, Either, Majority, Pin, Rule, Same, Spread, Survive
from tests.ruled import ruled
from tests.tiny import catalogue

Rows = list[dict[str, Any]]

KIT = catalogue({"web": 10, "db": 20}, added=[("web", "db")])
PAIRS = catalogue({"web": 10}, most=2)
COST = ("cost", "servers")


def whole(price: float | Fraction) -> int:
    """Return a price as a certificate has it."""
    return int(price * (1 << SHIFT))


def leaf(prices: Mapping[int, Mapping[str, float | Mapping[str, float]]] = {}, **more: Any) -> Leaf:
    """Return a leaf of these prices."""
    return Leaf(
        {
            rule: {
                part: {domain: whole(each) for domain, each in price.items()}
                if isinstance(price, Mapping)
                else whole(price)
                for part, price in parts.items()
            }
            for rule, parts in prices.items()
        },
        **more,
    )


def proves(problem: Problem, objective: str | None, tree: Node) -> int:
    """Return the bound of one stage."""
    return bounds(problem, [Stage(objective, 0, tree)])[0]


def machines(*costs: int | None, units: int = 60) -> Rows:
    """Return machines a, b, c ... of these costs."""
    return [{"machine": name, "units": units, "cost": cost} for name, cost in zip("abcdef", costs, strict=False)]


def webs(rows: Rows, copies: int, *rules: Rule, **more: Any) -> Problem:
    """Return the problem of some copies of web; rule 0 is "at least", rule 1 "at most", then come the others."""
    return ruled(more.pop("kit", KIT), rows, {"web": copies}, *rules, **{"objectives": COST, **more})


# Sums over machines


@pytest.mark.parametrize(("price", "bound"), [(0, 0), (3, 6), (4, 7), (5, 7), (9, 7), (10, 6), (20, -4), (3.25, 7)])
def test_each_machine_does_its_own_best(price: float, bound: int) -> None:
    """Two webs on machines of 3, 4 and 9 cost 7: 2 y less what each machine is cheaper than y; rounded up once."""
    assert proves(webs(machines(3, 4, 9), 2), "cost", leaf({0: {"least": price}})) == bound


def test_servers_count_one_each() -> None:
    """Two webs take two servers: 2 y, and nothing of a machine as long as y is 1 at most."""
    problem = webs(machines(3, 4, 9), 2)

    assert proves(problem, "servers", leaf({0: {"least": 1}})) == 2
    assert proves(problem, "servers", leaf({0: {"least": 2}})) == 1  # 4 - 3 * 1


def test_quantity_counts_as_often() -> None:
    """A row of two machines of 3: 18 - 2 * 6 - 0 = 6."""
    rows = [row | {"quantity": number} for row, number in zip(machines(3, 9), (2, 1), strict=True)]

    assert proves(webs(rows, 2), "cost", leaf({0: {"least": 9}})) == 6
    assert proves(webs([row | {"quantity": 1} for row in rows], 2), "cost", leaf({0: {"least": 9}})) == 12


@pytest.mark.parametrize(
    "flaw", [{"available": "no"}, {"units": 9}, {"units": None}, {"cost": None}, {"runs": "something"}]
)
def test_machines_that_run_nothing_help_nobody(flaw: dict[str, Any]) -> None:
    """Without the cheapest machine the two webs cost 13, and the price of 9 proves it: 18 - 5 - 0."""
    rows = [{"available": "yes", "runs": None, **row} for row in machines(3, 4, 9)]
    assert proves(webs(rows, 2), "cost", leaf({0: {"least": 9}})) == 7

    rows[0] |= flaw
    assert proves(webs(rows, 2), "cost", leaf({0: {"least": 9}})) == 13


def test_banned_machine_runs_nothing() -> None:
    """The same where a rule says so."""
    assert proves(webs(machines(3, 4, 9), 2, Ban("a")), "cost", leaf({0: {"least": 9}})) == 13


def test_machine_takes_its_best_set_of_roles() -> None:
    """One web and one db on machines of 5 that hold both: 5; of 29 units they hold one of them: 10."""
    both = ruled(KIT, machines(5, 5, units=30), {"web": 1, "db": 1}, objectives=COST)
    one = ruled(KIT, machines(5, 5, units=29), {"web": 1, "db": 1}, objectives=COST)
    prices = leaf({0: {"least": 2}, 2: {"least": 3}})

    assert proves(both, "cost", prices) == 5  # 2 + 3, and 5 - 2 - 3 of a machine
    assert proves(both, "cost", leaf({0: {"least": 5}, 2: {"least": 5}})) == 0  # 10 - 2 * 5
    assert proves(one, "cost", leaf({0: {"least": 5}, 2: {"least": 5}})) == 10


def test_pin_pays_on_its_machine_alone() -> None:
    """One web pinned to the dear machine costs 9, whatever the others cost."""
    problem = webs(machines(3, 4, 9), 1, Pin("web", "c"))

    assert proves(problem, "cost", leaf({2: {"pin": 9}})) == 9
    assert proves(problem, "cost", leaf({2: {"pin": 12}})) == 9


def test_prices_beyond_64_bits_are_exact() -> None:
    """Machines of about 2**53, prices up to 2**150: the sums are those of Python's integers."""
    dear = 1 << 53
    problem = webs(machines(dear, dear + 1, dear + 3), 2)
    for price in (dear - 1, dear, dear + 1, dear + 2, 1 << 60, (1 << 130) + 7):
        bound = 2 * price - sum(max(0, price - each) for each in (dear, dear + 1, dear + 3))
        assert proves(problem, "cost", Leaf({0: {"least": price << SHIFT}})) == bound

    assert proves(problem, "cost", Leaf({0: {"least": (dear + 1) << SHIFT}})) == 2 * dear + 1  # the optimum


def test_both_ways_to_add_agree_where_one_ends() -> None:
    """Just below and just above what 64 bits hold the bound goes on in a straight line: a unit of price takes one."""
    problem = webs(machines(3, 4, 9), 2)
    found = [proves(problem, "cost", Leaf({0: {"least": (1 << 62) + (step << SHIFT)}})) for step in range(-40, 3)]

    assert [one - other for one, other in pairwise(found)] == [1] * 42


# Choices


def places() -> Problem:
    """Return two webs in two zones: x has machines of 1 and 1, y one of 5; the best is 6."""
    rows = [row | {"zone": zone} for row, zone in zip(machines(1, 1, 5), "xxy", strict=True)]
    return webs(rows, 2, Spread("web", "zone", 2))


def test_zones_have_prices_of_their_own() -> None:
    """Both zones are used, each holds one at least: 2 * 5 + min(0, 1 - 5) + min(0, 5 - 5) = 6."""
    problem = places()

    assert proves(problem, "cost", leaf({0: {"least": 1}})) == 2
    assert proves(problem, "cost", leaf({2: {"held": {"x": 1, "y": 5}, "domains": 5}})) == 6
    assert proves(problem, "cost", leaf({2: {"held": {"x": 1, "y": 6}, "domains": 6}})) == 6  # 12 - 5 - 0, y: 5 - 6


def test_zones_that_are_not_named_have_the_other_price() -> None:
    """As if each were listed with it."""
    problem = places()
    short = leaf({2: {"held": {"x": 1}, "domains": 5}}, others={2: {"held": whole(5)}})

    assert proves(problem, "cost", short) == 6
    assert proves(problem, "cost", leaf({2: {"held": {"x": 1}, "domains": 5}})) == 1  # y, at no price, is 0 - 5


def test_halves_of_a_choice() -> None:
    """Where zone y is not used it may be as dear as it likes to use it; a half without plans bounds nothing."""
    problem = places()
    unused = leaf({2: {"domains": 5}})  # 10 - 5 for x, 0 for y
    used = leaf({2: {"held": {"x": 1, "y": 5}, "domains": 5}})
    split = ChoiceSplit(2, "used", "y")

    assert proves(problem, "cost", Fork(split, 0, unused, used)) == 5
    assert proves(problem, "cost", Fork(split, 0, leaf({2: {"domains": 9}}), used)) == 6  # 18 - 9: low is not possible
    assert proves(problem, "cost", Fork(split, 0, leaf(), used)) == 0


def test_one_role_or_the_other() -> None:
    """A web or two dbs: one server, or two where the web is barred."""
    problem = ruled(KIT, machines(4, 4), {"web": 0, "db": 0}, Either((("web", 1), ("db", 2))), bounded=False)
    prices = leaf({0: {"copies web": 0.5, "copies db": 0.5, "one": 0.5}})

    assert proves(problem, "servers", prices) == 1  # 0.5 + min(0, 0.5 - 0.5) + min(0, 2 * 0.5 - 0.5), and 1 - 0.5 - 0.5
    low = leaf({0: {"copies web": 0, "copies db": 1, "one": 2}})
    barred = leaf(
        {0: {"one": 9}}
    )  # an option of which no more is said is as good as none: 9 - 9 in the half of the web
    assert proves(problem, "servers", Fork(ChoiceSplit(0, "web", None), 0, low, prices)) == 1
    assert proves(problem, "servers", Fork(ChoiceSplit(0, "web", None), 0, low, barred)) == -9
    assert (
        proves(problem, "servers", Fork(ChoiceSplit(0, "web", None), 0, low, low)) == 0
    )  # 2 + min(0, -2) where it is 1


def test_one_architecture() -> None:
    """Two webs on one architecture: arm has machines of 1 and 9, x86 two of 4; the best is 8, without the rule 5."""
    rows = [
        row | {"arch": arch} for row, arch in zip(machines(1, 9, 4, 4), ["aarch64"] * 2 + ["x86_64"] * 2, strict=True)
    ]
    problem = webs(rows, 2, Same("web", "arch", None))
    prices = {0: {"least": 9.0}, 2: {"used": {"aarch64": -3.0, "x86_64": -5.0}, "one": -10.0}}

    # 18 - 10; of a used aarch64 10 - 2 * 3 and x86_64 10 - 2 * 5, so nothing; 1 + 3 - 9 = -5, 9 + 3 - 9, 4 + 5 - 9
    assert proves(problem, "cost", leaf(prices)) == 3
    arm = leaf({0: {"least": 9}, 2: {"used": {"x86_64": -5}}})  # 18 - 8 on aarch64, x86_64 not used
    x86 = leaf({0: {"least": 4}, 2: {"used": {"aarch64": -3}}})  # 8; aarch64 not used, 1 + 3 - 4
    one = Fork(ChoiceSplit(2, "used", "aarch64"), 0, x86, Fork(ChoiceSplit(2, "used", "x86_64"), 0, arm, leaf()))
    assert proves(problem, "cost", one) == 0  # both used: nothing is said of that
    both = leaf({2: {"one": -8}})  # -8 + 2 * 8
    one = Fork(ChoiceSplit(2, "used", "aarch64"), 0, x86, Fork(ChoiceSplit(2, "used", "x86_64"), 0, arm, both))
    assert proves(problem, "cost", one) == 8


def test_absence_keeps_a_majority_and_a_spare() -> None:
    """Where a role may be left out no prices say otherwise; one copy in the only rack has no majority to keep."""
    rows = [row | {"rack": "r"} for row in machines(1)]
    none = webs(rows, 0, Majority("web", "rack", None, None), Survive("web", 0, 1), bounded=False)
    some = webs(rows, 1, Majority("web", "rack", None, None))

    assert proves(none, None, leaf({0: {"lost": {"r": -1}}})) == 0
    assert list(claims(none)) == [0]  # the spare asks nothing
    assert proves(some, None, leaf({2: {"lost": {"r": -1}}})) == 1  # 2 - 1 is not below 0


# Trees and stages


def test_tree_closes_what_the_root_leaves_open() -> None:
    """Three webs, two on a machine at most, machines of 10: one and a half of them at the root, two in the tree."""
    problem = webs(machines(10, 10, 10), 3, kit=PAIRS)
    assert proves(problem, "cost", leaf({0: {"least": 5}})) == 15

    few = leaf({0: {"least": 10}}, splits=(whole(-10),))  # 30 - 10 * 1; two webs: 10 + 10 - 20
    many = leaf(splits=(whole(10),))  # 10 * 2; two webs: 10 - 10
    tree = Fork(CountSplit(("web", "web"), None), 1, few, many)
    assert proves(problem, "cost", tree) == 20
    assert proves(problem, "cost", Fork(CountSplit(("web", "web"), None), 0, few, many)) == 10  # at most 0, at least 1


def test_count_of_machines_like_one() -> None:
    """Those that may run the same, where rules read the same: the small machine is not among those like a."""
    rows = [*machines(10, 10), {"machine": "s", "units": 10, "cost": 1}]
    problem = webs(rows, 3, kit=PAIRS)
    many = leaf(splits=(whole(10),))

    assert proves(problem, "cost", Fork(CountSplit(("web", "web"), "a"), 1, leaf({0: {"least": 7}}), many)) == 7
    assert proves(problem, "cost", Fork(CountSplit(("web",), "s"), -1, leaf(splits=(whole(-10),)), leaf())) == 0
    alone = Fork(CountSplit(("web",), "s"), 0, leaf({0: {"least": 5}}, splits=(whole(-4),)), leaf(splits=(whole(1),)))
    assert proves(problem, "cost", alone) == 1  # low: 15, s: 1 + 4 - 5; high: s is used


def test_stage_rests_on_the_one_before() -> None:
    """Two webs: a machine of 9 for both, or two of 1. One server is the least, and then they cost 9, not 2."""
    rows = [{"machine": "a", "units": 20, "cost": 9}, *({"machine": m, "units": 10, "cost": 1} for m in "bc")]
    problem = webs(rows, 2, kit=PAIRS, objectives=("servers", "cost"))
    servers = Stage("servers", 1, leaf({0: {"least": 0.5}}))
    # 17 - 8; a: 9 + 8 - 17, b: 1 + 8 - 8.5
    cost = Stage("cost", 9, leaf({0: {"least": 8.5}}, objectives={"servers": whole(-8)}))

    assert bounds(problem, [servers, cost]) == [1, 9]
    with pytest.raises(ValueError, match="objective servers is not proven before, or its price is positive"):
        bounds(problem, [cost])
    with pytest.raises(ValueError, match="objective servers is not proven before, or its price is positive"):
        bounds(problem, [servers, Stage("cost", 9, leaf(objectives={"servers": 1}))])


def test_no_plan() -> None:
    """Three webs and two machines: 3 - 2 = 1, so there is none; of two webs nothing is proven."""
    assert proves(webs(machines(1, 1), 3), None, leaf({0: {"least": 1}})) == 1
    assert proves(webs(machines(1, 1), 3), None, Leaf({0: {"least": 1}})) == 1  # a part of 2**-20 is enough
    assert proves(webs(machines(1, 1), 2), None, leaf({0: {"least": 1}})) == 0


# What prices must not do


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (leaf({0: {"least": -1}}), "least: a price of the wrong sign"),
        (leaf({1: {"most": 1}}), "most: a price of the wrong sign"),
        (leaf({2: {"held": {"x": -1}}}), "held: a price of the wrong sign"),
        (leaf({2: {"held": {"x": 1}}}, others={2: {"held": -1}}), "held: a price of the wrong sign"),
        (leaf({9: {"least": 1}}), "rule 9 has no rows"),
        (leaf({0: {"most": 1}}), "rule 0 has no part most"),
        (leaf({0: {"least": {"x": 1}}}), "rule 0, least: a price for each domain, or one for all"),
        (leaf({2: {"held": 1}}), "rule 2, held: a price for each domain, or one for all"),
        (leaf({2: {"held": {"w": 1}}}), "rule 2 has no domain w"),
        (leaf(splits=(1,)), "1 prices for 0 splits"),
        (Fork(ChoiceSplit(2, "used", None), 0, leaf(), leaf()), "no such choice"),
        (Fork(ChoiceSplit(0, "used", None), 0, leaf(), leaf()), "no such choice"),
        (Fork(ChoiceSplit(2, "used", "w"), 0, leaf(), leaf()), "rule 2 has no domain w"),
        (Fork(ChoiceSplit(2, "used", "x"), 0, leaf(splits=(1,)), leaf()), "no such choice"),
        (Fork(CountSplit(("web",), None), 0, leaf(splits=(1,)), leaf()), "split: a price of the wrong sign"),
        (Fork(CountSplit(("web",), None), 0, leaf(), leaf(splits=(-1,))), "split: a price of the wrong sign"),
        (Fork(CountSplit(("web",), "nobody"), 0, leaf(), leaf()), "no machine nobody"),
    ],
)
def test_foreign_prices_are_refused(tree: Node, message: str) -> None:
    """A bound from them would be no bound: wrong signs, rules, parts, domains, choices and machines."""
    with pytest.raises(ValueError, match=message):
        proves(places(), "cost", tree)


@pytest.mark.parametrize("objective", ["alike", "surplus", ""])
def test_only_servers_and_cost_are_proven(objective: str) -> None:
    """What is no objective, or none that prices speak of, has no proof."""
    with pytest.raises(ValueError, match=f"there is no proof of {objective} here"):
        proves(places(), objective, leaf())


def test_objective_is_proven_once() -> None:
    """A second stage could rest on the first one's word."""
    with pytest.raises(ValueError, match="there is no proof of cost here"):
        bounds(places(), [Stage("cost", 0, leaf()), Stage("cost", 0, leaf())])


def test_catalogue_with_too_many_sets_of_roles() -> None:
    """Seven roles, each three times on a machine: 4 ** 7 sets are more than the checker goes through."""
    kit = catalogue({f"r{k}": 1 for k in range(7)}, most=3, free=True)
    problem = ruled(kit, machines(1), dict.fromkeys(kit.roles, 3))

    with pytest.raises(ValueError, match="more than 5,000 sets of roles to look at on one machine"):
        proves(problem, "servers", leaf())
