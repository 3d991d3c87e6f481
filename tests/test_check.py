"""A plan that comes from a file is checked to the last claim; a hand-made one against the flags."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obplace.check import Placement, check_placement, read_placement
from obplace.errors import DataError
from obplace.problem import Problem
from obplace.rules import Graded, Rule, Spread, Step
from tests.reply import Reply, Tell
from tests.ruled import ruled
from tests.tiny import catalogue

Plan = dict[str, Any]

POOL = "machine,cpu,memory,storage,cost,zone\n" + "".join(f"m{k},16,64 GB,4 TB,{k}.50,z{k}\n" for k in range(1, 7))
GOOD = "machine,role\nm1,observer\nm1,odp\nm2,observer\nm2,odp\nm3,observer\nm3,odp\nm4,ocp\nm4,oat\n"


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Return a pool of six machines for anything, a zone each."""
    path = tmp_path / "pool.csv"
    path.write_text(POOL)
    return path


@pytest.fixture
def plan(tell: Tell, pool: Path) -> Plan:
    """Return an optimal plan as a document."""
    found: Plan = json.loads(
        tell("solve", pool, "--spread", "observer=zone", "--pin", "ocp=m4", "--format", "json").out
    )
    return found


@pytest.fixture
def verified(tell: Tell, pool: Path, tmp_path: Path) -> Callable[[Plan], Reply]:
    """Return a function that lets the command verify a document."""

    def verify(document: Plan) -> Reply:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(document))
        return tell("verify", path, pool)

    return verify


@pytest.fixture
def by_hand(tell: Tell, pool: Path, tmp_path: Path) -> Callable[..., Reply]:
    """Return a function that lets the command verify a CSV of machine and role."""

    def verify(text: str, *flags: str) -> Reply:
        path = tmp_path / "hand.csv"
        path.write_text(text)
        return tell("verify", path, pool, *flags)

    return verify


def test_plan_that_was_just_made_holds(plan: Plan, verified: Callable[[Plan], Reply]) -> None:
    """Exit 0, what holds in one line, and below it what is proven and what that rests on."""
    code, out, err = verified(plan)

    assert (code, err) == (0, "")
    assert out.splitlines()[:3] == [
        "plan.json holds: 4 servers, cost 12.00, 10 rules kept; proven optimal",
        "- servers 4, bound 4: no plan of this pool has fewer servers (1 leaf)",
        "- cost 12.00, bound 12.00: no plan with as few servers costs less (1 leaf)",
    ]
    assert out.splitlines()[3].startswith("- this trusts the reader of the pool, the catalogue oceanbase-4.1, ")


def test_plan_may_come_from_a_pipe(plan: Plan, tell: Tell, pool: Path) -> None:
    """A dash, with or without a byte order mark."""
    for text in (json.dumps(plan), "\ufeff" + json.dumps(plan)):
        assert tell("verify", "-", pool, stdin=text.encode())[0] == 0


Change = Callable[[Plan], object]

TAMPERED: dict[str, tuple[Change, str]] = {
    "a copy less": (lambda p: p["assignments"][0]["roles"].remove("odp"), "at least 3 odp: 2 run"),
    "a machine nobody has": (
        lambda p: p["assignments"][0].update(machine="m9"),
        "machines of the pool: there is no m9",
    ),
    "one machine twice": (lambda p: p["assignments"][0].update(machine="m2"), "a machine stands in the plan twice"),
    "roles that do not share": (
        lambda p: p["assignments"][3]["roles"].append("odp"),
        "roles that may share a server: m4 runs ocp and oat and odp",
    ),
    "a stranger": (lambda p: p["assignments"][0]["roles"].append("oms"), "roles that are asked for: m1 runs oms"),
    "fewer servers": (lambda p: p.update(servers=3), "servers: the plan says 3, it uses 4"),
    "less cost": (lambda p: p.update(cost="1.00"), "cost: the plan says 1.00, by the pool it is 12.00"),
    "another value": (
        lambda p: p["objectives"][0].update(value=3),
        "objective servers: the plan says 3, it is 4",
    ),
    "an objective less": (
        lambda p: p["objectives"].pop(),
        "objectives: the plan has servers, asked is servers, cost",
    ),
    "another price": (
        lambda p: p["assignments"][0].update(cost="0.10"),
        "m1, cost: the plan says 0.10, by the pool it is 1.50",
    ),
    "another zone": (
        lambda p: p["assignments"][0].update(zone="z9"),
        "zones of the pool: m1 is in z1, the plan says z9",
    ),
    "a zone less": (
        lambda p: p["assignments"][0].update(zone=None),
        "m1, zone: the plan says None, by the pool it is z1",
    ),
    "more capacity": (lambda p: p["assignments"][0]["capacity"].update(cpu=99), "m1, capacity: the plan says"),
    "less use": (lambda p: p["assignments"][0]["used"].update(cpu=1), "m1, used: the plan says"),
    "another level": (
        lambda p: p.update(level="performance"),
        "level: the plan says performance, its deployment asks for functional",
    ),
    "a rule less": (lambda p: p["rules"].pop(), "rules: the plan lists others than its deployment asks for"),
    "another currency": (lambda p: p.update(currency="EUR"), "currency: the plan says EUR, the pool None"),
    "another rack": (
        lambda p: p["assignments"][0].update(rack="r9"),
        "m1, rack: the plan says r9, by the pool it is None",
    ),
    "another question": (lambda p: p["deployment"].update(ban=["m1"]), "nothing runs on m1: m1 runs observer and odp"),
}


