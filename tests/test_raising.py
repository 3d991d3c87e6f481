from itertools import product
from math import inf
from random import Random

import numpy as np
import pytest

from obplace.columns import Columns
from obplace.covering import Covering, Fork, Leaf, Node, Row, impossible, row_at
from obplace.fleet import Count, Fleet, Ints, Kind, Stand, paid
from obplace.generate import Prices
from obplace.lacking import Lacking
from obplace.pricing import pricer
from obplace.purse import Programme
from obplace.raising import raised
from obplace.sets import Sets


def drawn(seed: int) -> Fleet:
    """Return a fleet of a few kinds and machines, so small that all numbers of machines can be gone through."""
    rng = Random(seed)
    kinds = tuple(Kind(f"k{n}", rng.randint(1, 3), (rng.randint(1, 7), rng.randint(1, 5)), 2) for n in range(3))
    stands = tuple(
        Stand(
            f"s{n}",
            (rng.randint(7, 14), rng.randint(5, 12)),
            tuple((price, rng.randint(1, 2)) for price in sorted(rng.sample(range(3, 12), rng.randint(1, 2)))),
        )
        for n in range(3)
    )
    return Fleet(("x", "y"), kinds, stands)


def numbers(fleet: Fleet) -> list[Ints]:
    """Return all numbers of machines that there can be."""
    return [np.array(each) for each in product(*(range(stand.size + 1) for stand in fleet.stands))]


def may_do(fleet: Fleet, machines: Ints) -> bool:
    """Say whether all copies fit on so many machines, by going through what each of them may run."""
    sets = [np.array(each) for each in product(*(range(int(most) + 1) for most in fleet.most))]
    left = {tuple(fleet.copies.tolist())}
    for s, number in enumerate(machines.tolist()):
        fitting = [items for items in sets if (items @ fleet.needs <= fleet.capacities[s]).all()]
        for _ in range(number):
            left = {tuple(np.maximum(0, rest - items).tolist()) for rest in map(np.array, left) for items in fitting}
    return tuple([0] * len(fleet.kinds)) in left


def least(fleet: Fleet) -> int | None:
    """Return what the cheapest machines cost that may do."""
    return min((paid(fleet, each) for each in numbers(fleet) if may_do(fleet, each)), default=None)


def nothing(_: Ints) -> None:
    """Know nothing of what machines lack."""


def always() -> float:
    """Return that there is time."""
    return inf


def test_programme_finds_the_most_that_money_buys() -> None:
    """Whatever the values, the goal and what has to be used: the same as going through all numbers of machines."""
    for seed in range(80):
        fleet, rng = drawn(seed), Random(seed)
        values = [rng.randint(0, 9) for _ in fleet.stands]
        low = np.array([rng.randint(0, 1) for _ in fleet.stands])
        high = np.maximum(low, np.array([rng.randint(0, stand.size) for stand in fleet.stands]))
        budget, goal = rng.randint(0, 60), rng.randint(1, 40)
        fits = [
            int(each @ np.array(values))
            for each in numbers(fleet)
            if (low <= each).all() and (each <= high).all() and paid(fleet, each) <= budget
        ]
        programme = Programme(fleet, values, goal, (budget,), low, high)

        assert programme.reached == (max(fits, default=-1) >= goal)
        if programme.reached:
            used = programme.used()
            assert paid(fleet, used) <= budget
            assert int(used @ np.array(values)) == max(fits)
            assert (low <= used).all()
            assert (used <= high).all()


def test_two_budgets_hold_at_once() -> None:
    """Of a first objective and a second one that is told in the same prices, both are kept."""
    stands = (Stand("s", (1,), ((101, 3),)), Stand("t", (1,), ((203, 2),)))
    fleet = Fleet(("x",), (Kind("a", 3, (1,)),), stands, unit=100)
    low, high = np.zeros(2, dtype=np.int64), fleet.sizes

    assert Programme(fleet, [1, 3], 4, (3, 4), low, high).reached  # one of each: 3 and 4
    assert not Programme(fleet, [1, 3], 4, (3, 3), low, high).reached
    assert not Programme(fleet, [1, 3], 5, (3, 9), low, high).reached


def test_bounds_are_true_and_often_all_there_is() -> None:
    """No bound is above what the cheapest machines cost that hold all copies, and most reach it."""
    tight = known = 0
    for seed in range(16):
        fleet = drawn(seed)
        true = least(fleet)
        if true is None:
            continue
        needs = tuple(int(each) for each in fleet.needs.sum(axis=1))
        first = row_at(fleet, pricer(fleet), Prices(1, needs, ()))
        lacking = Lacking(fleet, pricer(fleet), Sets(len(fleet.kinds)), always)
        proof = raised(fleet, [first], lacking.row, (0, 1, paid(fleet, fleet.sizes)), always)
        bound = 0 if proof is None or proof.bound is None else proof.bound

        assert bound <= true, seed
        tight += bound == true
        known += 1

    assert tight >= 0.9 * known > 8


