"""An estate of OceanBase clusters as its owner would write it down: what does the command make of it?

``python -m benchmarks.estate FOLDER [--machines 10000] [--seed 1]`` writes there ``pool.csv``, ``fleet.toml`` and the
catalogue ``estate.toml``: family a of `fleet_cases` in a user's own words, 3 clusters for every 100 machines. Then

    obplace solve FOLDER/pool.csv -d FOLDER/fleet.toml --time-limit 30

prints servers and cost, how far they can be from the best at most, and a line a server with the OBServers of the
clusters that it runs. With ``--measure SECONDS`` that command and ``verify`` are run, and their row in
results/estate.csv is kept: cost, bound, and seconds of the whole command, of its parts and of the check.
"""

import argparse
import csv
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "estate.csv"
SIZES = {"s": (4, 16), "m": (8, 64), "l": (16, 128), "xl": (32, 256)}  # cores and GB of one server of a cluster
ZONES = 3
RACK = 40  # machines

CATALOGUE = """\
schema = "obplace.catalogue/1"
name = "estate"
title = "OceanBase clusters that share machines"
source = "made up for a benchmark: sizes of the clusters are in the deployment"
levels = ["only"]
colocation = "free"
cluster = "observer"

[resources]
cpu = { kind = "cpu", combine = "sum" }
memory = { kind = "memory", combine = "sum" }
"""

ROLE = """
[[roles]]
name = "{name}"
title = "{name}"
max_per_machine = {most}
source = "made up"

[roles.minimum.only]
needs = {{ cpu = "{cpu}", memory = "{memory} GB" }}
source = "made up"
"""

HEAD = """\
schema = "obplace.deployment/1"
catalogue = "estate.toml"
minimize = ["cost"]

[roles]
odp = {odp}
ocp = 3

# No two servers of a cluster in one rack.
[limit]
"observer.rack" = 1
"""


def catalogue() -> str:
    """Return the catalogue: a machine runs up to three OBServers, whichever the clusters, and anything beside."""
    roles = (("observer", 3, 4, 16), ("odp", 8, 4, 8), ("ocp", 1, 32, 128))
    return CATALOGUE + "".join(
        ROLE.format(name=name, most=most, cpu=cpu, memory=memory) for name, most, cpu, memory in roles
    )


def deployment(machines: int, seed: int) -> str:
    """Return the deployment: clusters of four sizes, each with 1 to 3 servers in each of three zones."""
    random = np.random.default_rng(seed)
    names = list(SIZES)
    clusters = machines * 3 // 100
    asked = Counter((names[random.integers(len(names))], int(random.integers(1, 4))) for _ in range(clusters))
    text = HEAD.format(odp=machines // 100)
    for (size, servers), number in sorted(asked.items(), key=lambda each: (names.index(each[0][0]), each[0][1])):
        cpu, memory = SIZES[size]
        text += f'\n[clusters.{size}{servers}]\ncount = {number}\nzones = "{ZONES}x{servers}"\n'
        text += f'minimum = {{ cpu = "{cpu}", memory = "{memory} GB" }}\n'
    return text


def pool(machines: int, seed: int) -> list[dict[str, Any]]:
    """Return the machines: racks of 40, every third in one zone; prices not proportional to size."""
    random = np.random.default_rng(seed + 1)
    racks = max(ZONES, machines // RACK)
    found = []
    for number in range(machines):
        rack = number % racks
        cpu = int(random.choice((16, 32, 64, 96)))
        memory = cpu * int(random.choice((4, 8)))
        price = int((30 * cpu + 4 * memory) * random.uniform(0.9, 1.2)) // 20 * 20
        zone = rack % ZONES + 1
        place = {"idc": f"idc{zone}", "zone": f"z{zone}", "rack": f"r{rack:03}"}
        found.append({"machine": f"srv-{number:05}", "cpu": cpu, "memory": f"{memory} GB", "cost": price, **place})
    return found


def write(folder: Path, machines: int, seed: int) -> None:
    """Write the three files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "estate.toml").write_text(catalogue())
    (folder / "fleet.toml").write_text(deployment(machines, seed))
    rows = pool(machines, seed)
    with (folder / "pool.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def measure(folder: Path, machines: int, seed: int, seconds: float) -> dict[str, Any]:
    """Return the row of one run of the command, and of the check of what it wrote."""
    from benchmarks.fleets import versions

    plan, pool_file, book = (folder / name for name in ("plan.json", "pool.csv", "estate.toml"))
    solve = ["solve", str(pool_file), "-d", str(folder / "fleet.toml"), "--time-limit", str(seconds)]
    took, table = _run([*solve])
    parts = dict(re.findall(r"(\w+) (\d+\.\d+)", table.rpartition("solved in")[2]))
    _run([*solve, "-o", str(plan), "--format", "json"])
    checked, said = _run(["verify", str(plan), str(pool_file), "--catalogue", str(book)])
    found = json.loads(plan.read_text())
    first = found["objectives"][0]
    cost, bound = int(first["value"]), int(first["bound"])
    return {
        "machines": machines,
        "clusters": machines * 3 // 100,
        "seed": seed,
        "limit": seconds,
        "servers": found["servers"],
        "cost": cost,
        "bound": bound,
        "gap_percent": round(100 * (cost - bound) / cost, 4),
        "checked": said.splitlines()[1],
        "command": round(took, 1),
        "columns": parts.get("columns"),
        "merge": parts.get("alike"),
        "deal": parts.get("deal"),
        "verify": round(checked, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
        "versions": versions(),
    }


def _run(words: list[str]) -> tuple[float, str]:
    start = time.monotonic()
    command = [sys.executable, "-c", "from obplace.cli import main; main()", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.monotonic() - start, done.stdout


def main() -> None:
    """Write the files, and measure if that is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--machines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure", type=float, metavar="SECONDS")
    asked = parser.parse_args()
    write(asked.folder, asked.machines, asked.seed)
    if asked.measure is None:
        return
    row = measure(asked.folder, asked.machines, asked.seed, asked.measure)
    print(", ".join(f"{key} {value}" for key, value in row.items()))
    kept: list[dict[str, Any]] = []
    if RESULTS.exists():
        same = {"machines": str(asked.machines), "seed": str(asked.seed), "limit": str(asked.measure)}
        with RESULTS.open(newline="") as file:
            kept = [each for each in csv.DictReader(file) if not same.items() <= each.items()]
    with RESULTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*kept, row])


if __name__ == "__main__":
    main()
