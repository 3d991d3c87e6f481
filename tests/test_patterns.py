"""What one machine can run together, and how large it must be for that."""

import pytest

from obplace.errors import UsageError
from obplace.patterns import Pattern, alone, patterns, split
from obplace.problem import Problem
from tests.small import CORE, GB, TB, machines, problem
from tests.tiny import catalogue, tiny

COLUMNS = "cpu,memory,storage"
BIG = machines("128,1024 GB,16 TB", columns=COLUMNS)


def names(posed: Problem) -> list[str]:
    """Return each pattern as its roles with + between them, in order."""
    return ["+".join(role for role, copies in each.roles for _ in range(copies)) for each in patterns(posed)]


def of(posed: Problem, *roles: str) -> Pattern:
    """Return the pattern of these roles, once each."""
    (found,) = [each for each in patterns(posed) if [role for role, _ in each.roles] == list(roles)]
    return found


def test_six_roles_have_ten_patterns() -> None:
    """Six alone, ODP on OBServer, and OAT and ODC on OCP in three ways."""
    assert names(problem(BIG, extra="oms,odc")) == [
        "observer",
        "observer+odp",
        "odp",
        "ocp",
        "ocp+oat",
        "ocp+oat+odc",
        "ocp+odc",
        "oat",
        "oms",
        "odc",
    ]


def test_what_no_machine_can_run_is_no_pattern() -> None:
    """4 C hold an OBServer or an ODP, and neither both nor OCP, which needs 8."""
    assert names(problem(machines("4,1024 GB,16 TB", columns=COLUMNS))) == ["observer", "odp", "oat"]


def test_added_needs_add_up() -> None:
    """OBServer and ODP: 4 + 4 cores, 16 + 8 GB, 1.2 + 0.2 TB."""
    assert of(problem(BIG), "observer", "odp").needs[:3] == (8 * CORE, 24 * GB, 14 * TB // 10)


def test_of_included_needs_the_larger_counts() -> None:
    """ODP in OBServer: 4 cores for both; what the user raises ODP by comes on top, 4 + 2."""
    assert of(problem(BIG, included="odp:observer"), "observer", "odp").needs[0] == 4 * CORE
    raised = problem(BIG, included="odp:observer", minimum={"odp.cpu": "6"})
    assert of(raised, "observer", "odp").needs[0] == 6 * CORE
    larger = problem(BIG, included="odp:observer", minimum={"observer.cpu": "2"})
    assert of(larger, "observer", "odp").needs[0] == 4 * CORE


def test_of_network_cards_the_fastest_counts() -> None:
    """Two roles that need 10 Gbit/s each share one such card; headroom is for what adds up."""
    text = machines("128,1024 GB,16 TB,nvme,10", columns=f"{COLUMNS},storage_class,nic")
    posed = problem(text, level="performance", headroom="20%", minimum={"odp.nic": "10"})

    shared = of(posed, "observer", "odp")
    assert (shared.needs[4], shared.least[4]) == (10**10, 10**10)
    assert (shared.needs[0], shared.least[0]) == (36 * CORE, 45 * CORE)  # 36 / 0.8


def test_least_is_exact_and_rounded_up() -> None:
    """16 GB with 2 % tolerance is 15.68 GB, a byte more than what is below; headroom divides before rounding."""
    posed = problem(BIG, tolerance={"memory": "2%"})
    assert of(posed, "observer").least[1] == -(-16 * GB * 98 // 100)
    both = problem(BIG, tolerance={"memory": "2%"}, headroom="30%")
    assert of(both, "observer").least[1] == -(-16 * GB * 98 // 70)


def test_copies_of_a_role_share_where_the_catalogue_lets_them() -> None:
    """At most two on a machine, and never more than may run at all."""
    two = catalogue({"web": 10}, most=2)

    assert names(tiny(two, [{"machine": "a", "units": 100}], roles={"web": 5})) == ["web", "web+web"]
    assert names(tiny(two, [{"machine": "a", "units": 100}], roles={"web": 1})) == ["web"]


def test_guests_of_one_host_share_with_it_only() -> None:
    """Two guests cannot do without their host, and a guest's guest is none of the host's."""
    chain = catalogue({"a": 1, "b": 1, "c": 1}, added=[("a", "b"), ("b", "c")])

    assert names(tiny(chain, [{"machine": "m", "units": 9}])) == ["a", "a+b", "b", "b+c", "c"]


def test_free_sharing_allows_anything_that_fits() -> None:
    """Of 10, 20 and 30 units 50 hold any two and not all three."""
    free = catalogue({"a": 10, "b": 20, "c": 30}, free=True)

    assert names(tiny(free, [{"machine": "m", "units": 50}])) == ["a", "a+b", "a+c", "b", "b+c", "c"]


def test_two_ways_to_share_need_the_smaller() -> None:
    """If a is included in b and b added to a, 20 units suffice with b as host, and the larger way is left out."""
    both = catalogue({"a": 10, "b": 20}, included=[("a", "b")], added=[("b", "a")])
    posed = tiny(both, [{"machine": "m", "units": 99}])

    assert of(posed, "a", "b").needs == (20,)


def test_too_many_patterns_are_refused() -> None:
    """Fifteen roles that may all share have 32,767 sets."""
    free = catalogue({f"r{k}": 1 for k in range(15)}, free=True)

    with pytest.raises(UsageError, match="more than 20,000 sets of roles fit on one machine: allow less sharing"):
        patterns(tiny(free, [{"machine": "m", "units": 99}]))


def test_split_gives_each_role_its_part() -> None:
    """The parts add up to the whole; an included guest takes only what its host has not."""
    posed = problem(BIG, extra="odc", minimum={"odc.memory": "40 GB"})
    shared = of(posed, "ocp", "oat", "odc")
    taken = split(posed, shared)

    assert taken["ocp"] == {"cpu": 8 * CORE, "memory": 32 * GB, "storage": 15 * TB // 10}
    assert taken["oat"] == {"cpu": 0, "memory": 0, "storage": 0}
    assert taken["odc"] == {"cpu": 0, "memory": 32 * GB, "storage": 0}  # raised from 8 to 40
    assert sum(part["memory"] for part in taken.values()) == shared.needs[1]


def test_role_alone_has_a_pattern_even_where_nothing_fits() -> None:
    """It is what an explanation compares machines with."""
    posed = problem(machines("1,1 GB,1 TB", columns=COLUMNS))

    assert patterns(posed) == ()
    assert alone(posed, "oat").needs[:2] == (2 * CORE, 4 * GB)
