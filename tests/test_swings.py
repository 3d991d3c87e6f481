"""What swings a plan: by hand, against solving again, in words and from the command line."""

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import obplace
from obplace.carried import loosened
from obplace.changed_form import sensitivity_schema
from obplace.errors import UsageError
from obplace.plan import Status
from obplace.rules import AtLeast, sentence
from obplace.solver import Solver
from obplace.swings import Kind, Sensitivity, sensitivity
from obplace.swung import as_markdown, as_text, remarks, sheet, summary, to_json
from obplace.why import Price
from tests.problems import problem as drawn
from tests.reply import Tell
from tests.test_why import ONE, POOL, result
from tests.tiny import catalogue, tiny


def by_hand(*machines: str, **said: Any) -> Sensitivity:
    """Return what swings two of db on a for 4.05 and b for 5.05, with c for 7.05 left and d too small."""
    return sensitivity(result(**said), machines, solver=ONE)


def told(found: Sensitivity) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """Return servers and cost by name and change."""
    return {(each.name, each.change): (each.servers, each.cost) for each in found.swings}


def test_copies_machines_and_rules_swing_the_plan() -> None:
    """A third takes c, one fewer leaves b out; without a or b it is c; the ban on a costs 3.00 elsewhere."""
    found = told(by_hand("c"))

    assert found["db", "one more"] == (1, 705)
    assert found["db", "one fewer"] == (-1, -505)
    assert found["a", "gone"] == (0, 300)
    assert found["b", "gone"] == (0, 200)
    assert found["c", "not taken"] == (0, 0)
    assert told(by_hand(ban=("a",)))["nothing runs on a", "without it"] == (0, -300)


def test_prices_at_which_machines_leave_and_enter() -> None:
    """As `why` has them."""
    prices = {each.name: each.price for each in by_hand("c").swings if each.kind is Kind.MACHINE}

    assert prices == {"a": Price(705), "b": Price(705), "c": Price(504)}


def test_what_cannot_be_is_no_plan() -> None:
    """Of three all are in use, so that neither one more nor one gone leaves a plan."""
    found = told(by_hand(roles={"db": 3}))

    assert found["db", "one more"] == (None, None)
    assert found["a", "gone"] == (None, None)


@pytest.mark.parametrize("part", range(2))
def test_what_the_proof_calls_idle_is_idle(part: int) -> None:
    """What needed no solve, solved all the same, has the same optimum."""
    seen = 0
    for seed in range(part, 16, 2):
        problem = drawn(seed)
        base = ONE.solve(problem)
        if base.status is not Status.OPTIMAL:
            continue
        own = [each.value for each in base.objectives]
        idle = {(each.name, each.change) for each in sensitivity(base, solver=ONE).swings if each.outcome is None}
        for number, rule in enumerate(problem.rules):
            single = isinstance(rule, AtLeast) and len(rule.roles) == 1
            other, how = loosened(problem, number)
            key = (rule.roles[0], "one fewer") if isinstance(rule, AtLeast) and single else (sentence(rule), how)
            if key in idle:
                seen += 1
                assert [each.value for each in ONE.solve(other).objectives] == own, (seed, key)

    assert seen >= 10


def test_words_are_the_same_in_every_form() -> None:
    """A text, a ticket, a document and a frame hold the same figures."""
    found = by_hand("c", ban=("a",))
    text, ticket, document = as_text(found, 200), as_markdown(found), json.loads(to_json(found))

    assert "- the rule that costs most: nothing runs on a; without it: -3.00" in text
    assert "| b | gone | no plan | - | stays at any | certificate |" in ticket
    assert document["schema"] == "obplace.sensitivity/1"
    assert {each["kind"] for each in document["swings"]} == {"copies", "machine", "rule"}
    assert [str(cost) for cost in found.to_frame().query("kind == 'rule' and more_cost != 0")["more_cost"]] == ["-3.00"]
    assert any(line.startswith("to loosen one of these alone") for line in remarks(found))


PUBLISHED = resources.files("obplace").joinpath("schemas/sensitivity.schema.json").read_text(encoding="utf-8")


def test_published_schema_is_the_form() -> None:
    """The file in the package is made from the form; make it again when the form changes."""
    assert sensitivity_schema() == PUBLISHED
    Draft202012Validator.check_schema(json.loads(PUBLISHED))


@pytest.mark.parametrize("said", [{"ban": ("a",)}, {"roles": {"db": 3}}])
def test_documents_keep_the_published_schema(said: dict[str, Any]) -> None:
    """With prices at which machines stay and enter, and with changes that leave no plan."""
    document = json.loads(to_json(by_hand("c", **said)))

    assert list(Draft202012Validator(json.loads(PUBLISHED)).iter_errors(document)) == []


def test_no_rule_that_costs_is_told() -> None:
    """Where nothing is in the way the answer says so."""
    assert "no rule costs anything: to loosen one of them alone changes nothing" in list(summary(by_hand()))


def test_without_prices_servers_are_told() -> None:
    """No column for money where there is none."""
    machines = [{name: value for name, value in each.items() if name != "cost"} for each in POOL]
    found = sensitivity(ONE.solve(tiny(catalogue({"db": 10}), machines, roles={"db": 2})), solver=ONE)

    assert "cost" not in sheet(found).header
    assert "one more db: +1 server" in list(summary(found))


def test_faults_are_told() -> None:
    """No proof, no such machine."""
    with pytest.raises(UsageError, match="no plan proven optimal"):
        sensitivity(replace(result(), status=Status.FEASIBLE))
    with pytest.raises(UsageError, match="no machine 'zz'"):
        by_hand("zz")


def test_count_that_goes_by_other_words_is_not_told() -> None:
    """Where the copies are fixed by something else, one more cannot be asked, and the reason is there."""
    rows = [{"machine": f"m{number}", "units": 10, "cost": "1", "zone": f"z{number}"} for number in range(4)]
    problem = tiny(catalogue({"db": 10}), rows, zones={"db": "3x1"})
    found = sensitivity(Solver(threads=1).solve(problem), solver=ONE)

    assert any(each.untold for each in found.swings)
    assert any("not told" in text for text in remarks(found))


def test_command_tells_sensitivity(tell: Tell) -> None:
    """The next OBServer, the expensive rule, and a table."""
    code, out, err = tell("explain", "data/clean.csv", "--minimize", "cost", "--sensitivity", "--spread", "odp=zone")

    assert (code, err) == (0, "")
    assert "- one more observer: " in out
    assert "stays up to" in out


def test_front_door_has_it() -> None:
    """From Python it is one call on a result."""
    assert obplace.sensitivity is sensitivity
