"""What `certify` finds: prices at the root, trees, proofs of no plan; and what it does not claim."""

from dataclasses import replace
from random import Random

import pytest

from obplace import prove
from obplace.certificate import bounds
from obplace.certificate_form import Fork, Leaf
from obplace.claims import claims
from obplace.kernel import reduce
from obplace.priced import Priced
from obplace.prove import certify
from obplace.relaxed import Program
from tests.small import machines, problem

COLUMNS = "cpu,memory,storage,cost,rack,zone"
# Three copies in two racks, but one in a zone: half of four racks is as good to a linear program by machines alone.
HALVES = machines(*(f"4,8 GB,200 GB,{cost},r{cost % 4},z{cost % 4}" for cost in range(1, 9)), columns=COLUMNS)
ODP = {"observer": 0, "ocp": 0, "oat": 0, "odp": 4}
THREE = {"roles": {**ODP, "odp": 3}, "spread": {"odp": "rack:2"}, "limit": {"odp.zone": 1}}
# One copy in each of three zones, and each architecture is in two of them.
TWO_ARCHES = machines(
    *(f"4,8 GB,200 GB,1,r{zone},z{zone},{arch}" for arch, zone in (("x", 1), ("x", 2), ("y", 2), ("y", 3))),
    columns=f"{COLUMNS},arch",
)
ONE_ARCH = {"roles": {**ODP, "odp": 3}, "spread": {"odp": "zone:3"}, "same": {"odp.arch": "all"}}
WIDE = machines(*(f"4,8 GB,200 GB,{cost},r{cost % 3},z1" for cost in range(1, 12)), columns=COLUMNS)


def test_prices_alone_prove_what_is_whole() -> None:
    """Without choices one leaf a stage is enough, and each stage proves its value on the pool."""
    posed = problem(WIDE, roles=ODP)
    stages = certify(reduce(posed), {"servers": 4, "cost": 10})

    assert [(stage.objective, stage.bound) for stage in stages] == [("servers", 4), ("cost", 10)]
    assert all(isinstance(stage.tree, Leaf) for stage in stages)
    assert bounds(posed, stages) == [4, 10]


def test_tree_proves_that_there_is_no_plan() -> None:
    """Where the linear program has a solution a tree of splits shows that nothing whole is there."""
    posed = problem(TWO_ARCHES, **ONE_ARCH)
    [stage] = certify(reduce(posed), None)

    assert stage.objective is None
    assert isinstance(stage.tree, Fork)
    assert bounds(posed, [stage]) >= [1]


def test_domains_as_a_whole_prove_what_machines_alone_do_not() -> None:
    """A rack of two that a limit of its zone lets hold one copy is not half of what is needed."""
    posed = problem(HALVES, **THREE)
    [stage] = certify(reduce(posed), None)

    assert isinstance(stage.tree, Leaf)
    assert bounds(posed, [stage]) >= [1]
    assert bounds(posed, [replace(stage, tree=replace(stage.tree, blocks=()))]) < [1]


@pytest.mark.parametrize("targets", [{"servers": 5}, {"servers": 4, "cost": 11}])
def test_nothing_false_is_proven(targets: dict[str, int]) -> None:
    """A value above the optimum gets no stage."""
    stages = certify(reduce(problem(WIDE, roles=ODP)), targets)

    assert [stage.bound for stage in stages] == list(targets.values())[:-1]


def test_plans_are_not_proven_away() -> None:
    """That there is no plan is not proven where there is one."""
    assert certify(reduce(problem(WIDE, roles=ODP)), None) == ()


def test_room_of_a_domain_counts() -> None:
    """Racks of one machine cannot hold two copies each, which prices alone prove."""
    narrow = machines(*(f"4,8 GB,200 GB,{cost},r{cost},z1" for cost in range(1, 6)), columns=COLUMNS)
    posed = problem(narrow, roles=ODP, spread={"odp": "rack:2"})
    [stage] = certify(reduce(posed), None)

    assert isinstance(stage.tree, Leaf)
    assert bounds(posed, [stage]) >= [1]


def test_work_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree that would take more linear programs than allowed is given up."""
    monkeypatch.setattr(prove, "MOST", 0)

    assert certify(reduce(problem(TWO_ARCHES, **ONE_ARCH)), None) == ()


def test_whoever_asks_to_stop_is_heard() -> None:
    """The work ends before the next linear program."""
    posed = problem(TWO_ARCHES, **ONE_ARCH)

    assert certify(reduce(posed), None, lambda: True) == ()


def test_program_is_no_more_than_the_optimum() -> None:
    """The linear program of random parts of a pool has the optimum of the pool as its limit from below, once whole."""
    posed = problem(WIDE, roles=ODP, spread={"odp": "rack:3"})
    priced = Priced(reduce(posed))
    everything = set(range(len(priced.names)))
    rng = Random(1)
    for _ in range(5):
        some = set(rng.sample(sorted(everything), 6))
        answer, _, _ = Program(priced, some, claims(posed), "cost", {}, {}).solve(())
        whole, _, _ = Program(priced, everything, claims(posed), "cost", {}, {}).solve(())
        assert whole is not None
        assert whole.value <= 10 + 1e-6
        assert answer is None or answer.value >= whole.value - 1e-6


def test_pool_without_a_usable_machine() -> None:
    """Where no machine is left, prices prove that there is no plan, pinned machines or not."""
    small = machines("1,1 GB,1 GB,1,r1,z1", columns=COLUMNS)
    posed = problem(small, roles=ODP, pin={"odp": "m1"})

    assert bounds(posed, certify(reduce(posed), None)) >= [1]
