"""The fingerprint of a pool: the same however its rows stand in whatever file, another with any value that is read."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from obplace.deployment import Deployment
from obplace.fingerprint import fingerprint
from obplace.pool import Pool, blocks
from obplace.pose import pose
from tests.small import BOOK

Row = dict[str, str]

ONE = "a490abd54b19bde0302c74e153594a70"  # of the first row, asked for nothing in particular
ASKED = Deployment(level="performance", spread={"observer": "zone", "odp": "rack"}, where={"odp.tags": "fast"})


def rows(number: int = 40) -> list[Row]:
    """Return machines with something of everything, blanks among it; the first ones have no zone."""
    return [
        {
            "machine": f"m{k}",
            "cpu": str(32 + k % 3 * 16),
            "memory": f"{256 + k % 5} GB" if k % 7 else "",
            "storage": f"{2 + k % 4}.5 TB",
            "storage_class": "ssd" if k % 6 else "",
            "nic": "10 Gbit/s",
            "cost": f"{100 + k}.50",
            "idc": f"i{k % 3 // 2}",
            "rack": f"r{k % 4}",
            "zone": f"z{k % 3}" if k >= number // 2 else "",
            "quantity": "2" if k % 9 == 0 else "1",
            "available": "no" if k % 11 == 5 else "yes",
            "runs": "",
            "arch": "x86_64",
            "tags": "fast,new" if k % 2 else "",
        }
        for k in range(number)
    ]


def of(machines: list[Row], asked: Deployment = ASKED) -> str:
    """Return the fingerprint of a frame."""
    return fingerprint(pose(BOOK, asked, Pool.from_frame(pd.DataFrame(machines), BOOK.kinds)))


def read(path: Path) -> str:
    """Return the fingerprint of a file."""
    return fingerprint(pose(BOOK, ASKED, Pool.read(path, BOOK.kinds)))


def test_it_is_32_digits() -> None:
    """And the same each time: nothing of this run of Python is in it."""
    assert len(of(rows())) == 32
    assert set(of(rows())) <= set("0123456789abcdef")
    assert of(rows(1), Deployment()) == ONE


def test_order_of_rows_and_columns_is_not_seen() -> None:
    """A sum knows no order."""
    shuffled = Random(1).sample(rows(), 40)

    assert of(shuffled) == of(rows())
    assert of([dict(reversed(row.items())) for row in shuffled]) == of(rows())


def test_format_is_not_seen(tmp_path: Path) -> None:
    """CSV, TSV, JSON, XLSX and Parquet; prices with and without the zeros at their end."""
    frame = pd.DataFrame(rows())
    frame.to_csv(tmp_path / "pool.csv", index=False)
    frame.to_csv(tmp_path / "pool.tsv", index=False, sep="\t")
    (tmp_path / "pool.json").write_text(json.dumps(rows()))
    frame.to_parquet(tmp_path / "pool.parquet")
    frame.assign(cost=[str(float(row["cost"])) for row in rows()]).to_csv(tmp_path / "short.csv", index=False)
    found = {read(path) for path in sorted(tmp_path.iterdir())}

    assert found == {of(rows())}


@pytest.mark.parametrize("size", [300, 1000, 2000])
def test_split_into_batches_is_not_seen(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a batch holds no zone at all, and the next one does."""
    path = tmp_path / "pool.csv"
    pd.DataFrame(rows()).to_csv(path, index=False)
    monkeypatch.setattr(blocks, "_BLOCK", size)

    assert len(Pool.read(path, BOOK.kinds).batches) > 1
    assert read(path) == of(rows())


Change = Callable[[list[Row]], object]

CHANGES: dict[str, Change] = {
    "name": lambda m: m[3].update(machine="m03"),
    "two names": lambda m: (m[1].update(machine="m2"), m[2].update(machine="m1")),
    "cpu": lambda m: m[3].update(cpu="33"),
    "memory by a byte": lambda m: m[3].update(memory=f"{m[3]['memory'].split()[0]}.000000001 GB"),
    "memory known": lambda m: m[0].update(memory="1 GB"),
    "memory unknown": lambda m: m[1].update(memory=""),
    "memory of two": lambda m: m[1].update(memory="257 GB") or m[2].update(memory="257 GB"),
    "storage class": lambda m: m[0].update(storage_class="hdd"),
    "cost by a cent": lambda m: m[3].update(cost="103.51"),
    "cost unknown": lambda m: m[3].update(cost=""),
    "rack": lambda m: m[3].update(rack="r9"),
    "idc around a rack": lambda m: m[3].update(idc="i1"),
    "zone": lambda m: m[30].update(zone="z9"),
    "zone known": lambda m: m[0].update(zone="z0"),
    "quantity": lambda m: m[3].update(quantity="3"),
    "available": lambda m: m[3].update(available="no"),
    "runs": lambda m: m[3].update(runs="ocp"),
    "tags": lambda m: m[3].update(tags="fast"),
    "a machine less": lambda m: m.pop(),
    "a machine more": lambda m: m.append(m[0] | {"machine": "new"}),
    "two machines' prices": lambda m: (m[1].update(cost="102.50"), m[2].update(cost="101.50")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_any_value_that_is_read_is_seen(change: Change) -> None:
    """A value that changes, comes, goes, or moves to another machine makes another fingerprint."""
    machines = rows()
    before = of(machines)
    change(machines)

    assert of(machines) != before


@pytest.mark.parametrize("column", ["os", "zone", "tags"])
def test_what_no_rule_reads_is_not_seen(column: str) -> None:
    """A plan still holds when somebody writes down what it never asked for."""
    asked = Deployment(spread={"odp": "rack"})
    changed = [row | {column: "another"} for row in rows()]

    assert of(changed, asked) == of(rows(), asked)
