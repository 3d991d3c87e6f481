"""The question: what it costs to say why there is no plan, and which repairs are the cheapest, against a plain solve.

Five thousand machines, OBServers over three zones at the level for performance: `obplace solve` of that, against
`obplace explain` of three questions that have no plan: too much memory, with upgrades for sale; a little too much, so
that near misses help; too little money.
"""

import tempfile
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import OBPLACE, Run, interleave, median, record

ROWS = 5_000
SEED = 1
ROUNDS = 3
RATIO = 20  # target: CPU of explain to that of solve
SECONDS = 10.0  # target, wall
PLAIN = ("--level", "performance", "--spread", "observer=zone")
QUESTIONS = {
    "memory": ("--minimum", "observer.memory=4TB", "--upgrade", "memory=4.50", "--upgrade", "cpu=100"),
    "near": ("--minimum", "observer.memory=1050GB", "--upgrade", "memory=4.50"),
    "budget": ("--budget", "5000"),
}


def main() -> None:
    """Measure the commands."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.csv")
        pools.write("sample", ROWS, SEED, path)
        commands = {"obplace solve": (*OBPLACE, "solve", str(path), *PLAIN)}
        commands |= {
            name: (*OBPLACE, "explain", str(path), *PLAIN, *flags, "--format", "json")
            for name, flags in QUESTIONS.items()
        }
        runs = [
            Run("explain", "sample", ROWS, SEED, who, used.seconds, used.cpu_seconds, used.peak_mb)
            for who, used in interleave(commands, ROUNDS)
        ]
    record(runs)
    plain = median(runs, "obplace solve")
    for name in QUESTIONS:
        ratio, wall = median(runs, name) / plain, median(runs, name, "seconds")
        print(f"{name}: {ratio:.1f} times a plain solve (target {RATIO}), {wall:.1f} s wall (target {SECONDS})")


if __name__ == "__main__":
    main()
