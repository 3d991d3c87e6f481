"""The question: whether the time of `obplace solve` grows in proportion to the rows, and no faster.

CPU of the whole command from a thousand rows to a million, or to ten million with ``--large``. What a pool of a
hundred rows takes counts as start-up and is subtracted. The slope of log time over log rows is 1 where the time
is proportional; it is fitted to the sizes at which the time past start-up is more than a tenth of the start-up,
because below that it is lost in the noise of starting.
"""

import math
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import OBPLACE, Run, interleave, median, record

START = 100
SIZES = (1_000, 10_000, 100_000, 1_000_000)
LARGE = 10_000_000
SEED = 1
ROUNDS = 5
NOISE = 0.1  # of the start-up: time past it that is less is not told from noise
SLOPE = 1.05  # target


def slope(past: Mapping[int, float]) -> float:
    """Return the slope of log seconds over log rows, by least squares."""
    x = [math.log(rows) for rows in past]
    y = [math.log(seconds) for seconds in past.values()]
    return statistics.linear_regression(x, y).slope


def clear(total: Mapping[int, float]) -> dict[int, float]:
    """Return the seconds past start-up by rows, where they are told from noise; ``total`` has them from the start."""
    start = total[START]
    return {rows: seconds - start for rows, seconds in total.items() if seconds - start > NOISE * start}


def main() -> None:
    """Measure all sizes in turn."""
    sizes = (START, *SIZES, *((LARGE,) if "--large" in sys.argv[1:] else ()))
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for rows in sizes:
            path = Path(folder, f"{rows}.csv")
            pools.write("sample", rows, SEED, path)
            commands[str(rows)] = (*OBPLACE, "solve", str(path))
        measured = interleave(commands, ROUNDS)
    runs = [
        Run("scaling", "sample", int(rows), SEED, "obplace solve", used.seconds, used.cpu_seconds, used.peak_mb)
        for rows, used in measured
    ]
    record(runs)
    total = {rows: median((run for run in runs if run.rows == rows), "obplace solve") for rows in sizes}
    for rows in sizes:
        peak = max(run.peak_mb or 0 for run in runs if run.rows == rows)
        more = total[rows] - total[START]
        print(f"{rows:>10,} rows: {total[rows]:.3f} s CPU, {more:.3f} s past start-up; peak {peak:.0f} MB")
    past = clear(total)
    print(f"slope {slope(past):.2f} over {', '.join(f'{rows:,}' for rows in past)} rows (target {SLOPE})")


if __name__ == "__main__":
    main()
