"""Sweeps: a row for each scenario, the same whoever solves it and however often it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import obplace
from obplace.catalogue import load
from obplace.crew import Processes, crew
from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError
from obplace.grid import changed, scenarios
from obplace.pool import Pool
from obplace.sweeping import Shared, frame, look, run, solved
from tests.dying import ALWAYS, ONCE, begun, dies
from tests.reply import Tell

SHEET = "data/spreadsheet.csv"
GRID = {"level": ["functional", "performance"], "roles.odp": [3, 4], "lost": "zone"}
BOOK = load()


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Return the company's spreadsheet."""
    return Pool.read(SHEET, BOOK.kinds)


class Here:
    """A crew that works here, and remembers what it did."""

    def __init__(self, shared: object, stop: int = 10**6) -> None:
        self.shared = shared
        self.stop = stop
        self.done: list[tuple[str, int]] = []

    def do(self, work: Any, items: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
        """Work, until it is time to stop."""
        for number, item in items.items():
            if len(self.done) == self.stop:
                raise KeyboardInterrupt
            self.done.append((work.__name__, number))
            yield number, work(self.shared, item)

    def close(self) -> None:
        """Go home."""


def test_every_combination_is_a_row(pool: Pool) -> None:
    """A row says what it is of, and what a solve of the same words says."""
    shared = Shared(pool, BOOK, Deployment())
    cases = scenarios(GRID, pool)
    found = frame(cases, run(shared, cases, Here(shared)))

    assert len(found) == 2 * 2 * 4
    assert list(found["lost"][:4]) == ["nothing", "zone=az1", "zone=az2", "zone=az3"]
    result = obplace.solve(SHEET, level="performance", roles={"odp": 4})
    row = found[(found["level"] == "performance") & (found["roles.odp"] == 4) & (found["lost"] == "nothing")].iloc[0]
    assert (row["status"], row["servers"], row["cost"]) == ("optimal", result.plan.servers, result.plan.cost)
    assert row["cost_bound"] == row["cost"]
    assert json.loads(row["machines"]) == {each.name: list(each.roles) for each in result.plan.assignments}
    lost = found[found["lost"] == "zone=az1"]["machines"].map(json.loads)
    homes = {machine.name: machine.domains["zone"] for machine in pool.take(range(len(pool)))}
    assert all(homes[name] != "az1" for names in lost for name in names)


def test_scenarios_that_share_a_kernel_are_solved_once(pool: Pool) -> None:
    """What is lost without being among the best machines, or tolerated without need, changes nothing."""
    names = {str(machine.domains["rack"]) for machine in pool.take(range(len(pool)))}
    racks = [f"rack={name}" for name in sorted(names)]
    grid = {"lost": ["nothing", *racks], "tolerance.memory": ["0%", "1%"]}
    shared = Shared(pool, BOOK, Deployment())
    cases = scenarios(grid, pool)
    hands = Here(shared)
    found = frame(cases, run(shared, cases, hands))

    solves = [number for name, number in hands.done if name == "solved"]
    assert len(solves) == found["kernel"].nunique() < len(found)
    for _, same in found.groupby("kernel"):
        assert len(set(same["machines"])) == 1
    for number in range(0, len(cases), 5):
        alone = solved(shared, cases[number])
        assert alone["machines"] == found["machines"][number]


def test_interrupted_sweep_goes_on(pool: Pool, tmp_path: Path) -> None:
    """Ended anywhere, also within a line of its journal, and resumed: the same frame, and nothing is solved twice."""
    shared = Shared(pool, BOOK, Deployment())
    cases = scenarios(GRID, pool)
    whole = frame(cases, run(shared, cases, Here(shared)))
    for stop in (3, 17, 22):
        journal = tmp_path / f"{stop}.journal"
        first, second = Here(shared, stop), Here(shared)
        with pytest.raises(KeyboardInterrupt):
            run(shared, cases, first, journal)
        with journal.open("ab") as stream:
            stream.write(b'{"scenario": 5, "stat')
        resumed = frame(cases, run(shared, cases, second, journal))

        pd.testing.assert_frame_equal(resumed, whole)
        both = [each for each in (*first.done, *second.done) if each[0] == "solved"]
        assert len(both) == len(set(both)) == whole["kernel"].nunique()


def test_killed_command_resumed_gives_the_same_file(tmp_path: Path) -> None:
    """A command that is killed half-way and given again writes what one does that was left alone."""
    grid = tmp_path / "grid.toml"
    grid.write_text('schema = "obplace.sweep/1"\n[grid]\nlost = "rack"\n', encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        "from obplace.cli import main; main()",
        "sweep",
        SHEET,
        str(grid),
        "--workers",
        "1",
    ]
    whole, again = tmp_path / "whole.csv", tmp_path / "again.csv"
    subprocess.run([*command, "-o", str(whole)], check=True, timeout=120)
    journal = tmp_path / "again.csv.journal"
    with subprocess.Popen([*command, "-o", str(again)], start_new_session=True) as child:
        while child.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 3):
            time.sleep(0.005)
        os.killpg(child.pid, signal.SIGKILL)
    subprocess.run([*command, "-o", str(again)], check=True, timeout=120)

    assert again.read_bytes() == whole.read_bytes()
    assert not journal.exists()


