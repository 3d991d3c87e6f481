"""Frontiers: all plans that no other beats, and only these."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

import obplace
from obplace.axes import read, reading
from obplace.errors import UsageError
from obplace.kernel import Reduction, reduce
from obplace.pareto import Frontier
from obplace.plan import Status
from obplace.solver import Solver
from obplace.trade import trade
from tests.campaign import frontier as campaign
from tests.reply import Tell
from tests.tiny import catalogue, tiny

# Both roles fit on one machine of 30 units; a machine of 10 runs a, one of 20 runs b.
KIT = catalogue({"a": 10, "b": 20}, added=[("a", "b")])
MACHINES = [
    {"machine": "small", "units": 10, "cost": 1, "rack": "r1"},
    {"machine": "middle", "units": 20, "cost": 2, "rack": "r1"},
    {"machine": "large", "units": 30, "cost": 5, "rack": "r2"},
    {"machine": "huge", "units": 60, "cost": 9, "rack": "r2"},
]
RUNNING = [row | {"runs": now} for row, now in zip(MACHINES, ("b", "", "a,b", ""), strict=True)]


def values(found: Frontier) -> list[tuple[int | Decimal, ...]]:
    """Return the amounts of the points."""
    return [tuple(point.values.values()) for point in found.points]


@pytest.mark.parametrize("seed", range(6))
def test_frontier_is_what_going_through_all_plans_finds(seed: int) -> None:
    """Whole, cut short and without reductions, in each pair of objectives and in three."""
    assert campaign(seed)["outcome"] == "same"


def test_servers_and_cost() -> None:
    """One machine of 30 for 5, or two for 3: neither beats the other, and every other plan is beaten."""
    found = trade(tiny(KIT, MACHINES), ("servers", "cost"))

    assert values(found) == [(1, 5), (2, 3)]
    assert [[each.name for each in point.plan.assignments] for point in found.points] == [
        ["large"],
        ["small", "middle"],
    ]
    assert found.complete
    assert all(point.proven and point.gaps == {"servers": 0.0, "cost": 0.0} for point in found.points)


def test_cost_and_spare_capacity() -> None:
    """In parts of 60: small and middle leave nothing, small and large 10, middle and large 20, and so on."""
    found = trade(tiny(KIT, MACHINES), ("cost", "spare"))
    best = dict(values(found))

    # Hundredths are rounded down, of a machine (16, 33, 50, 100) and of what it runs (a 16, b 33, both 50).
    amounts = {3: "0", 6: "0.17", 7: "0.34", 9: "0.50", 10: "0.67", 11: "0.84", 14: "1.01"}
    assert best == {cost: Decimal(spare) for cost, spare in amounts.items()}


def test_larger_machines_stay_where_spare_capacity_counts() -> None:
    """By price alone one machine is enough; with its size, a dearer one goes only when it is no larger."""
    kit = catalogue({"a": 10})
    sizes = [(10, 1), (20, 3), (20, 4), (30, 5), (25, 6)]
    machines = [{"machine": f"m{k}", "units": size, "cost": cost} for k, (size, cost) in enumerate(sizes)]
    problem = tiny(kit, machines)
    axes = read(problem, ("cost", "spare"))
    told = {name for axis in axes for name in axis.told}
    kept = {slot.name for each in reduce(problem, told=told).classes for slot in each.slots}
    everything = {slot.name for each in reduce(problem, frozenset(), told=told).classes for slot in each.slots}

    assert kept == {"m0", "m1", "m3"}
    assert everything == {"m0", "m1", "m2", "m3", "m4"}
    assert {slot.name for each in reduce(problem).classes for slot in each.slots} == {"m0"}
    without = Solver(reductions=frozenset(Reduction) - {Reduction.DOMINATED})
    assert values(trade(problem, ("cost", "spare"), solver=without)) == values(trade(problem, ("cost", "spare")))
    assert len(values(trade(problem, ("cost", "spare")))) == 3


def test_cost_and_moves() -> None:
    """Only large runs both roles now: 5 without a move; for 3 both small and middle change."""
    found = trade(tiny(KIT, RUNNING, reuse=True), ("cost", "moves"))

    assert values(found) == [(3, 2), (5, 0)]


def test_cost_and_racks_that_may_be_lost() -> None:
    """Three copies: in one rack none may be lost, in two only the one that holds a single copy, in three any."""
    kit = catalogue({"a": 1})
    prices = {"r1": (1, 1, 1), "r2": (2,), "r3": (4,)}
    machines = [
        {"machine": f"{rack}-{k}", "units": 1, "cost": cost, "rack": rack}
        for rack, costs in prices.items()
        for k, cost in enumerate(costs)
    ]
    found = trade(tiny(kit, machines, roles={"a": 3}), ("cost", "a.rack"))

    assert values(found) == [(3, 0), (4, 1), (7, 3)]


def test_three_objectives() -> None:
    """A plan that is best in none of two pairs may still be unbeaten in all three."""
    problem = tiny(KIT, RUNNING, reuse=True)
    found = trade(problem, ("servers", "cost", "moves"))

    assert values(found) == [(1, 5, 0), (2, 3, 2)]


def test_more_points_than_wanted_are_cut_evenly_and_bounded() -> None:
    """Of ten trade-offs three are shown: the ends, the best within half of the way, and where others may lie."""
    kit = catalogue({"a": 1})
    machines = [{"machine": f"m{k}", "units": 10 + 10 * k, "cost": 10 + 10 * k} for k in range(10)]
    problem = tiny(kit, machines)
    whole = trade(problem, ("cost", "spare"))
    found = trade(problem, ("cost", "spare"), points=3)

    assert len(whole.points) == 10
    assert whole.between == ()
    assert [cost for cost, _ in values(found)] == [10, 50, 100]
    assert found.status is Status.FEASIBLE
    assert all(point.proven for point in found.points)
    # Up to 55, half of the way, 50 is the best; so what lies before 100 costs 56 at least.
    assert [(place.best["cost"], place.worst["cost"]) for place in found.between] == [(11, 50), (56, 100)]


def test_no_plan_has_an_empty_frontier() -> None:
    """What is missing is said as for a solve."""
    found = trade(tiny(KIT, MACHINES[:1]), ("servers", "cost"))

    assert (found.status, found.points) == (Status.INFEASIBLE, ())
    assert "no machine can run b" in found.reasons[0]


def test_time_limit_leaves_what_is_known() -> None:
    """Without time there is the first plan at most, and more is never called proven."""
    found = trade(tiny(KIT, MACHINES), ("servers", "cost"), solver=Solver(time_limit=1e-9))

    assert found.status in (Status.UNKNOWN, Status.FEASIBLE)
    assert not found.complete


def test_what_cannot_be_traded_is_told_at_once() -> None:
    """Every objective that does not exist or cannot be read is named."""
    machines = [{"machine": "m", "units": 30}]
    with pytest.raises(UsageError) as caught:
        trade(tiny(KIT, machines), ("cost", "a.rack", "speed", "moves"))

    assert [str(text) for text in caught.value.problems] == [
        "a frontier of cost,a.rack,speed,moves: expected two or three different objectives",
        "objective a.rack: frame has no column 'rack'",
        "unknown objective 'speed'; expected servers, cost, spare, moves, or ROLE.LEVEL such as a.zone",
        "objective cost: frame has no prices, add a column 'cost'",
        "objective moves: frame has no column 'runs' that says what runs where now",
    ]
    with pytest.raises(UsageError, match="used only with --reuse"):
        trade(tiny(KIT, RUNNING), ("cost", "moves"))
    with pytest.raises(UsageError, match="leave out minimize"):
        trade(tiny(KIT, MACHINES, minimize=("cost",)), ("servers", "cost"))
    with pytest.raises(UsageError, match="1 points, expected 2 or more"):
        trade(tiny(KIT, MACHINES), ("servers", "cost"), points=1)


def test_level_of_an_objective_is_read() -> None:
    """Where no rule reads the racks of a role, a limit that binds nothing makes all readers do so."""
    problem = tiny(KIT, MACHINES)
    read_too = reading(problem, read(problem, ("cost", "a.rack")))

    assert problem.readers("rack") == frozenset()
    assert read_too.readers("rack") == {"a"}


def test_python_door() -> None:
    """A frame in, a frontier out that makes a frame and draws itself, escaped."""
    found = obplace.frontier("data/spreadsheet.csv", of="servers,cost", level="performance")
    frame = found.to_frame()

    assert list(frame.columns) == ["servers", "cost", "proven", "machines", "servers_bound", "cost_bound"]
    assert frame["proven"].all()
    assert len(frame) == len(found.points) == 4
    html = found._repr_html_()
    assert "4 plans that no other beats in servers and cost" in html
    assert repr(found) == "Frontier(optimal, 4 plans, servers, cost)"
    hostile = trade(tiny(KIT, [row | {"machine": f"<b>{row['machine']}"} for row in MACHINES]), ("servers", "cost"))
    assert "<b>small" not in hostile._repr_html_()
    assert "&lt;b&gt;small" in hostile._repr_html_()


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Return a pool of four machines at performance level, of which two could run everything but OCP."""
    file = tmp_path / "pool.csv"
    rows = ["machine,cpu,memory,storage,cost,rack"]
    rows += [f"m{k},{4 * (k % 4 + 1)},{16 * (k % 4 + 1)} GB,2 TB,{(k % 4 + 1) ** 2},r{k % 3}" for k in range(16)]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_command_in_each_form(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """A table for people, JSON and CSV for programs, Markdown for a ticket; all say the same."""
    table = tell("frontier", pool)
    document = json.loads(tell("frontier", pool, "--format", "json").out)
    rows = tell("frontier", pool, "-o", tmp_path / "f.csv")
    sheet = (tmp_path / "f.csv").read_text(encoding="utf-8").splitlines()
    ticket = tell("frontier", pool, "--format", "markdown").out

    assert (table.code, rows.code) == (0, 0)
    assert "all there are; proven, confirmed by a second solver" in table.out
    assert document["schema"] == "obplace.frontier/1"
    assert document["status"] == "optimal"
    assert sheet[0] == "servers,cost,proven,servers_bound,cost_bound,machines"
    assert len(sheet) - 1 == len(document["points"]) >= 2
    for line, point in zip(sheet[1:], document["points"], strict=True):
        assert line.split(",")[:2] == [str(point["values"]["servers"]), point["values"]["cost"]]
        assert point["bounds"] == point["values"]
        assert len(point["assignments"]) == point["values"]["servers"]
        assert f"| {point['values']['servers']} |" in ticket


def test_command_without_a_plan(tell: Tell, pool: Path) -> None:
    """Exit code 3, with what is missing."""
    reply = tell("frontier", pool, "--minimum", "observer.memory=2TB")

    assert reply.code == 3
    assert "no machine can run observer" in reply.out
    assert tell("frontier", pool, "--of", "cost,speed").code == 2
