"""The question: whether `obplace solve` on a million machines costs more than reading the file with pandas.

Whole processes, from start to exit: the command, against a Python that imports pandas and calls `read_csv` on the
same file. User plus system time, because it does not depend on what else the machine does.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import OBPLACE, Run, interleave, median, record

ROWS = 1_000_000
SEED = 1
ROUNDS = 5
RATIO, MEMORY = 1.5, 600  # targets: CPU of obplace to that of pandas, and 2^20 bytes


def main() -> None:
    """Measure both kinds of files."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sample", "plain"):
            path = Path(folder, f"{kind}.csv")
            pools.write(kind, ROWS, SEED, path)
            commands = {
                "obplace solve": (*OBPLACE, "solve", str(path)),
                "pandas.read_csv": (sys.executable, "-c", f"import pandas; pandas.read_csv({str(path)!r})"),
            }
            runs = [
                Run("million", kind, ROWS, SEED, who, used.seconds, used.cpu_seconds, used.peak_mb)
                for who, used in interleave(commands, ROUNDS)
            ]
            record(runs)
            ours, theirs = median(runs, "obplace solve"), median(runs, "pandas.read_csv")
            peak = max(run.peak_mb or 0 for run in runs if run.who == "obplace solve")
            print(f"{kind}: obplace solve {ours:.2f} s CPU, pandas.read_csv {theirs:.2f} s: ratio {ours / theirs:.2f} "
                  f"(target {RATIO}); peak {peak:.0f} MB (target {MEMORY})")  # fmt: skip


if __name__ == "__main__":
    main()