def test_a_process_that_dies_costs_no_other_scenario(tmp_path: Path) -> None:
    """What was under way is done again, none is lost, none is told twice, and what always dies is named."""
    hands = Processes(tmp_path, workers=2)
    try:
        found = list(hands.do(dies, {number: number for number in range(12)}))
    finally:
        hands.close()

    assert sorted(found, key=lambda each: each[0]) == [(k, None if k == ALWAYS else k * k) for k in range(12)]
    times = [begun(tmp_path, number) for number in range(12)]
    assert times[ALWAYS] in (2, 3)
    assert times[ONCE] >= 2
    assert sum(times) <= 12 + 2 * 3 + 2  # those that were under way at each of two ends, and these two once more


def test_workers_of_a_dask_cluster_find_the_same(pool: Pool) -> None:
    """Two workers on this machine by joblib, in one word; the frame is that of the processes."""
    from distributed import Client, LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as cluster:
        with Client(cluster):
            connected = [obplace.sweep(pool, GRID, backend="dask") for _ in range(2)]
        joined = obplace.sweep(pool, GRID, backend="dask", scheduler=cluster.scheduler_address)
    processes = obplace.sweep(pool, GRID, workers=1)

    for each in connected:
        pd.testing.assert_frame_equal(each, processes)
    pd.testing.assert_frame_equal(joined, processes)


def test_a_dask_worker_that_dies_costs_nothing(tmp_path: Path) -> None:
    """What it had is done again by another, none is lost, none is told twice."""
    from distributed import Client, LocalCluster

    items = [number for number in range(9) if number != ALWAYS]
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster),
    ):
        hands = crew(tmp_path, "dask", None, None)
        found = sorted(hands.do(dies, {number: number for number in items}))
        always = list(hands.do(dies, {ALWAYS: ALWAYS}))
        hands.close()

    assert found == [(number, number * number) for number in items]
    assert always == [(ALWAYS, None)]
    assert begun(tmp_path, ONCE) >= 2


def test_a_scheduler_that_is_not_there_is_told() -> None:
    """Neither a client nor an address that answers: what to do is said."""
    with pytest.raises(UsageError, match=r"no Dask scheduler is connected: create a dask\.distributed\.Client first"):
        crew(None, "dask", None, None)
    with pytest.raises(UsageError, match="no Dask scheduler answers at"):
        crew(None, "dask", None, "nowhere://127.0.0.1:1")
    with pytest.raises(UsageError, match="unknown backend 'slurm'; expected processes, dask, ray"):
        crew(None, "slurm", None, None)
    with pytest.raises(UsageError, match="leave out their number"):
        crew(None, "dask", 2, None)
    with pytest.raises(UsageError, match="a scheduler goes with the backend dask"):
        crew(None, None, None, "tcp://127.0.0.1:1")


def test_prices_change_by_place_and_are_rounded(pool: Pool) -> None:
    """A tenth more in one zone, to the pool's smallest unit; other zones stay."""
    dearer = changed(pool, {"price": "zone=az1:+10%"})
    before, after = (each.take(range(len(pool))) for each in (pool, dearer))

    for old, new in zip(before, after, strict=True):
        wanted = old.price
        if old.price is not None and old.domains["zone"] == "az1":
            wanted = round(Decimal(old.price) * Decimal("1.1"))
        assert new.price == wanted


