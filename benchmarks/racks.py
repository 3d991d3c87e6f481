"""The question: whether rules that read thousands of racks cost more than a plain `obplace solve` on the same pool.

Whole processes, from start to exit, one after the other on the same file: a million machines in 25,000 racks, of
three IDCs as `obplace sample` has them, and of five. User plus system time, because it does not depend on what else
the machine does.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import OBPLACE, Run, interleave, median, process, record

ROWS = 1_000_000
SEED = 1
ROUNDS = 5
RATIO = 2.0  # target: CPU with the rules to that without
PER_RACK = 40

PLAIN = "plain"
QUESTIONS = {
    3: {
        "odp=rack": ("--spread", "odp=rack"),
        "observer=rack": ("--spread", "observer=rack"),
        "observer=zone odp=rack": ("--spread", "observer=zone", "--spread", "odp=rack"),
    },
    5: {
        "odp=rack": ("--spread", "odp=rack"),
        "observer=idc:5 odp=rack": ("--role", "observer=5", "--spread", "observer=idc:5", "--spread", "odp=rack"),
    },
}


def main() -> None:
    """Measure the questions of both pools."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for idcs, questions in QUESTIONS.items():
            path = Path(folder, f"{idcs}.csv")
            # In a process of its own, because it takes memory.
            process([sys.executable, "-m", "benchmarks.racks", str(idcs), str(path)])
            solve = (*OBPLACE, "solve", str(path))
            commands = {PLAIN: solve} | {who: (*solve, *flags) for who, flags in questions.items()}
            found = [
                Run("racks", f"{idcs} IDCs", ROWS, SEED, who, used.seconds, used.cpu_seconds, used.peak_mb)
                for who, used in interleave(commands, ROUNDS)
            ]
            runs += found
            plain = median(found, PLAIN)
            for who in questions:
                ours = median(found, who)
                print(f"{idcs} IDCs, {who}: {ours:.2f} s CPU, plain {plain:.2f} s: ratio {ours / plain:.2f} "
                      f"(target {RATIO})")  # fmt: skip
    record(runs)


def _placed(pieces: Iterator[str], idcs: int) -> Iterator[str]:
    """Yield the sampled machines dealt to so many IDCs in turn, each with a zone and racks of its own."""
    header = next(pieces)
    idc, zone, rack = (header.strip().split(",").index(name) for name in ("idc", "zone", "rack"))
    yield header
    number = 0
    for piece in pieces:
        lines = []
        for line in piece.splitlines():
            cells = line.split(",")
            place, site = divmod(number, idcs)
            cells[idc], cells[zone], cells[rack] = f"idc{site + 1}", f"z{site + 1}", f"r{place // PER_RACK + 1:04}"
            lines.append(",".join(cells))
            number += 1
        yield "\n".join(lines) + "\n"


def _write(idcs: str, path: str) -> None:
    from obplace.sample import sample

    with Path(path).open("w") as file:
        file.writelines(_placed(sample(ROWS, SEED), int(idcs)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _write(*sys.argv[1:])
    else:
        main()
