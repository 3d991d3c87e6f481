"""The question: what one plan of a frontier of servers and cost costs, against one solve of the same problem.

Both in one process, one after the other and again, on a pool that was read before. User plus system time, because it
does not depend on what else the machine does.
"""

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import Run, record

ROWS = 5_000
SEED = 1
ROUNDS = 7
RATIO = 3.0  # target: CPU of a point to that of a solve
SOLVE, POINT = "one solve", "a point of the frontier"
QUESTIONS = {
    "four roles": {"level": "performance"},
    "six roles, three zones": {
        "level": "performance",
        "roles": {"ocp": 3},
        "extra": ("oms", "odc"),
        "spread": {"observer": "zone"},
    },
}


def main() -> None:
    """Measure both questions."""
    from obplace.catalogue import load
    from obplace.deployment import Deployment
    from obplace.pool import Pool
    from obplace.pose import pose
    from obplace.solver import Solver
    from obplace.trade import trade

    runs = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.csv")
        pools.write("sample", ROWS, SEED, path)
        book = load()
        pool = Pool.read(path, book.kinds)
        for question, words in QUESTIONS.items():
            problem = pose(book, Deployment(**words), pool)
            found: dict[str, list[float]] = {SOLVE: [], POINT: []}
            for number in range(ROUNDS + 1):
                for who in found:
                    start, cpu = time.perf_counter(), time.process_time()
                    points = len(trade(problem, ("servers", "cost")).points) if who == POINT else 1
                    if who == SOLVE:
                        Solver().solve(problem)
                    seconds, used = time.perf_counter() - start, time.process_time() - cpu
                    if number:  # the first round warms up
                        found[who].append(used / points)
                        status = f"{points} points, of each" if who == POINT else "done"
                        runs.append(
                            Run("frontier", question, ROWS, SEED, who, seconds / points, used / points, None, status)
                        )
            point, solve = (statistics.median(found[who]) for who in (POINT, SOLVE))
            print(f"{question}: {point * 1000:.0f} ms CPU a point, {solve * 1000:.0f} ms a solve: "
                  f"ratio {point / solve:.2f} (target {RATIO})")  # fmt: skip
    record(runs)


if __name__ == "__main__":
    main()
