"""A document that says that no plan exists is checked like any other: whatever the reason, `verify` accepts it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.estates import catalogue, machines, table
from tests.reply import Tell

ROWS = [
    f"m{k},{8 + 8 * (k % 3)},{32 + 32 * (k % 3)} GB,4 TB,{k}.50,east,{'AB'[k % 2]},r{k % 4},x86_64,z{k % 2}"
    for k in range(12)
]
COLUMNS = "machine,cpu,memory,storage,cost,region,idc,rack,arch,zone"
BLANK = [f"{row.rpartition(',')[0]}," for row in ROWS]  # zones are for the plan to give

ASKED = {
    "a budget": (ROWS, "--budget 3"),
    "a budget, with the least cost": (ROWS, "--budget 3 --minimize cost"),
    "a budget, with fewest servers": (ROWS, "--budget 3 --minimize servers"),
    "a budget, and places": (ROWS, "--budget 5 --role odp=0 --spread observer=rack:3"),
    "a budget, and no plan without it": (ROWS, "--budget 3 --role observer=30"),
    "a budget, and rules together": (ROWS, "--budget 3 --role observer=12 --role ocp=3"),
    "a role too large": (ROWS, "--minimum observer.memory=512GB"),
    "a level too high": (ROWS, "--level performance --waive nic,storage_class"),
    "headroom": (ROWS, "--headroom 95%"),
    "sizes": (ROWS, "--size hosts=400"),
    "too few machines": (ROWS, "--role observer=13"),
    "too few to spare": (ROWS, "--role observer=12 --spare observer=1"),
    "all banned": (ROWS[:2], "--ban m0 --ban m1"),
    "rules together": (ROWS, "--role observer=12 --role ocp=3"),
    "a pin": (ROWS, "--minimum observer.cpu=24 --pin observer=m0"),
    "a spread": (ROWS, "--spread observer=idc"),
    "too few racks": (ROWS, "--role observer=5 --limit observer.rack=1"),
    "too few IDCs": (ROWS, "--across odp.idc=3"),
    "a majority": (ROWS, "--survive observer=idc"),
    "a topology": (ROWS, "--topology three-idcs"),
    "zones for the plan to give": (BLANK, "--zones observer=3x5"),
    "zones of the pool": (ROWS, "--zones observer=3x1"),
    "labels": (ROWS, "--where observer.arch=aarch64"),
    "a role of two": (ROWS, "--either oms:odc --minimum oms.memory=900GB --minimum odc.memory=900GB"),
    "a disk budget": (ROWS, "--disks same --minimum observer.memory=96GB --role observer=5"),
}


@pytest.mark.parametrize(("rows", "flags"), ASKED.values(), ids=list(ASKED))
def test_document_without_a_plan_is_accepted(tell: Tell, tmp_path: Path, rows: Sequence[str], flags: str) -> None:
    """Exit 3 by solve, and 0 by verify, which makes the reasons anew and finds the proof in the document."""
    assert accepted(tell, tmp_path, table(tmp_path, rows, COLUMNS), *flags.split())


def test_what_explain_answers_without_a_plan_is_accepted(tell: Tell, tmp_path: Path) -> None:
    """Where a plan was to be explained and there is none, the answer is the same document."""
    pool, written = table(tmp_path, ROWS, COLUMNS), tmp_path / "none.json"

    for question in ("--prices", "--sensitivity", "--machine=m1", "--without=m1"):
        assert tell("explain", pool, "--budget", "3", question, "--format", "json", "-o", written).code == 3
        assert tell("verify", written, pool).code == 0


def test_document_without_anything_to_buy_is_accepted(tell: Tell, tmp_path: Path) -> None:
    """Offers that are too dear for the budget, or too few."""
    offers = tmp_path / "offers.csv"
    offers.write_text("machine,cpu,memory,storage,cost,stock\na,16,64 GB,4 TB,10.25,6\nb,64,512 GB,9 TB,55,2\n")

    assert accepted(tell, tmp_path, "--offers", offers, "--budget", "30")
    assert accepted(tell, tmp_path, "--offers", offers, "--role", "observer=9")


@pytest.mark.parametrize("flags", ["--budget 20", "--minimum observer.memory=900GB", "--limit observer.rack=1"])
def test_clusters_alike_without_a_plan_are_accepted(tell: Tell, tmp_path: Path, flags: str) -> None:
    """While three clusters are one role, and its proof speaks of that, the reasons are about each of them."""
    asked = tmp_path / "clusters.toml"
    asked.write_text('schema = "obplace.deployment/1"\n[clusters.small]\ncount = 3\n')
    rows = [row.replace(f"r{k % 4}", f"r{k % 2}") for k, row in enumerate(ROWS)]

    assert accepted(tell, tmp_path, table(tmp_path, rows, COLUMNS), "-d", asked, *flags.split())


def test_what_the_cheapest_plan_costs_is_told_beside_a_document(tell: Tell, tmp_path: Path) -> None:
    """Whoever writes a file reads it on standard error, and of a scenario in its row of what if.

    Four servers are needed: m0 to m3 for 8.00, and without m1 and m2 m0, m3, m4 and m5 for 14.00.
    """
    pool = table(tmp_path, ROWS, COLUMNS)
    dear = ("--role", "odp=0", "--budget", "10.5")
    _, _, err = tell("solve", pool, "--budget", "3", "--format", "json")
    found = json.loads(tell("explain", pool, *dear, "--without", "m1,m2", "--format", "json").out)

    assert err.splitlines()[1] == "obplace: the servers cost at most 3, and the cheapest plan costs 8.00"
    assert found["scenarios"][0]["reasons"][1] == "the servers cost at most 10.5, and the cheapest plan costs 14.00"
    assert "the cheapest plan costs" in tell("explain", pool, *dear, "--without", "m1,m2").out


@pytest.mark.parametrize("roles", [2, 24])
@pytest.mark.parametrize("flags", ["--minimum role0.memory=100GB", "--role role1=500", "--limit role0.rack=1"])
def test_fleet_without_a_plan_is_accepted(tell: Tell, tmp_path: Path, roles: int, flags: str) -> None:
    """Where sharing is free, whether sets of roles are listed or generated."""
    book, pool = catalogue(tmp_path, roles=roles), table(tmp_path, machines(40))
    asked = ["--role", "role0=9", *flags.split(), "--catalogue", book]

    assert accepted(tell, tmp_path, pool, *asked, catalogue=book)


def accepted(tell: Tell, folder: Path, *asked: object, catalogue: Path | None = None) -> bool:
    """Solve what has no plan, and say whether the command finds its document true."""
    written = folder / "none.json"
    assert tell("solve", *asked, "-o", written).code == 3
    assert json.loads(written.read_text())["proof"] == "certificate"
    book = [] if catalogue is None else ["--catalogue", catalogue]
    where = asked[: 2 if asked[0] == "--offers" else 1]
    code, out, err = tell("verify", written, *where, *book)
    return (code, err, out.splitlines()[0]) == (0, "", "none.json holds: no plan exists, proven")
