"""A plan that comes from a file is checked to the last claim; a hand-made one against the flags."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obplace.check import read_placement
from obplace.errors import DataError
from tests.reply import Reply, Tell

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
    """Exit 0, and what it rests on in one line; optimality is a claim."""
    assert verified(plan) == (
        0,
        "plan.json holds: 4 servers, cost 12.00, 10 rules kept, optimality is claimed and not checked here\n",
        "",
    )


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
        "m1, zone: the plan says z9, by the pool it is z1",
    ),
    "more capacity": (lambda p: p["assignments"][0]["capacity"].update(cpu=99), "m1, capacity: the plan says"),
    "less use": (lambda p: p["assignments"][0]["used"].update(cpu=1), "m1, used: the plan says"),
    "another level": (
        lambda p: p.update(level="performance"),
        "level: the plan says performance, its deployment asks for functional",
    ),
    "a rule less": (lambda p: p["rules"].pop(), "rules: the plan lists others than its deployment asks for"),
    "another currency": (lambda p: p.update(currency="EUR"), "currency: the plan says EUR, the pool None"),
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

    assert (code, err) == (5, "obplace: observer and odp: 8 of cpu: m1 has 2\n")


def test_document_without_a_plan(tell: Tell, pool: Path, verified: Callable[[Plan], Reply]) -> None:
    """There is nothing to hold."""
    document = json.loads(tell("solve", pool, "--role", "observer=9", "--format", "json").out)

    assert verified(document) == (5, "", "obplace: nothing to check: the document says infeasible and holds no plan\n")


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


# Made by hand


def test_hand_made_plan_holds(by_hand: Callable[..., Reply]) -> None:
    """A CSV of machine and role; nothing is claimed about it."""
    assert by_hand(GOOD) == (0, "hand.csv holds: 4 servers, cost 12.00, 8 rules kept\n", "")


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
        "plan.csv holds: 4 servers, cost 12.00, 8 rules kept\n",
        "",
    )


def test_dear_plan_holds_too(by_hand: Callable[..., Reply]) -> None:
    """To hold is not to be the best."""
    assert by_hand(GOOD.replace("m1", "m6"))[1] == "hand.csv holds: 4 servers, cost 17.00, 8 rules kept\n"


def test_placements_are_read_as_people_write_them() -> None:
    """Headers in any case, several roles in a cell, further columns, blanks around names."""
    text = "Role , MACHINE,note\nobserver odp, a ,x\nocp;oat,b,\nodc,b,y\n"

    assert read_placement(text, "p.csv") == {"a": ["observer", "odp"], "b": ["ocp", "oat", "odc"]}


def test_wrong_placements_are_told() -> None:
    """A column that is missing, every blank cell, and what is no CSV."""
    with pytest.raises(DataError, match=r"p\.csv line 1: expected the columns machine and role, found host, role"):
        read_placement("host,role\na,ocp\n", "p.csv")
    with pytest.raises(DataError, match=r"p\.csv line 1: .*found none"):
        read_placement("", "p.csv")
    with pytest.raises(DataError) as caught:
        read_placement("machine,role\n,ocp\na,\nb\n", "p.csv")
    assert [problem.split(":")[0] for problem in caught.value.problems] == [f"p.csv line {k}" for k in (2, 3, 4)]
    with pytest.raises(DataError, match=r"p\.csv is no CSV of machine and role: field larger than"):
        read_placement("machine,role\n" + "a" * 200_000 + ",ocp\n", "p.csv")


def test_placement_that_keeps_nothing(by_hand: Callable[..., Reply]) -> None:
    """An empty one lacks every role."""
    assert by_hand("machine,role\n").err.count("obplace: at least") == 4
