"""Listing against generating: the same optimum, the oracle's where it can be asked, and bounds that no plan beats."""

from collections.abc import Iterator, Sequence

from benchmarks.peers.decreasing import decreasing
from obplace.check import check_document
from obplace.document import to_json
from obplace.errors import ObplaceError
from obplace.fleet import cost, faults
from obplace.generated import generated
from obplace.lot import lot, plan_of
from obplace.plan import Plan, Status, objective_values
from obplace.plan_form import read
from obplace.problem import Problem
from obplace.result import Result
from obplace.solver import Solver
from obplace.verify import verify
from tests.fleets import Shared, drawn
from tests.oracle import best, holds
from tests.problems import Answer, differ

SAMPLE = 2  # of so many cases one is solved again without each kind of rule, to see whether the kind matters
LIMIT = 20  # seconds for column generation

Values = tuple[int | None, ...] | None


def judged(seed: int) -> dict[str, str | int | float]:
    """Return the row of one case."""
    case = drawn(seed)
    problem = case.pose()
    listed = Solver(threads=1).solve(problem)
    found = generated(problem, time_limit=LIMIT, threads=1)
    known = best(problem) if case.small else None
    expected = (known.objectives if known else None) if case.small else _values(listed)
    wrong = []
    for name, result in (("listing", listed), ("generating", found)):
        if _values(result) != expected:
            wrong.append(f"{name}: {_values(result)} instead of {expected}")
        if result.status is not (Status.INFEASIBLE if expected is None else Status.OPTIMAL):
            wrong.append(f"{name}: status {result.status}")
    if found.plan:
        placement = {each.name: each.roles for each in found.plan.assignments}
        wrong += [str(violation) for violation in verify(problem, placement)]
        if case.small and not holds(problem, placement):
            wrong.append("the oracle does not accept the plan")
        wrong += check_document(read(to_json(found), "plan.json"), problem).findings
    peers = _peers(problem)
    wrong += _above(problem, found, expected, peers)
    sampled = case.small and seed % SAMPLE == 0
    answer = None if expected is None else dict(zip(problem.objectives, expected, strict=True))
    return {
        "seed": seed,
        "kinds": " ".join(case.kinds),
        "resources": len(case.resources),
        "machines": len(case.machines),
        "status": found.status.value,
        "peers": len(peers),
        "proof": found.proof.value if found.proof else "",
        "oracle": int(case.small),
        "sampled": int(sampled),
        "matter": " ".join(kind for kind in case.kinds if sampled and _matters(case, kind, answer)),
        "ways": (known.ways if known else 0) if case.small else "",
        "outcome": "; ".join(wrong) or "same",
    }


def _peers(problem: Problem) -> list[tuple[int, Plan]]:
    """Return what first-fit and best-fit decreasing find, by themselves: the fleet's cost and the plan."""
    made = lot(problem)
    packings = [decreasing(made.fleet, fit) for fit in (False, True)]
    # They know no rules, so not everything that they find is a plan.
    return [(cost(made.fleet, each), plan_of(made, each)) for each in packings if each and not faults(made.fleet, each)]


def _above(problem: Problem, found: Result, expected: Values, peers: Sequence[tuple[int, Plan]]) -> Iterator[str]:
    """Yield each bound that lies above a plan: the optimum, or one of the peers'."""
    first = found.objectives[0].bound
    proven = None if found.certificate is None else found.certificate.bound  # type: ignore[union-attr]  a fleet's
    if expected is None and peers:
        yield "there is a plan where none was found"
    if first is not None and expected is not None and first > (expected[0] or 0):
        yield f"a bound of {first} lies above the optimum"
    for amount, plan in peers:
        if violations := verify(problem, {each.name: each.roles for each in plan.assignments}):
            yield f"a packing without faults is no plan: {violations[0]}"
        if first is not None and first > objective_values(problem, plan)[problem.objectives[0]]:
            yield f"a bound of {first} lies above {plan}"
        if proven is not None and proven > amount:
            yield f"a certificate's bound of {proven} lies above {plan}"


def _matters(case: Shared, kind: str, found: Answer) -> bool:
    try:
        other = case.without(kind).pose()
    except ObplaceError:
        return False  # what is left contradicts itself, which tells nothing
    values = _values(Solver(threads=1).solve(other))
    return differ(found, None if values is None else dict(zip(other.objectives, values, strict=True)))


def _values(result: Result) -> Values:
    return tuple(each.value for each in result.objectives) if result.plan else None
