"""The question: how much faster obplace proves the optimum than good solvers do on the obvious model.

Six roles at performance level with three OCP, the OBServers spread over three zones, cost minimised. obplace is timed
from the question to the verified plan, with all its stages (cost, servers, ties) and the second opinion; a rival on
the search for the least cost alone. Where both prove an optimum it must be the same, and what a rival proves as a
bound must not lie above obplace's cost.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import Run, median, process, record

CASES = (("CP-SAT, 2 workers", 5_000), ("CP-SAT, 8 workers", 5_000), ("HiGHS", 5_000), ("HiGHS", 20_000))
TARGETS = {  # seconds of the rival to those of obplace
    ("CP-SAT, 2 workers", 5_000): 1_000,
    ("CP-SAT, 8 workers", 5_000): 1_000,
    ("HiGHS", 5_000): 100,
    ("HiGHS", 20_000): 1_000,
}
LIMITS = {"CP-SAT, 2 workers": 300, "CP-SAT, 8 workers": 300, "HiGHS": 600}  # seconds
ROUNDS = {("HiGHS", 5_000): 3}  # where a rival is quick enough to run more than once
REPETITIONS = 5  # of obplace, before and after each run of a rival


def contest(who: str, path: Path, number: int, blank: Run) -> list[Run]:
    """Run one contestant in a process of its own."""
    used = process([sys.executable, "-m", "benchmarks.contest", who, str(path), str(number)])
    return [replace(blank, who=who, **outcome) for outcome in json.loads(used.output)]


def obplace(path: Path, blank: Run) -> list[Run]:
    """Run obplace in one process: a first call, which also imports what it needs, and then the repetitions."""
    first, *others = contest("obplace", path, 1 + REPETITIONS, blank)
    return [replace(first, who="obplace, first call"), *others]


def compare(rival: str, machines: int, seed: int) -> list[Run]:
    """Run a rival between runs of obplace."""
    instance = f"{rival} at {machines} machines, seed {seed}"
    blank = Run("obvious", instance, machines, seed, rival, seconds=0.0, cpu_seconds=0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.csv")
        pools.write("sample", machines, seed, path)
        runs = obplace(path, blank)
        for _ in range(ROUNDS.get((rival, machines), 1)):
            runs += contest(rival, path, LIMITS[rival], blank)
            runs += obplace(path, blank)
    return runs


def check(runs: list[Run], rival: str) -> int:
    """Return the optimal cost; raise `AssertionError` where the contestants contradict each other."""
    ((status, best, bound),) = {(run.status, run.value, run.bound) for run in runs if run.who != rival}
    assert status == "optimal", f"obplace ended with {status}, expected an optimum"
    assert best is not None
    assert best == bound
    for run in runs:
        if run.who == rival:
            assert run.status != "infeasible", f"{rival} finds no plan where obplace has one"
            assert run.value is None or run.value >= best, f"{rival} found {run.value}, below the optimum {best}"
            assert run.bound is None or run.bound <= best, f"{rival} proved {run.bound}, above the optimum {best}"
            assert run.status != "optimal" or run.value == best, f"{rival} proved {run.value}, obplace {best}"
    return best


def report(runs: list[Run], rival: str, machines: int, best: int) -> None:
    """Print the medians, and what the rival proved in its last run."""
    ours, theirs = median(runs, "obplace", "seconds"), median(runs, rival, "seconds")
    first = median(runs, "obplace, first call", "seconds")
    last = next(run for run in reversed(runs) if run.who == rival)
    print(f"{machines:,} machines, optimum {best}: obplace {ours:.3f} s (first call {first:.3f} s)")
    print(
        f"  {rival} {theirs:.1f} s, {last.status}, value {last.value}, bound {last.bound}: ratio {theirs / ours:,.0f}"
    )


def main() -> None:
    """Run the cases, or one size and one rival of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.obvious", description=main.__doc__)
    parser.add_argument("--machines", type=int)
    parser.add_argument("--rival", choices=list(LIMITS))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    cases = CASES if asked.machines is None else [(rival, asked.machines) for rival in LIMITS]
    for rival, machines in cases:
        if asked.rival not in (None, rival):
            continue
        runs = compare(rival, machines, asked.seed)
        record(runs)
        report(runs, rival, machines, check(runs, rival))


if __name__ == "__main__":
    main()
