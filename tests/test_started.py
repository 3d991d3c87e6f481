"""Where many sets of roles share machines the first plan is column generation's, and the search goes on from it."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import estate
from obplace import solver as module
from obplace.alike import merged
from obplace.catalogue import load
from obplace.check import check_document
from obplace.deployment_form import read
from obplace.document import to_json
from obplace.engine import Answer
from obplace.kernel import assembled, assign, lift, reduce
from obplace.lot import countless
from obplace.patterns import together
from obplace.plan import Objective, Plan, Proof, Status
from obplace.plan_form import read as read_plan
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.result import Result
from obplace.rows import build
from obplace.solver import Solver
from obplace.started import SETS, joined, lowered, started
from obplace.verify import verify
from tests.fleets import shared
from tests.small import placement, used
from tests.tiny import catalogue, tiny


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that draws an estate of so many machines in racks of so many."""

    def draw(machines: int, rack: int) -> Problem:
        monkeypatch.setattr(estate, "RACK", rack)
        estate.write(tmp_path, machines, seed=1)
        book = load(str(tmp_path / "estate.toml"))
        return pose(book, read(str(tmp_path / "fleet.toml"))[1], Pool.read(str(tmp_path / "pool.csv"), book.kinds))

    return draw


def smaller(problem: Problem) -> Problem:
    """Return the problem in which clusters that are alike are one role, where there are such."""
    same = merged(problem)
    return problem if same is None else same.problem


def begun(problem: Problem) -> Result | None:
    """Return what a first plan comes to, in two seconds."""
    return started(reduce(problem), 4.0, gap=0.0, threads=1, seed=0, watch=None)


def test_small_estate_has_a_plan(drawn) -> None:
    """Twelve clusters on 400 machines, 713 sets of roles in ten racks: the search alone has none in half a minute."""
    problem = drawn(400, rack=40)
    result = Solver(time_limit=3, threads=1).solve(problem)

    assert not countless(smaller(problem))
    assert result.plan is not None
    assert verify(problem, placement(result.plan)) == []
    first = result.objectives[0]
    assert first.value is not None
    assert first.bound is not None
    assert first.bound <= first.value
    assert check_document(read_plan(to_json(result), "plan"), problem).findings == ()


