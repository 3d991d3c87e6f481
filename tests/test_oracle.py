from dataclasses import replace

import pytest

from obplace.rules import AtMost
from tests.oracle import best, holds
from tests.oracle_search import Best
from tests.problems import draw
from tests.tiny import catalogue, tiny

WEB = catalogue({"web": 10})
PAIR = catalogue({"web": 10, "db": 20}, added=[("web", "db")])


def test_oracle_counts_servers_then_cost():
    """One server for both is better than two cheaper ones, and the cheaper of two such servers is taken."""
    machines = [
        {"machine": "a", "units": 30, "cost": 9},
        {"machine": "b", "units": 30, "cost": 8},
        {"machine": "c", "units": 20, "cost": 2},
        {"machine": "d", "units": 10, "cost": 1},
    ]

    assert best(tiny(PAIR, machines)).objectives == (1, 8)  # a or b for 10 + 20 units; b costs 8
    assert best(tiny(PAIR, machines, minimize=("cost",))).objectives == (3, 2)  # db on c and web on d: 2 + 1


def test_oracle_counts_ways():
    """Every placement that is as good counts, equal machines of one row once."""
    machines = [{"machine": "a", "units": 10, "quantity": 3}, {"machine": "b", "units": 10, "quantity": 1}]

    found = best(tiny(WEB, machines, roles={"web": 2}))

    assert found == Best(objectives=(2,), surplus=2 * 10**6, ways=2)  # two of a, or one of a and b


def test_oracle_sees_that_nothing_is_possible():
    """Two copies have no place where one machine is large enough for one."""
    machines = [{"machine": "a", "units": 10}, {"machine": "b", "units": 9}]

    assert best(tiny(WEB, machines, roles={"web": 2})) is None


@pytest.mark.parametrize(("how", "units"), [("added", 30), ("included", 20)])
def test_oracle_adds_or_includes_needs(how: str, units: int):
    """Guest and host need 10 + 20 units where needs are added, and the larger where they are included."""
    roles = catalogue({"web": 10, "db": 20}, **{how: [("web", "db")]})

    assert best(tiny(roles, [{"machine": "a", "units": units}])).objectives == (1,)
    assert best(tiny(roles, [{"machine": "a", "units": units - 1}])) is None


def test_oracle_adds_what_the_user_raises():
    """What is raised above the catalogue is added even where the guest is included: 20 and 15 - 10 on top."""
    roles = catalogue({"web": 10, "db": 20}, included=[("web", "db")])

    assert best(tiny(roles, [{"machine": "a", "units": 25}], minimum={"web.units": "15"})).objectives == (1,)
    assert best(tiny(roles, [{"machine": "a", "units": 24}], minimum={"web.units": "15"})) is None


def test_oracle_keeps_headroom_and_tolerance():
    """With 20 % headroom 10 units need 12.5, with 10 % tolerance 9 are enough, with both 11.25."""
    for said, units in (
        ({"headroom": "20%"}, 13),
        ({"tolerance": {"units": "10%"}}, 9),
        ({"headroom": "20%", "tolerance": {"units": "10%"}}, 12),
    ):
        assert best(tiny(WEB, [{"machine": "a", "units": units}], **said)).objectives == (1,)
        assert best(tiny(WEB, [{"machine": "a", "units": units - 1}], **said)) is None


def test_oracle_spreads_evenly():
    """Four copies over two racks are two and two: three machines in one rack and one in the other will not do."""
    machines = [{"machine": name, "units": 10, "rack": rack} for name, rack in zip("abcd", "1112", strict=True)]

    assert best(tiny(WEB, machines, roles={"web": 4}, spread={"web": "rack:2"})) is None
    assert best(tiny(WEB, machines, roles={"web": 3}, spread={"web": "rack:2"})).ways == 3  # d and two of a, b, c


def test_oracle_survives_the_fullest_machines():
    """Three copies on one machine and one on each of three more leave two when any two machines fail."""
    three = {"machine": "a", "units": 30, "rack": "A"}
    machines = [three, *({"machine": name, "units": 10, "rack": "B"} for name in "bcd")]
    roles = catalogue({"web": 10}, most=3)

    found = best(tiny(roles, machines, roles={"web": 2}, spare={"web": 2}, spread={"web": "rack:2"}))

    # 3 | 1 1 1 is even and leaves 1 + 1, so does 2 | 1 1 1; with 2 | 1 1 one is left.
    assert found.objectives == (4,)


def test_oracle_pins_to_any_machine_of_a_row():
    """A pin to a row of three machines holds when any of them runs the role."""
    problem = tiny(WEB, [{"machine": "a", "units": 10, "quantity": 3}], pin={"web": ("a",)})

    assert holds(problem, {"a#3": ["web"]})
    assert not holds(problem, {"a": ["web"]})  # no machine has this name


def test_oracle_pins_and_limits():
    """Pins to two machines need two copies: none may run where one is the most."""
    machines = [{"machine": "a", "units": 10}, {"machine": "b", "units": 10}]
    problem = tiny(WEB, machines, roles={"web": 1}, pin={"web": ("a", "b")})

    assert best(problem) is None
    assert best(replace(problem, rules=(*_others(problem.rules), AtMost("web", 2)))).objectives == (2,)


def _others(rules: tuple[object, ...]) -> list[object]:
    return [rule for rule in rules if not isinstance(rule, AtMost)]


def test_draw_repeats():
    """A seed gives the same problem each time, and another seed another one."""
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_without_takes_out_one_kind():
    """What is left when a kind is taken out has none of it, and all of the rest."""
    drawn = next(drawn for drawn in map(draw, range(200)) if {"ban", "spread"} <= set(drawn.kinds))

    assert drawn.without("ban").deployment == replace(drawn.deployment, ban=())
    assert drawn.without("ban").deployment.spread