def test_what_machines_lack_is_a_row_that_they_break() -> None:
    """A row that comes back is broken by those machines, and kept by all that may do."""
    rows = 0
    for seed in range(6):
        fleet = drawn(seed)
        lacking = Lacking(fleet, pricer(fleet), Sets(len(fleet.kinds)), always)
        good = [each for each in numbers(fleet) if may_do(fleet, each)]
        for machines in numbers(fleet)[::5]:
            row = lacking.row(machines)
            if row is not None:
                rows += 1
                assert int(machines @ np.array(row.most)) < row.least
                assert all(int(each @ np.array(row.most)) >= row.least for each in good)

    assert rows > 15


def test_rows_are_added_up_at_the_prices_that_do() -> None:
    """Rows that parts of machines keep at 10 and whole ones at 12, and none of them by itself."""
    stands = (Stand("s", (3, 1), ((4, 4),)), Stand("t", (1, 3), ((4, 4),)))
    kinds = (Kind("a", 5, (1, 0), 3), Kind("b", 5, (0, 1), 3))
    fleet = Fleet(("x", "y"), kinds, stands)
    rows = [row_at(fleet, pricer(fleet), Prices(1, worth, ())) for worth in ((1, 0), (0, 1))]
    proof = raised(fleet, rows, nothing, (0, 12, 12), always)

    assert proof is not None
    assert proof.bound == 12
    assert len(proof.rows) == 2
    assert least(fleet) == 12


def test_tree_is_split_where_no_prices_do() -> None:
    """One machine of each stand is needed: no sum of the two rows says so, each half of a split does."""
    fleet = Fleet(("x",), (Kind("a", 2, (1,)),), (Stand("s", (2,), ((5, 1),)), Stand("t", (2,), ((5, 1),))))
    rows = [Row((4, 0), 2, kinds=(0,)), Row((0, 4), 2, kinds=(0,))]
    proof = raised(fleet, rows, nothing, (0, 10, 10), always)

    assert proof is not None
    assert proof.bound == 10
    assert isinstance(proof.tree, Fork)
    assert len(leaves(proof.tree)) == 2


@pytest.mark.parametrize(
    ("fleet", "possible"),
    [
        (Fleet(("x",), (Kind("a", 1, (11,)),), (Stand("s", (10,), ((5, 2),)),)), False),
        (Fleet(("x",), (Kind("a", 3, (6,)),), (Stand("s", (10,), ((5, 2),)),)), False),
        (Fleet(("x",), (Kind("a", 3, (5,)), Kind("b", 2, (5,))), (Stand("s", (10,), ((5, 2),)),)), False),
        (Fleet(("x",), (Kind("a", 2, (5,)), Kind("b", 2, (5,))), (Stand("s", (10,), ((5, 2),)),)), True),
        (
            Fleet(
                ("x",),
                (Kind("a", 3, (1,)),),
                (Stand("s", (9,), ((5, 3),), frozenset({"r"})),),
                counts=(Count((0,), "r", 2),),
            ),
            False,
        ),
    ],
    ids=["fits nowhere", "one a machine", "resource", "all fit", "rack"],
)
def test_what_cannot_be_has_a_proof(fleet: Fleet, possible: bool) -> None:
    """One row that all machines together break: of a kind, of a resource, of what a count leaves."""
    proof = impossible(fleet)

    assert (proof is None) == possible
    if proof is not None:
        [row] = proof.rows
        assert row.least > int(fleet.sizes @ np.array(row.most))
        assert Columns(fleet).run().infeasible


def leaves(node: Node) -> list[Leaf]:
    """Return the leaves of a tree."""
    return [node] if isinstance(node, Leaf) else [*leaves(node.low), *leaves(node.high)]


def test_proofs_hold_their_rows_and_no_others() -> None:
    """Every row of a proof has a price in a leaf, and every leaf a price for each row."""
    for seed in range(20):
        out = Columns(drawn(seed), seconds=5, workers=1).run()
        if isinstance(out.proof, Covering) and out.proof.bound is not None:
            found = leaves(out.proof.tree)

            assert all(len(leaf.prices) == len(out.proof.rows) for leaf in found)
            assert all(any(leaf.prices[n] for leaf in found) for n in range(len(out.proof.rows)))
            assert isinstance(out.proof.tree, Leaf | Fork)