def test_what_column_generation_knows_is_kept(drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search finds nothing at all, plan, bound and certificate are those of the fleet."""
    monkeypatch.setattr(module, "cpsat", lambda *_: Answer())
    monkeypatch.setattr(module, "relaxed", lambda *_: None)
    problem = drawn(200, rack=20)
    result = Solver(time_limit=3, threads=1).solve(problem)

    assert (result.status, result.fleet) == (Status.FEASIBLE, True)
    assert result.plan is not None
    assert verify(problem, placement(result.plan)) == []
    assert check_document(read_plan(to_json(result), "plan"), problem).findings == ()


def test_that_there_is_no_plan_needs_no_search(drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine OBServers of a cluster for five racks with room for one: counting shows it before any model is solved."""
    monkeypatch.setattr(module, "cpsat", lambda *_: pytest.fail("nothing is left to search"))
    problem = drawn(200, rack=40)
    result = Solver(threads=1).solve(problem)

    assert (result.status, result.proof) == (Status.INFEASIBLE, Proof.CERTIFICATE)
    assert check_document(read_plan(to_json(result), "plan"), problem).holds == "holds: no plan exists, proven"


@pytest.mark.parametrize("seed", range(12))
def test_optimum_is_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds the first plan, the best one is the same; which of equal ones is shown is no matter of chance."""
    problem = shared(seed)
    plain = Solver(threads=1).solve(problem)
    monkeypatch.setattr(module, "greedy", lambda *_: None)
    monkeypatch.setattr("obplace.started.SETS", 0)
    one, other = (Solver(threads=1, seed=each).solve(problem) for each in (1, 2))

    assert (one.status, one.proof, one.objectives) == (plain.status, plain.proof, plain.objectives)
    assert one == other


def test_few_sets_are_left_to_the_search(drawn) -> None:
    """Of 71 sets the search finds the best by itself, as it did."""
    problem = smaller(drawn(100, rack=10))

    assert len(reduce(problem).patterns) <= SETS
    assert begun(problem) is None


def test_what_a_fleet_cannot_keep_is_left_to_the_search() -> None:
    """Four roles up to three times each are 255 sets; with a pin, which is no rule of a fleet, nothing is generated."""
    kit = catalogue({"a": 1, "b": 1, "c": 1, "d": 1}, most=3, free=True)
    pool = [{"machine": f"m{n}", "units": "12", "cost": str(3 + n)} for n in range(4)]
    asked = {"roles": {"a": 3, "b": 3, "c": 3, "d": 3}}

    assert begun(tiny(kit, pool, **asked)) is not None
    assert begun(tiny(kit, pool, **asked, pin={"a": ("m1",)})) is None


def test_sums_that_only_a_fleet_cannot_add_up_are_left_to_the_search() -> None:
    """Four machines of 10^15 stay below 2^53; with the servers in the same number they are five times as much."""
    kit = catalogue({"a": 1, "b": 1, "c": 1, "d": 1}, most=3, free=True)
    pool = [{"machine": f"m{n}", "units": "12", "cost": str(10**15)} for n in range(4)]

    assert begun(tiny(kit, pool, roles={"a": 3, "b": 3, "c": 3, "d": 3}, minimize=("cost",))) is None


# A plan as counts of a kernel

WEB = catalogue({"web": 5}, free=True)
RACKS = [{"machine": f"m{n}", "units": "5", "cost": str(3 + n), "rack": f"r{n % 2}"} for n in range(6)]


def on(problem: Problem, *names: str) -> Plan:
    """Return the plan with one web on each of these machines."""
    rows = problem.pool.find(names)
    placed = zip(names, problem.pool.take([rows[name] for name in names]), strict=True)
    return assembled(problem, [assign(problem, name, each, together(problem, {"web": 1})) for name, each in placed])


@pytest.mark.parametrize(
    ("names", "back"),
    [(("m0", "m1"), "m0 m1"), (("m4", "m5"), "m0 m1"), (("m0", "m5"), "m0 m1"), (("m2", "m4"), None)],
)
def test_plan_comes_back_on_the_cheapest_in_its_domains(names: tuple[str, ...], back: str | None) -> None:
    """Of each rack the kernel has what one plan needs; two in a rack that may hold one are no plan of it."""
    problem = tiny(WEB, RACKS, roles={"web": 2}, limit={"web.rack": 1}, minimize=("cost",))
    kernel = reduce(problem)
    counts = lowered(kernel, on(problem, *names))
    values = None if counts is None else build(kernel).complete(counts)

    assert (None if counts is None or values is None else used(lift(kernel, counts))) == back


def test_plan_of_more_machines_than_the_kernel_has_does_not_come_back() -> None:
    """Two copies want two machines, so two are kept of six that are alike; a third has no place."""
    problem = tiny(WEB, RACKS, roles={"web": 2}, minimize=("cost",))

    assert lowered(reduce(problem), on(problem, "m0", "m1", "m2")) is None
    assert lowered(reduce(problem), on(problem, "m3", "m4")) is not None


# The better of two


def outcome(status: Status, value: int | None, bound: int | None, proof: Proof | None) -> Result:
    """Return a result of so much cost; the machine of its plan says which of them it is."""
    problem = tiny(WEB, RACKS, roles={"web": 1}, minimize=("cost",))
    plan = None if value is None else on(problem, f"m{value - 3}")
    rest = Objective("servers", plan and plan.servers, plan and plan.servers if status is Status.OPTIMAL else None)
    return Result(problem, status, plan, (Objective("cost", value, bound), rest), proof=proof)


@pytest.mark.parametrize(
    ("first", "found", "known"),
    [
        ((Status.FEASIBLE, 6, 2, Proof.CERTIFICATE), (Status.OPTIMAL, 3, 3, Proof.SOLVER), (3, 3, Proof.SOLVER)),
        ((Status.OPTIMAL, 3, 3, Proof.SOLVER), (Status.FEASIBLE, 3, 2, None), (3, 3, Proof.SOLVER)),
        ((Status.FEASIBLE, 6, 2, Proof.CERTIFICATE), (Status.UNKNOWN, None, None, None), (6, 2, Proof.CERTIFICATE)),
        ((Status.FEASIBLE, 6, 2, Proof.CERTIFICATE), (Status.FEASIBLE, 7, 3, None), (6, 2, Proof.CERTIFICATE)),
        ((Status.FEASIBLE, 6, 2, Proof.CERTIFICATE), (Status.FEASIBLE, 5, 3, None), (5, 3, None)),
        ((Status.FEASIBLE, 6, 2, Proof.SOLVER), (Status.FEASIBLE, 5, 2, None), (5, 2, Proof.SOLVER)),
        ((Status.FEASIBLE, 6, 2, Proof.SOLVER), (Status.FEASIBLE, 5, 2, Proof.CERTIFICATE), (5, 2, Proof.CERTIFICATE)),
        ((Status.UNKNOWN, None, None, None), (Status.FEASIBLE, 5, 2, None), (5, 2, None)),
    ],
)
def test_better_of_two(first: tuple[Any, ...], found: tuple[Any, ...], known: tuple[Any, ...]) -> None:
    """What is proven to the end counts first, then the plan, then the bound and what it rests on."""
    best = joined(outcome(*first), outcome(*found))

    assert (best.objectives[0].value, best.objectives[0].bound, best.proof) == known
    assert best.plan is not None
    assert used(best.plan) == f"m{known[0] - 3}"