@pytest.mark.parametrize(("change", "finding"), TAMPERED.values(), ids=list(TAMPERED))
def test_what_was_changed_is_found(change: Change, finding: str, plan: Plan, verified: Callable[[Plan], Reply]) -> None:
    """Exit 5, with the rule or the claim and its witness, nothing on standard output."""
    change(plan)
    code, out, err = verified(plan)

    assert (code, out) == (5, "")
    assert f"obplace: {finding}" in err


def test_another_pool_is_found(plan: Plan, verified: Callable[[Plan], Reply], pool: Path) -> None:
    """The machine has shrunk since: the plan does not hold any more."""
    pool.write_text(POOL.replace("m1,16", "m1,2"))
    code, _, err = verified(plan)

    assert code == 5
    assert err.startswith("obplace: the pool is not the one that the plan was made for, ")
    assert err.endswith("obplace: observer and odp: 8 of cpu: m1 has 2\n")


def test_document_without_a_plan(tell: Tell, pool: Path, verified: Callable[[Plan], Reply]) -> None:
    """There is nothing to hold."""
    document = json.loads(tell("solve", pool, "--role", "observer=9", "--format", "json").out)
    nothing = "obplace: nothing to check: the document says"

    assert verified({**document, "certificate": None, "proof": "solver"}) == (
        5,
        "",
        f"{nothing} infeasible and holds neither plan nor certificate\n",
    )
    assert verified({**document, "status": "unknown"}) == (5, "", f"{nothing} unknown and holds no plan\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "schema: Field required"),
        ('{"a": 1}', "a: Extra inputs are not permitted"),
        ("{", "not a plan: Invalid JSON"),
        ('{"schema": "obplace.plan/2"}', "schema: Input should be 'obplace.plan/1'"),
    ],
)
def test_foreign_json_is_refused(text: str, message: str, tell: Tell, pool: Path, tmp_path: Path) -> None:
    """Exit 1: it is no plan at all, and every fault is told."""
    (tmp_path / "foreign.json").write_text(text)
    code, out, err = tell("verify", tmp_path / "foreign.json", pool)

    assert (code, out) == (1, "")
    assert f"obplace: foreign.json: {message}" in err


def test_types_are_not_bent(plan: Plan, verified: Callable[[Plan], Reply]) -> None:
    """A number as text is no number, and a status goes with what is there."""
    assert verified({**plan, "servers": "4"})[0] == 1
    assert verified({**plan, "cost": 12.0})[0] == 1
    code, _, err = verified({**plan, "status": "infeasible"})
    assert (code, "status infeasible does not go with assignments as they are" in err) == (1, True)


def test_plan_brings_its_own_question(plan: Plan, tell: Tell, pool: Path, tmp_path: Path) -> None:
    """Flags that say another are refused."""
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    code, _, err = tell("verify", tmp_path / "plan.json", pool, "--role", "odp=1")

    assert code == 2
    assert err == "obplace: plan.json brings its own deployment: leave out the flags that say another\n"


