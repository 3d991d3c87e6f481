"""The question: what a certificate adds to `obplace solve` on a million machines, and what checking it costs.

Whole processes, from start to exit. Made: the command that writes a plan with its certificate, against the same
command that looks for no proof beyond CP-SAT's. Checked: `obplace verify`, against pandas reading the pool. User plus
system time, because it does not depend on what else the machine does.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import OBPLACE, Run, interleave, median, process, record

ROWS = 1_000_000
SEED = 1
ROUNDS = 5
MADE, CHECKED, BYTES = 1.2, 1.0, 20_000  # targets: ratios of CPU, and the size of a certificate

UNPROVEN = (
    "import sys; from obplace import solver; solver.certify = lambda *_, **__: (); "
    "solver._Solve._agrees = lambda *_: None; from obplace.cli import main; sys.exit(main())"
)
QUESTIONS = {"fewest servers": (), "five racks": ("--role", "odp=5", "--spread", "odp=rack")}


def main() -> None:
    """Measure both sides for a plain question and for one that reads racks."""
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        path, plan = Path(folder, "pool.csv"), Path(folder, "plan.json")
        pools.write("sample", ROWS, SEED, path)
        for question, flags in QUESTIONS.items():
            solve = ("solve", str(path), *flags, "-o", str(plan))
            process((*OBPLACE, *solve))
            size = len(json.dumps(json.loads(plan.read_text())["certificate"]))
            commands = {
                "without a proof": (sys.executable, "-c", UNPROVEN, *solve[:-1], str(Path(folder, "unproven.json"))),
                "with a certificate": (*OBPLACE, *solve),
                "obplace verify": (*OBPLACE, "verify", str(plan), str(path)),
                "pandas.read_csv": (sys.executable, "-c", f"import pandas; pandas.read_csv({str(path)!r})"),
            }
            found = [
                Run("certificate", question, ROWS, SEED, who, used.seconds, used.cpu_seconds, used.peak_mb)
                for who, used in interleave(commands, ROUNDS)
            ]
            runs += found
            cpu = {who: median(found, who) for who in commands}
            print(f"{question}: made {cpu['with a certificate'] / cpu['without a proof']:.2f} (target {MADE}), "
                  f"checked {cpu['obplace verify'] / cpu['pandas.read_csv']:.2f} (target {CHECKED}), "
                  f"{size} bytes (target {BYTES})")  # fmt: skip
    record(runs)


if __name__ == "__main__":
    main()
