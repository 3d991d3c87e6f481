"""How good are plans of fleets after a minute, how much is proven, and what do others reach in the same time?

``python -m benchmarks.fleets FAMILY:MACHINES[:SEED] ... | FILE.json ... [--seconds S] [--peers NAME,...]``: each run in
a process of its own, one after the other, the same seconds for all. A packing of a peer is counted anew, and no bound
may be above any of them. Rows go to results/fleets.csv.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "fleets.csv"
LATE = 2  # times the seconds, and a minute, in which a process has to end that also makes its model
MEMORY = 16 << 30  # bytes that a peer may ask for
PEERS = ("first-fit", "best-fit", "cpsat", "scip", "highs", "timefold")
COLUMNS = (
    *("instance", "who", "seconds", "cost", "bound", "certified", "gap_percent", "first", "within_5_percent"),
    *("within_1_percent", "last", "peak_mb", "load", "versions"),
)


def one(instance: str, who: str, seconds: float) -> dict[str, Any]:
    """Return the row of one run, in this process."""
    from benchmarks.fleet_cases import FAMILIES, cloudbalancing
    from obplace.fleet import cost, faults

    if instance.endswith(".json"):
        fleet = cloudbalancing(Path(instance))
    else:
        family, machines, seed = (*instance.split(":"), "1")[:3]
        fleet = FAMILIES[family](int(machines), int(seed))
    row: dict[str, Any] = {"instance": Path(instance).name, "who": who, "load": round(os.getloadavg()[0], 1)}
    start = time.monotonic()
    if who == "obplace":
        from obplace.columns import Columns

        out = Columns(fleet, seconds).run()
        packing, bound = out.packing, out.bound
        row["certified"] = out.certified
        known = [each for each in out.history if each.cost is not None]
        if known:
            row |= {"first": round(known[0].seconds, 1), "last": round(known[-1].seconds, 1)}
        for percent in (5, 1):
            near = (each.seconds for each in known if 100 * (each.cost or 0) <= (100 + percent) * out.bound)
            row[f"within_{percent}_percent"] = None if (when := next(near, None)) is None else round(when, 1)
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        packing, bound = _peer(fleet, who, seconds)
        row["last"] = round(time.monotonic() - start, 1)
    row["seconds"] = round(time.monotonic() - start, 1)
    if packing is not None and (wrong := faults(fleet, packing)):
        row["cost"] = f"breaks {len(wrong)} rules"
    elif packing is not None:
        row["cost"] = cost(fleet, packing)
    row["bound"] = None if bound is None else round(bound)
    row["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return row


def _peer(fleet: Any, who: str, seconds: float) -> tuple[Any, Any]:
    from benchmarks.peers import decreasing, obvious

    match who:
        case "first-fit" | "best-fit":
            return decreasing.decreasing(fleet, who == "best-fit"), None
        case "cpsat":
            return obvious.cpsat(fleet, seconds)
        case "scip" | "highs":
            return obvious.mip(fleet, seconds, who)
        case "timefold":
            from benchmarks.peers.cloud import timefold

            return timefold(fleet, seconds), None
        case _:
            raise SystemExit(f"no peer is called {who!r}; there are {', '.join(PEERS)}")


def main() -> None:
    """Run what is asked, print a line for each, and keep the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instances", nargs="+")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--peers", default="")
    parser.add_argument("--one")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.instances[0], asked.one, asked.seconds)))
        return
    rows = []
    for instance in asked.instances:
        found = []
        for who in ("obplace", *filter(None, asked.peers.split(","))):
            command = [
                sys.executable,
                "-m",
                "benchmarks.fleets",
                instance,
                "--one",
                who,
                "--seconds",
                str(asked.seconds),
            ]
            found.append(_run(command, LATE * asked.seconds + 60, instance, who) | {"versions": versions()})
        bound = max((row["bound"] for row in found if row["who"] == "obplace" and row.get("bound")), default=0)
        for row in found:
            if isinstance(row.get("cost"), int):
                row["gap_percent"] = round(100 * (row["cost"] - bound) / row["cost"], 3)
                if row["cost"] < bound:
                    raise SystemExit(
                        f"{row['who']} has {row['cost']} for {instance}, and {bound} is said to be a bound"
                    )
            print(", ".join(f"{key} {row.get(key)}" for key in COLUMNS[:-1]), flush=True)
        rows += found
    _keep(rows)


def _run(command: list[str], seconds: float, instance: str, who: str) -> dict[str, Any]:
    """Return the row that a process prints; what it died of, or that it was late, stands where its cost would."""
    failed = {"instance": Path(instance).name, "who": who}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return failed | {"cost": f"not ready after {seconds:.0f} s"}
    if done.returncode:
        return failed | {"cost": f"failed: {(done.stderr.strip().splitlines() or ['killed'])[-1][:80]}"}
    row: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def versions() -> str:
    """Return what was measured."""
    found = [f"python {sys.version.split()[0]}"]
    for name in ("obplace", "ortools", "numpy", "numba", "timefold"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return "; ".join(found)


def _keep(rows: list[dict[str, Any]]) -> None:
    again = {(row["instance"], row["who"]) for row in rows}
    kept: list[dict[str, Any]] = []
    if RESULTS.exists():
        with RESULTS.open(newline="") as file:
            kept = [row for row in csv.DictReader(file) if (row["instance"], row["who"]) not in again]
    with RESULTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*kept, *rows])


if __name__ == "__main__":
    main()
