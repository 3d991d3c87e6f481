"""The question: whether offers cost more than a pool of as many rows, and whether any number of them ends at all.

Whole processes, one after the other on the same machines: as a pool, and as offers of any number in one zone, of any
number in three zones, and of two machines each in three zones, so that the stock of each is shared between them.
"""

import csv
import io
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import OBPLACE, Run, interleave, median, process, record

ROWS = 100_000
SEED = 1
ROUNDS = 3
RATIO = 2.0  # target: CPU of offers with one row each, to that of the pool
FLAGS = ("--level", "performance", "--minimize", "cost", "--spread", "observer=zone")
POOL = "as a pool"
OFFERS = {  # zones, stock
    "one zone each, any number": (None, ""),
    "three zones each, any number": ("az1|az2|az3", ""),
    "three zones, stock of two": ("az1|az2|az3", "2"),
}


def main() -> None:
    """Measure all of them in one run."""
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own, because it takes memory.
        process([sys.executable, "-m", "benchmarks.offers", folder])
        commands = {POOL: (*OBPLACE, "solve", str(Path(folder, "pool.csv")), *FLAGS)}
        for number, who in enumerate(OFFERS):
            commands[who] = (*OBPLACE, "solve", "--offers", str(Path(folder, f"{number}.csv")), *FLAGS)
        runs = [
            Run("offers", f"{ROWS:,} rows", ROWS, SEED, who, used.seconds, used.cpu_seconds, used.peak_mb)
            for who, used in interleave(commands, ROUNDS)
        ]
    plain = median(runs, POOL)
    for who in OFFERS:
        print(f"{who}: {median(runs, who):.2f} s CPU, {POOL} {plain:.2f} s: ratio {median(runs, who) / plain:.2f}")
    record(runs)


def _write(folder: str) -> None:
    from obplace.sample import sample

    text = "".join(sample(ROWS, SEED))
    Path(folder, "pool.csv").write_text(text)
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = [name for name in rows[0] if name not in ("ip", "region", "idc", "rack")]
    for number, (zones, stock) in enumerate(OFFERS.values()):
        with Path(folder, f"{number}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, [*columns, "stock"], extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(row | {"zone": zones or row["zone"], "stock": stock} for row in rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _write(sys.argv[1])
    else:
        main()
