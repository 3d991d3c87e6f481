"""The question: what the cheapest OceanBase deployments on a cloud are, and whether that is proven.

``python -m benchmarks.aws FILE``: a table of machine types with their price by the hour, with the columns
instance_type, arch, vcpu, memory_mib, local_nvme_gb, network_mbps and price_usd_h, such as those of AWS in one region.
Answers go to results/aws.csv, one row each.

What the file does not say is assumed, and stands in the README: every type is sold in each of three zones, in any
number; storage beside local disks is bought by the GB at one price, as SSD; a month has 730 hours. Rows without a price
are left out, and counted.
"""

import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import obplace
from benchmarks.measure import RESULTS, versions
from obplace.result import Result

STORAGE = "0.08"  # USD for a GB and month, what general purpose volumes (gp3) cost there
ZONES = "a|b|c"
COLUMNS = {"instance_type": "offer", "arch": "arch", "vcpu": "cpu", "memory_mib": "memory_mib"}
COLUMNS |= {"local_nvme_gb": "storage_gb", "network_mbps": "nic_mbps", "price_usd_h": "price per hour (USD)"}
ROLES = ("observer", "odp", "ocp", "oat")
ASKED = {
    "x86 only": {"where": {f"{role}.arch": "x86_64" for role in ROLES}},
    "x86 or ARM": {},
    "x86 only, three OCP": {"where": {f"{role}.arch": "x86_64" for role in ROLES}, "roles": {"ocp": 3}},
    "x86 or ARM, three OCP": {"roles": {"ocp": 3}},
}


def main(path: str) -> None:
    """Solve each deployment and keep what it costs."""
    offers = table(path)
    rows = []
    for level in ("functional", "performance"):
        for name, words in ASKED.items():
            start = time.perf_counter()
            result = obplace.solve(
                offers=offers,
                level=level,
                minimize="cost",
                spread={"observer": "zone"},
                skip_bad_rows=True,
                **words,  # type: ignore[arg-type]
            )
            rows.append(_row(level, name, result, time.perf_counter() - start))
            print(", ".join(rows[-1].values()))
    with (RESULTS / "aws.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def table(path: str) -> pd.DataFrame:
    """Return the offers of a file of machine types, and the row that sells storage."""
    types = pd.read_csv(path, dtype=str, keep_default_na=False)[list(COLUMNS)].rename(columns=COLUMNS)
    types["storage_class"] = ["nvme" if local else "" for local in types["storage_gb"]]
    types["zone"] = ZONES
    storage = {"offer": "storage", "resource": "storage", "storage_class": "ssd", "zone": ZONES}
    sold = pd.DataFrame([storage | {"monthly_per_gb": STORAGE}])
    return pd.concat([types, sold], ignore_index=True).fillna("")


def _row(level: str, name: str, result: Result, seconds: float) -> dict[str, str]:
    assert result.plan is not None
    pool = result.problem.pool
    return {
        "level": level,
        "asked": name,
        "servers": str(result.plan.servers),
        "types": "; ".join(_types(result)),
        "storage_gb": str(sum(each.bought for each in result.plan.bill or () if each.unit != "machines")),
        "usd_month": str(result.plan.cost),
        "bound": str(result.plan.money(next(each.bound or 0 for each in result.objectives if each.name == "cost"))),
        "proof": "none" if result.proof is None else result.proof.value,
        "seconds": f"{seconds:.2f}",
        "rows": str(len(pool)),
        "without_price": str(len(pool.skipped)),
        "versions": versions(),
    }


def _types(result: Result) -> Iterator[str]:
    """Yield how many machines of each type run the same roles, in the order of the plan."""
    assert result.plan is not None
    counts: dict[tuple[str, str], int] = {}
    for each in result.plan.assignments:
        key = (" ".join(each.roles), each.machine.name.partition("@")[0].partition("+")[0])
        counts[key] = counts.get(key, 0) + 1
    yield from (f"{number} {machine} ({roles})" for (roles, machine), number in counts.items())


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("expected the path of a table of machine types: python -m benchmarks.aws FILE")
    main(sys.argv[1])