def test_what_cannot_be_asked_is_a_row_of_its_own(pool: Pool) -> None:
    """A scenario that contradicts itself is refused with its reason, the others are solved."""
    shared = Shared(pool, BOOK, Deployment())
    cases = scenarios({"topology": ["three-idcs", "five-moons"]}, pool)
    found = frame(cases, run(shared, cases, Here(shared)))

    assert list(found["status"]) == ["optimal", "refused"]
    assert "five-moons" in found["why"][1]
    assert look(shared, cases[1])["status"] == "refused"


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({}, "the grid is empty"),
        ({"level": []}, "grid level is empty"),
        ({"levle": ["functional"]}, "grid levle: nothing of that name can differ; expected price, lost, level"),
        ({"level": "functional"}, "grid level is 'functional', expected a list"),
        ({"roles": [3]}, r"grid roles: expected roles\.KEY"),
        ({"level.odp": ["x"]}, r"grid level\.odp: expected level"),
        ({"roles.odp": [3, 3]}, r"grid roles\.odp has a value twice"),
        ({"roles.odp": [3.5]}, r"grid roles\.odp is 3\.5, expected int or str"),
        ({"lost": "shelf"}, "grid lost is 'shelf'; data/spreadsheet.csv has idc, rack, zone"),
        ({"lost": ["rack"]}, "grid lost 'rack': expected LEVEL=DOMAIN or nothing"),
        ({"price": ["10"]}, r"grid price '10': expected \+10%, or COLUMN=VALUE"),
        ({"price": ["shelf=1:+5%"]}, "has no shelf; expected one of"),
        ({"price": ["-200%"]}, "no price can fall by more than 100%"),
    ],
)
def test_bad_grids_are_told(pool: Pool, grid: dict[str, Any], message: str) -> None:
    """What is wrong, where, and what was expected."""
    with pytest.raises(UsageError, match=message):
        scenarios(grid, pool)


def test_journal_of_another_sweep_is_refused(pool: Pool, tmp_path: Path) -> None:
    """A journal goes on only with the same question over the same pool."""
    shared = Shared(pool, BOOK, Deployment())
    cases = scenarios({"level": ["functional"]}, pool)
    journal = tmp_path / "journal"
    run(shared, cases, Here(shared), journal)

    with pytest.raises(UsageError, match="is the journal of another sweep"):
        run(shared, scenarios({"level": ["performance"]}, pool), Here(shared), journal)
    journal.write_text("hello\n", encoding="utf-8")
    with pytest.raises(DataError, match="is no journal of a sweep"):
        run(shared, cases, Here(shared), journal)
    with pytest.raises(UsageError, match="cannot use the journal"):
        run(shared, cases, Here(shared), tmp_path)


def test_command_writes_each_form(tell: Tell, tmp_path: Path) -> None:
    """CSV to standard output or a file, JSON lines, Parquet; what is wrong with a grid file has exit code 1."""
    grid = tmp_path / "grid.toml"
    grid.write_text('schema = "obplace.sweep/1"\n[grid]\nroles.odp = [3, 4]\n', encoding="utf-8")
    shown = tell("sweep", SHEET, grid, "--workers", 1)
    files = [tmp_path / f"out.{kind}" for kind in ("csv", "jsonl", "parquet")]
    codes = [tell("sweep", SHEET, grid, "--workers", 1, "-o", file).code for file in files]

    assert (shown.code, codes) == (0, [0, 0, 0])
    assert files[0].read_text(encoding="utf-8") == shown.out
    assert shown.out.startswith("roles.odp,status,proof,servers,cost,servers_bound,cost_bound,machines,kernel,why\n3,")
    costs = [json.loads(line)["cost"] for line in files[1].read_text(encoding="utf-8").splitlines()]
    assert costs == [str(cost) for cost in pd.read_parquet(files[2])["cost"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grid.toml", "out.csv", "out.jsonl", "out.parquet"]

    assert tell("sweep", SHEET, grid, "-o", tmp_path / "out.xlsx").code == 2
    assert tell("sweep", SHEET, tmp_path / "none.toml").code == 2
    grid.write_text("[grd]\n", encoding="utf-8")
    reply = tell("sweep", SHEET, grid)
    assert reply.code == 1
    assert "unknown key 'grd'" in reply.err
    assert "has no table [grid]" in reply.err
