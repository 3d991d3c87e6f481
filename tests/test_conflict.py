"""What cannot hold together, and that nothing less does."""

from random import Random

import pytest

from obplace.conflict import conflicts
from obplace.members import AtLeast, Needs, members, only, without
from obplace.plan import Proof
from obplace.pose import pose
from obplace.possible import possible, trimmed
from obplace.rules import Budget, Spread
from tests.conflicted import judged, question
from tests.oracle import best
from tests.small import GB, machines, problem
from tests.tiny import catalogue, tiny

COLUMNS = "cpu,memory,storage,cost,zone"
ONLY = {"odp": 0, "ocp": 0, "oat": 0}
LAME = machines("8,64 GB,2 TB,1,z1", "8,64 GB,2 TB,1,z2", "8,8 GB,2 TB,1,z3", "8,64 GB,2 TB,1,z1", columns=COLUMNS)


def test_conflict_names_all_that_cannot_hold_together() -> None:
    """OBServers with 16 GB have room in z1 and z2 alone: the need and the spread are in each other's way."""
    [found] = conflicts(problem(LAME, roles={**ONLY, "observer": 3}, spread={"observer": "zone"})).found

    # That three run is not among them: in exactly three zones there are three in any case.
    assert found.members == (Needs("observer", "memory", 16 * GB, 0), Spread("observer", "zone", 3))
    assert found.proof is Proof.CERTIFICATE


def test_each_member_is_shown_to_be_necessary() -> None:
    """For every member there is a plan of all the others."""
    posed = problem(LAME, roles={**ONLY, "observer": 3}, spread={"observer": "zone"})
    [found] = conflicts(posed).found

    assert set(found.plans) == set(found.members)
    for member in found.members:
        assert possible(only(posed, [each for each in found.members if each != member])) is not None


def test_no_conflict_where_there_is_a_plan() -> None:
    """A problem with a plan has none, and it is known that there is none."""
    answer = conflicts(problem(LAME, roles={**ONLY, "observer": 1}))

    assert (answer.found, answer.whole) == ((), True)


def test_all_conflicts_on_request() -> None:
    """Two roles that no machine can run are two conflicts, and then there are no others."""
    kit = catalogue({"web": 10, "db": 20})
    posed = tiny(kit, [{"machine": "a", "units": 5}, {"machine": "b", "units": 5}])
    answer = conflicts(posed, most=9)

    assert [{each.role for each in found.members if isinstance(each, Needs)} for found in answer.found] == [
        {"web"},
        {"db"},
    ]
    assert answer.whole


def test_machines_alone_can_leave_nothing_possible() -> None:
    """Where the pool offers no machine, the conflict is the count alone: what the pool has is no member."""
    kit = catalogue({"web": 10})
    [found] = conflicts(tiny(kit, [{"machine": "a", "units": 20, "available": "no"}])).found

    assert found.members == (AtLeast(("web",), 1),)


def test_budget_is_a_member() -> None:
    """Two machines at 3 each are not for 5; without the budget, or with one copy less, they are."""
    kit = catalogue({"web": 10})
    rows = [{"machine": name, "units": 10, "cost": 3} for name in "ab"]
    [found] = conflicts(tiny(kit, rows, roles={"web": 2}, budget="5")).found

    assert {type(each) for each in found.members} >= {AtLeast, Budget}


@pytest.mark.parametrize("seed", range(15))
def test_fewer_members_are_never_harder(seed: int) -> None:
    """What has a plan has one without any of its members, and what is not asked of anybody changes nothing."""
    posed = question(seed).pose()
    rng = Random(seed)
    every = members(posed)
    some = rng.sample(every, len(every) // 2)
    fewer = rng.sample(some, len(some) // 2)

    assert (best(only(posed, some)) is None) or (best(only(posed, fewer)) is not None)
    assert without(posed, []) == posed
    assert (possible(only(posed, some)) is None) == (best(only(posed, some)) is None)
    assert (best(trimmed(only(posed, some))) is None) == (best(only(posed, some)) is None)


@pytest.mark.parametrize("seed", range(2))
def test_same_question_gives_the_same_conflict(seed: int) -> None:
    """The order of the rows changes neither members nor their order."""
    asked = question(seed)
    order = list(range(len(asked.rows)))
    Random(seed).shuffle(order)
    first = conflicts(asked.pose(), 2)
    again = conflicts(pose(asked.catalogue, asked.deployment, asked.pool(order)), 2)

    assert [each.members for each in again.found] == [each.members for each in first.found]


@pytest.mark.parametrize("seed", [2, 5, 6])
def test_random_conflicts_and_repairs(seed: int) -> None:
    """A slice of the campaign: conflicts are minimal, repairs hold, and the first is the best there is."""
    assert judged(seed)["outcome"] == "same"