def test_file_that_cannot_be_read(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """Not there, a directory, not UTF-8."""
    (tmp_path / "latin.csv").write_bytes(b"machine,role\n\xff,ocp\n")
    for path in (tmp_path / "none.json", tmp_path, tmp_path / "latin.csv"):
        code, out, err = tell("verify", path, pool)
        assert (code, out) == (1, "")
        assert err.startswith(f"obplace: cannot read {path}: ")


ALIKE = """schema = "obplace.deployment/1"
minimize = ["servers", "alike"]
alike = { "observer.memory" = "any" }
roles = { ocp = 0, oat = 0 }
"""


def test_claimed_difference_is_checked(tell: Tell, pool: Path, verified: Callable[[Plan], Reply]) -> None:
    """Three machines of 64 GB and three of 96 GB: the servers of a plan need not differ, and 0 is what it says."""
    pool.write_text(POOL.replace("64 GB", "96 GB", 3))
    (pool.parent / "ask.toml").write_text(ALIKE)
    plan = json.loads(tell("solve", pool, "-d", pool.parent / "ask.toml", "--format", "json").out)

    assert [each["value"] for each in plan["objectives"]] == [3, 0, "7.50"]  # 1.50 + 2.50 + 3.50
    assert verified(plan)[0] == 0
    plan["objectives"][1]["value"] = 1
    assert verified(plan) == (5, "", "obplace: objective alike: the plan says 1, it is 0\n")


ZONES = """schema = "obplace.deployment/1"
zones = { observer = "3" }
roles = { ocp = 0, oat = 0 }
"""


def test_zones_of_a_plan_are_checked(tell: Tell, pool: Path, verified: Callable[[Plan], Reply]) -> None:
    """A pool without zones: the plan gives three, and they are those that its deployment speaks of."""
    pool.write_text("".join(line.rpartition(",")[0] + "\n" for line in POOL.splitlines()))
    (pool.parent / "ask.toml").write_text(ZONES)
    plan = json.loads(tell("solve", pool, "-d", pool.parent / "ask.toml", "--format", "json").out)
    zones = [each["zone"] for each in plan["assignments"]]

    assert len(set(zones)) == 3
    assert verified(plan)[0] == 0
    assert verified(changed(plan, zones[1])).err == (
        f"obplace: observer runs in exactly 3 zones, evenly: it runs in 2: {zones[1]}, {zones[2]}\n"
    )
    assert verified(changed(plan, "elsewhere")).err == (
        f"obplace: zones that the plan may give: elsewhere to m1, of {', '.join(sorted(zones))}\n"
    )


def changed(plan: Plan, zone: str) -> Plan:
    """Return the plan with its first server in another zone."""
    first, *rest = plan["assignments"]
    return {**plan, "assignments": [{**first, "zone": zone}, *rest]}


# Made by hand


def test_hand_made_plan_holds(by_hand: Callable[..., Reply]) -> None:
    """A CSV of machine and role; nothing is claimed about it."""
    assert by_hand(GOOD) == (0, "hand.csv holds: 4 servers, cost 12.00, 8 rules kept; optimality not claimed\n", "")


def test_flags_say_what_a_hand_made_plan_must_keep(by_hand: Callable[..., Reply]) -> None:
    """The same placement keeps one set of rules and breaks another."""
    assert by_hand(GOOD, "--spread", "observer=zone:3", "--pin", "ocp=m4")[0] == 0
    code, out, err = by_hand(GOOD, "--ban", "m4", "--role", "odp=2", "--minimum", "observer.cpu=13")
    assert (code, out) == (5, "")
    assert err.splitlines() == [
        "obplace: observer and odp: 17 of cpu: m1 has 16",
        "obplace: observer and odp: 17 of cpu: m2 has 16",
        "obplace: observer and odp: 17 of cpu: m3 has 16",
        "obplace: at most 2 odp: 3 run",
        "obplace: nothing runs on m4: m4 runs ocp and oat",
    ]


def test_solve_writes_what_verify_reads(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """The CSV of a plan is a placement."""
    tell("solve", pool, "-o", tmp_path / "plan.csv")

    assert tell("verify", tmp_path / "plan.csv", pool) == (
        0,
        "plan.csv holds: 4 servers, cost 12.00, 8 rules kept; optimality not claimed\n",
        "",
    )


def test_dear_plan_holds_too(by_hand: Callable[..., Reply]) -> None:
    """To hold is not to be the best."""
    assert (
        by_hand(GOOD.replace("m1", "m6"))[1]
        == "hand.csv holds: 4 servers, cost 17.00, 8 rules kept; optimality not claimed\n"
    )


def test_placements_are_read_as_people_write_them() -> None:
    """Headers in any case, several roles in a cell, further columns, blanks around names."""
    text = "Role , MACHINE,note\nobserver odp, a ,x\nocp;oat,b,\nodc,b,y\n"

    assert read_placement(text, "p.csv") == Placement({"a": ["observer", "odp"], "b": ["ocp", "oat", "odc"]})


def test_placements_may_give_zones() -> None:
    """In a column of their own, on one of a machine's lines at least."""
    text = "machine,role,Zone\na,observer,z1\na,odp,\nb,ocp,\n"

    assert read_placement(text, "p.csv") == Placement({"a": ["observer", "odp"], "b": ["ocp"]}, {"a": "z1"})


def test_wrong_placements_are_told() -> None:
    """A column that is missing, every blank cell, and what is no CSV."""
    with pytest.raises(DataError, match=r"p\.csv line 1: expected the columns machine and role, found host, role"):
        read_placement("host,role\na,ocp\n", "p.csv")
    with pytest.raises(DataError, match=r"p\.csv line 1: .*found none"):
        read_placement("", "p.csv")
    with pytest.raises(DataError) as caught:
        read_placement("machine,role\n,ocp\na,\nb\n", "p.csv")
    assert [problem.split(":")[0] for problem in caught.value.problems] == [f"p.csv line {k}" for k in (2, 3, 4)]
    with pytest.raises(
        DataError, match=r"^p\.csv line 3: a is in zone 'z2', and in 'z1' before: a machine has one zone$"
    ):
        read_placement("machine,role,zone\na,ocp,z1\na,oat,z2\n", "p.csv")
    with pytest.raises(DataError, match=r"p\.csv is no CSV of machine and role: field larger than"):
        read_placement("machine,role\n" + "a" * 200_000 + ",ocp\n", "p.csv")


def test_placement_that_keeps_nothing(by_hand: Callable[..., Reply]) -> None:
    """An empty one lacks every role."""
    assert by_hand("machine,role\n").err.count("obplace: at least") == 4


# The plan that a placement is


def asked(*rules: Rule, **counts: int) -> Problem:
    """Return the problem of web and db, which may share, on three machines of which a has a zone."""
    rows = [{"machine": name, "units": 60, "zone": zone} for name, zone in zip("abc", ("1", None, None), strict=True)]
    kit = catalogue({"web": 10, "db": 20}, added=[("web", "db")])
    return ruled(kit, rows, counts, *rules, zoned=("1", "2", "3"))


def test_given_zones_stand_in_the_plan() -> None:
    """So that a drill of it sees where its machines stand; a machine without a zone has none in the plan either."""
    problem = asked(Spread("db", "zone", 2), db=2, web=1)
    report = check_placement(problem, Placement({"a": ["db"], "b": ["db", "web"], "c": []}, {"b": "2"}))
    assert report.findings == ("a server runs something: c runs nothing",)

    placement = Placement({"a": ["db"], "b": ["db"], "c": ["web"]}, {"b": "2"})
    report = check_placement(problem, placement)

    assert report.holds == "holds: 3 servers, 5 rules kept; optimality not claimed"
    assert report.plan is not None
    assert {each.name: each.machine.domains["zone"] for each in report.plan.assignments} == {
        "a": "1",
        "b": "2",
        "c": None,
    }


def test_zone_that_no_role_asks_for_stands_too() -> None:
    """The spread is over the zones of db alone, yet c lies in one."""
    problem = asked(Spread("db", "zone", 1), db=1, web=1)
    plan = check_placement(problem, Placement({"a": ["db"], "c": ["web"]}, {"c": "3"})).plan

    assert plan is not None
    assert [each.machine.domains["zone"] for each in plan.where("web")] == ["3"]


def test_use_goes_by_the_copies_that_run() -> None:
    """Beside two db a web takes 35 units instead of 10, alone and beside the 20 of a db."""
    steps = Graded("web", "db", (Step(1, 1, ()), Step(2, 2, (("units", 35),))))
    one, two = asked(steps, db=1, web=1), asked(steps, db=2, web=1)

    def used(problem: Problem, placement: dict[str, list[str]]) -> dict[str, int]:
        plan = check_placement(problem, Placement(placement)).plan
        assert plan is not None
        return {each.name: each.used["units"] for each in plan.assignments}

    assert used(one, {"a": ["db"], "b": ["web"]}) == {"a": 20, "b": 10}
    assert used(two, {"a": ["db"], "b": ["db"], "c": ["web"]}) == {"a": 20, "b": 20, "c": 35}
    assert used(two, {"a": ["db", "web"], "b": ["db"]}) == {"a": 55, "b": 20}
