"""One contestant of `obvious`, in a process of its own: OR-Tools and highspy cannot be loaded in one."""

import json
import sys
from functools import partial

from benchmarks import rivals
from benchmarks.booleans import obvious
from obplace.catalogue import load
from obplace.deployment import Deployment
from obplace.pool import Pool
from obplace.pose import pose

QUESTION = Deployment(
    level="performance",
    roles={"ocp": 3},
    extra=("oms", "odc"),
    spread={"observer": "zone:3"},
    minimize=("cost",),
)


def main() -> None:
    """Print outcomes as JSON; the arguments are contestant, file, and repetitions or the limit in seconds."""
    who, path, number = sys.argv[1:]
    match who:
        case "obplace":
            outcomes = [_obplace(path) for _ in range(int(number))]
        case "CP-SAT, 2 workers":
            outcomes = [_rival(partial(rivals.cpsat, workers=2), path, float(number))]
        case "CP-SAT, 8 workers":
            outcomes = [_rival(partial(rivals.cpsat, workers=8), path, float(number))]
        case "HiGHS":
            outcomes = [_rival(rivals.highs, path, float(number))]
        case _:
            raise SystemExit(f"contestant '{who}', expected obplace, a CP-SAT or HiGHS")
    names = ("status", "value", "bound", "seconds", "cpu_seconds")
    json.dump([{name: getattr(outcome, name) for name in names} for outcome in outcomes], sys.stdout)


def _obplace(path: str) -> rivals.Outcome:
    """Time all that follows the reading of the pool; it is read anew, so that nothing is left from the last time."""
    from obplace.solver import Solver

    catalogue = load()
    pool = Pool.read(path, catalogue.kinds)
    result, seconds, cpu_seconds = rivals.timed(lambda: Solver().solve(pose(catalogue, QUESTION, pool)))
    assert result.proof is not None
    cost = result.objectives[0]
    return rivals.Outcome(str(result.status), cost.value, cost.bound, seconds, cpu_seconds, {})


def _rival(solve: rivals.Rival, path: str, limit: float) -> rivals.Outcome:
    """Solve, and check with the contract that what was solved is the same problem."""
    from obplace.verify import verify

    catalogue = load()
    problem = pose(catalogue, QUESTION, Pool.read(path, catalogue.kinds))
    outcome = solve(obvious(problem), limit)
    assert not outcome.placement or verify(problem, outcome.placement) == []
    return outcome


if __name__ == "__main__":
    main()
