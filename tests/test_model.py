"""The model's arithmetic: slots by price, completed values, and rows that hold in exact integers."""

from obplace.greedy import greedy
from obplace.kernel import reduce
from obplace.model import Model, Row, value_of
from obplace.rows import build
from tests.small import machines, problem

COLUMNS = "cpu,memory,storage,cost,quantity"
ONE = {"odp": 0, "ocp": 0, "oat": 0}
POOL = machines("8,24 GB,2 TB,5,1", "8,24 GB,2 TB,2,3", "8,24 GB,2 TB,2,1", columns=COLUMNS)


def made(copies: int, **words) -> Model:
    """Return the model of so many OBServers on that pool."""
    return build(reduce(problem(POOL, roles={**ONE, "observer": copies}, **words)))


def test_rows_hold_in_exact_integers() -> None:
    """Bounds are inclusive, None is no bound, and large numbers are not rounded."""
    row = Row({0: 2**60, 1: -1}, 0, 2**60)

    assert row.holds([1, 0])
    assert not row.holds([0, 1])
    assert not row.holds([2, 1])
    assert Row({0: 1}, None, None).holds([-5])


def test_equal_machines_are_one_variable() -> None:
    """One class: the three and the one for 2 are equal in price and surplus, the one for 5 is another slot."""
    model = made(5)

    assert [[model.upper[number] for number in numbers] for numbers in model.slots.values()] == [[4, 1]]
    assert len(model.running) == 1


def test_counts_are_completed_by_the_cheapest_slots() -> None:
    """Five servers are four for 2 and one for 5."""
    model = made(5)
    (running,) = model.running
    values = model.complete({running: 5})

    assert values is not None
    assert value_of(model.objectives["cost"], values) == 13
    assert value_of(model.objectives["servers"], values) == 5
    assert model.counts(values) == {running: 5}


def test_counts_that_break_a_rule_are_refused() -> None:
    """Four where five are asked, and six where there are five."""
    model = made(5)
    (running,) = model.running

    assert model.complete({running: 4}) is None
    assert model.complete({running: 6}) is None


def test_settling_takes_the_cheapest() -> None:
    """A solution that took the dear slot is brought to the one that lift will take; the total stays."""
    model = made(5)
    (cheap, dear) = model.slots[0]
    values = [0] * len(model.upper)
    values[dear] = 1

    settled = model.settle(values)
    assert (settled[cheap], settled[dear]) == (1, 0)


def test_surplus_stands_behind_the_objectives() -> None:
    """It is the last objective, also where there are no prices."""
    assert list(made(1).objectives) == ["servers", "cost", "surplus"]
    assert list(made(1, minimize="cost").objectives) == ["cost", "servers", "surplus"]


def test_first_plan_keeps_the_rules() -> None:
    """Without a solver there is a plan: the two cheapest, in two zones, the pin kept."""
    text = machines(
        "8,24 GB,2 TB,1,a",
        "8,24 GB,2 TB,1,a",
        "8,24 GB,2 TB,6,b",
        "8,24 GB,2 TB,9,b",
        columns="cpu,memory,storage,cost,zone",
    )
    words = {"roles": {**ONE, "observer": 2}, "spread": {"observer": "zone:2"}}

    def cost(**more) -> int | None:
        kernel = reduce(problem(text, **words, **more))
        model = build(kernel)
        values = greedy(kernel, model)
        return None if values is None else value_of(model.objectives["cost"], values)

    assert cost() == 7
    assert cost(pin={"observer": "m4"}) == 10
    assert cost(pin={"observer": "m1,m2"}) is None
    assert cost(spare={"observer": 1}) == 8
