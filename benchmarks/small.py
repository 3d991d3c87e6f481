"""The question: whether `obplace solve` on an ordinary pool costs more than importing the usual libraries.

Five thousand machines: the whole command, against a Python that imports pandas and OR-Tools and does nothing.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import OBPLACE, Run, interleave, median, record

ROWS = 5_000
SEED = 1
ROUNDS = 15
RATIO = 1.3  # target: CPU of obplace to that of the imports


def main() -> None:
    """Measure the command and the imports."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.csv")
        pools.write("sample", ROWS, SEED, path)
        commands = {
            "obplace solve": (*OBPLACE, "solve", str(path)),
            "imports": (sys.executable, "-c", "import pandas; from ortools.sat.python import cp_model"),
        }
        runs = [
            Run("small", "sample", ROWS, SEED, who, used.seconds, used.cpu_seconds, used.peak_mb)
            for who, used in interleave(commands, ROUNDS)
        ]
    record(runs)
    ours, theirs = median(runs, "obplace solve"), median(runs, "imports")
    print(f"obplace solve {ours:.3f} s CPU, the imports {theirs:.3f} s: ratio {ours / theirs:.2f} (target {RATIO})")


if __name__ == "__main__":
    main()
