"""What prices mean to a buyer: by hand, against solving again, in words and from the command line."""

import json
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import obplace
from obplace.carried import loosened, one_more
from obplace.certificate import SHIFT, bounds
from obplace.certificate_form import Fork, Node
from obplace.errors import UsageError
from obplace.plan import Plan, Status
from obplace.problem import Problem
from obplace.result import Result
from obplace.rules import Ban
from obplace.solver import Solver
from obplace.valued import Single, Values
from obplace.worded import as_markdown, as_text, remarks, sheets, summary, to_json
from obplace.worth import Worth, worth
from tests.problems import problem as drawn
from tests.reply import Tell
from tests.tiny import catalogue, tiny

SEEDS = (*range(26), 57, 61, 79, 84)  # some of them with a tree for a proof
POOL = [
    {"machine": "a", "units": 10, "cost": "4.05"},
    {"machine": "b", "units": 10, "cost": "5.05"},
    {"machine": "c", "units": 10, "cost": "7.05"},
    {"machine": "d", "units": 5, "cost": "1.05"},
]


def priced(problem: Problem, row: int, price: int) -> Problem:
    """Return the problem in which a row has another price."""
    batches = []
    for batch in problem.pool:
        prices, known = batch.price.copy(), batch.priced.copy()
        if batch.first <= row < batch.first + batch.size:
            prices[row - batch.first], known[row - batch.first] = price, True
        batches.append(replace(batch, price=prices, priced=known))
    return replace(problem, pool=replace(problem.pool, batches=tuple(batches)))


def solve(problem: Problem) -> tuple[int, int] | None:
    """Return servers and cost of the best plan; None where there is none."""
    result = Solver(threads=1).solve(problem)
    if result.plan is None:
        return None
    assert result.status is Status.OPTIMAL
    return result.plan.servers, cost(result.plan)


def cost(plan: Plan) -> int:
    """Return what a plan costs in the smallest unit."""
    return sum(each.machine.price or 0 for each in plan.assignments)


def by_hand(**said: Any) -> Worth:
    """Return the prices of a problem with one role of ten units that runs twice."""
    problem = tiny(catalogue({"db": 10}), POOL, **{"roles": {"db": 2}, **said})
    return worth(Solver(threads=1).solve(problem), [each["machine"] for each in POOL])


# By hand


def test_copies_cost_what_the_next_machine_does() -> None:
    """Both a and b run db for 9.10: a third needs c for 7.05, and at best one fewer saves what b or c is worth."""
    (copies,) = by_hand(minimize=("cost",)).copies

    assert (copies.role, copies.asked, copies.servers, copies.why) == ("db", 2, None, None)
    assert copies.more is not None
    assert 505 <= copies.more <= 705
    assert copies.fewer >= 505


def test_machine_is_worth_what_it_replaces() -> None:
    """Another machine pays only below the price of b or c, and small d never does; a and b stay up to that of c."""
    a, b, c, d = by_hand(minimize=("cost",)).singles

    assert (a.taken, b.taken, c.taken) == (1, 1, 0)
    assert c.enough is not None
    assert c.enough <= 705
    assert b.up_to is not None
    assert a.up_to == b.up_to
    assert 505 <= b.up_to <= 705
    assert (a.without, b.without) == (910 + b.up_to - 405, 910 + b.up_to - 505)
    assert (d.able, d.enough, d.taken) == (False, None, 0)


def test_budget_bounds_what_a_machine_may_cost() -> None:
    """With a budget of 9.60 a plan of 9.10 holds only as long as no price rises by more than 0.50."""
    a, b, *_ = by_hand(minimize=("cost",), budget="9.60").singles

    assert a.up_to is not None
    assert b.up_to is not None
    assert a.up_to <= 455
    assert b.up_to <= 555


def test_rule_that_costs_says_how_much() -> None:
    """To ban a costs 3.00, for c comes instead of it, and without the ban it is back."""
    found = by_hand(minimize=("cost",), ban=("a",)).rules
    saves = {type(each.rule).__name__: each.saves for each in found}

    assert saves["AtMost"] == 0
    assert saves["Ban"] >= 300


def test_machine_without_a_price_is_told_what_it_may_cost() -> None:
    """A machine of unknown price is in no plan, and pays below what the dearest one that is in it does."""
    pool = [*POOL[:3], {"machine": "x", "units": 10, "cost": ""}]
    problem = tiny(catalogue({"db": 10}), pool, roles={"db": 2}, minimize=("cost",))
    (x,) = worth(Solver(threads=1).solve(problem), ["x"]).singles

    assert (x.price, x.able, x.taken) == (None, True, 0)
    assert x.enough is not None
    assert 505 <= x.enough <= 705


def test_kinds_are_told_apart_by_place_where_it_matters() -> None:
    """One db in each of two zones: a machine of the dear zone is worth more than one of the cheap zone."""
    pool = [
        {"machine": "a", "units": 10, "cost": "1.25", "zone": "z1"},
        {"machine": "b", "units": 10, "cost": "2.00", "zone": "z1"},
        {"machine": "c", "units": 10, "cost": "8.00", "zone": "z2"},
        {"machine": "d", "units": 10, "cost": "9.00", "zone": "z2"},
    ]
    problem = tiny(catalogue({"db": 10}), pool, roles={"db": 2}, minimize=("cost",), spread={"db": "zone:2"})
    dear, cheap = worth(Solver(threads=1).solve(problem)).kinds

    assert (dear.runs, dear.places, dear.machines, dear.left) == ((("db",),), ((("zone", "z2"),),), 2, 900)
    assert (cheap.runs, cheap.places, cheap.machines, cheap.left) == ((("db",),), ((("zone", "z1"),),), 2, 200)
    assert 800 <= dear.enough <= 900
    assert 125 <= cheap.enough <= 200


# Against solving again


@cache
def results(seed: int) -> tuple[Result, Worth] | None:
    """Return the result of a random problem with all that its prices say; None where they say nothing."""
    problem = drawn(seed)
    result = Solver(threads=1).solve(problem)
    if result.plan is None or "cost" not in problem.objectives:
        return None
    names = [machine.name for machine in problem.pool.take(range(len(problem.pool)))]
    found = worth(result, names)
    return None if found.untold else (result, found)


def check_single(result: Result, found: Worth, single: Single) -> str:
    """Solve again with the price that is told of a machine, and without it; return what was checked."""
    problem, plan, own = result.problem, found.plan, cost(found.plan)
    row = problem.pool.find([single.name])[single.name]
    if not single.able:
        again = solve(problem if single.price is not None else priced(problem, row, 0))
        assert again == (plan.servers, own)
        return "unable"
    if single.enough is not None:
        for price in (single.enough, single.enough + 7):
            again = solve(priced(problem, row, price))
            assert again is not None
            assert again[1] >= own or again[0] > plan.servers
        return "left"
    assert single.price is not None
    assert single.up_to is not None
    assert single.without is not None
    again = solve(priced(problem, row, single.up_to))
    assert again == (plan.servers, own + single.taken * (single.up_to - single.price))
    if problem.pool.take([row])[0].quantity == 1:
        without = solve(replace(problem, rules=(*problem.rules, Ban(single.name))))
        assert without is None or without[0] > plan.servers or without[1] >= single.without
    return "taken"


@pytest.mark.parametrize("part", range(4))
def test_machines_are_worth_what_is_said(part: int) -> None:
    """At the prices that are told a machine makes no plan cheaper, or keeps its place; no figure is ever too good."""
    seen: Counter[str] = Counter()
    for seed in SEEDS[part::4]:
        if pair := results(seed):
            seen.update(check_single(*pair, single) for single in pair[1].singles)

    assert min(seen["left"], seen["taken"]) >= 5


@pytest.mark.parametrize("part", range(2))
def test_copies_cost_at_least_what_is_said(part: int) -> None:
    """One copy more, posed and solved again, never costs less than is told."""
    seen = 0
    for seed in SEEDS[part::2]:
        pair = results(seed)
        for copies in pair[1].copies if pair else ():
            result, found = pair
            own = cost(found.plan)
            if copies.more is None:
                continue
            again = solve(one_more(result.problem, copies.role))
            if again is None:
                continue
            seen += 1
            if copies.servers is None or again[0] <= copies.servers:
                assert again[1] >= own + copies.more, (seed, copies)
            elif again[0] == copies.servers + 1 and copies.beyond is not None:
                assert again[1] >= own + copies.beyond, (seed, copies)

    assert seen >= 10


@pytest.mark.parametrize("part", range(4))
def test_rules_save_at_most_what_is_said(part: int) -> None:
    """A rule loosened, and a copy less, never save more than is told when the problem is solved again."""
    seen = 0
    for seed in SEEDS[part::4]:
        pair = results(seed)
        if pair is None:
            continue
        result, found = pair
        told = {id(each.rule): each.saves for each in found.rules}
        fewer = {each.role: each.fewer for each in found.copies}
        for number, rule in enumerate(result.problem.rules):
            saves = told.get(id(rule))
            if saves is None:
                saves = fewer.get(rule.roles[0]) if hasattr(rule, "roles") else None
            if saves is None:
                continue
            again = solve(loosened(result.problem, number)[0])
            assert again is not None
            assert again[1] >= cost(found.plan) - saves, (seed, rule)
            seen += 1

    assert seen >= 20


def test_sums_are_those_of_the_checker() -> None:
    """The sums behind all figures come to the bound that the checker finds, machine by machine."""
    for seed in SEEDS:
        if pair := results(seed):
            result, found = pair
            assert result.certificate is not None
            stages = result.certificate.stages
            last = next(number for number, stage in enumerate(stages) if stage.objective == "cost")
            values = Values(result.problem, found.plan, stages[: last + 1])
            pairs = zip(values.totals, values.sums, strict=True)
            least = min(-(-total // (each.scale << SHIFT)) for total, each in pairs)
            alone = [replace(stage, tree=one_by_one(stage.tree)) for stage in stages]
            assert least == bounds(result.problem, alone)[last]


def one_by_one(node: Node) -> Node:
    """Return a tree that reckons no domain as a whole."""
    if isinstance(node, Fork):
        return replace(node, low=one_by_one(node.low), high=one_by_one(node.high))
    return replace(node, blocks=())


# In words


def test_words_are_the_same_in_every_form() -> None:
    """A text, a ticket and a document for programs hold the same sentences and amounts."""
    found = by_hand(minimize=("cost",))
    text, ticket, document = as_text(found, 200), as_markdown(found), json.loads(to_json(found))

    for sentence in ("c (7.05) is not in the plan", "a (4.05) is in the plan", "d may run nothing that is asked"):
        assert sentence in text
        assert sentence.split(" (")[0] in ticket
    assert document["schema"] == "obplace.prices/1"
    assert document["summary"] == summary(found)
    assert document["remarks"] == list(remarks(found))
    assert [each["machine"] for each in document["machines"]] == ["a", "b", "c", "d"]
    assert document["machines"][2]["cost"] == "7.05"
    assert sheets(found)[0].title == "Copies"


def test_text_fits_in_80_columns() -> None:
    """No line is wider than the terminal, whatever the tables hold."""
    result = obplace.solve("data/clean.csv", spread={"observer": "zone"}, minimize="cost", level="performance")
    text = as_text(obplace.explain_prices(result), 80)

    assert max(map(len, text.splitlines())) <= 80
    assert "zone z1" in text


def test_nothing_is_told_without_a_proof() -> None:
    """Where a limit stopped the proof the answer says so, and has no figure."""
    problem = tiny(catalogue({"db": 10}), POOL, roles={"db": 2})
    result = replace(Solver(threads=1).solve(problem), certificate=None)
    found = worth(result)

    assert found.untold == "no certificate proves that no plan costs less"
    assert (found.copies, found.kinds, found.rules) == ((), (), ())
    assert "not told" in as_text(found, 80)
    assert json.loads(to_json(found))["untold"] == found.untold


def test_faults_are_told() -> None:
    """Without prices, without a plan, or for a machine that is not there, nothing is told."""
    unpriced = [{name: value for name, value in each.items() if name != "cost"} for each in POOL]
    with pytest.raises(UsageError, match="has no prices"):
        worth(Solver(threads=1).solve(tiny(catalogue({"db": 10}), unpriced, roles={"db": 2})))
    with pytest.raises(UsageError, match="no plan"):
        worth(Solver(threads=1).solve(tiny(catalogue({"db": 10}), POOL, roles={"db": 4})))
    with pytest.raises(UsageError, match="no machine 'zz'"):
        worth(Solver(threads=1).solve(tiny(catalogue({"db": 10}), POOL, roles={"db": 2})), ["zz"])


# From the command line


def test_command_tells_prices(tell: Tell) -> None:
    """The table names copies, kinds of machines, and what was asked for; what there is to say comes first."""
    code, out, err = tell("explain", "data/clean.csv", "--prices", "--machine", "srv-0006")

    assert (code, err) == (0, "")
    assert out.startswith("4 servers, cost 1,345.67: ")
    assert "one more costs at least" in out
    assert "srv-0006 (266.75) is not in the plan: at " in out


def test_prices_have_no_form_as_csv(tell: Tell) -> None:
    """Prices are several tables."""
    code, out, err = tell("explain", "data/clean.csv", "--prices", "--format", "csv")

    assert (code, out) == (2, "")
    assert "no form as csv, expected table, json or markdown" in err


def test_command_without_a_plan_says_why(tell: Tell) -> None:
    """What no plan exists for has no prices: the answer and exit code are those of solve."""
    code, out, _ = tell("explain", "data/clean.csv", "--prices", "--minimum", "observer.memory=99TB")

    assert code == 3
    assert "no machine can run observer" in out


def test_command_tells_prices_of_clusters(tell: Tell, tmp_path: Path) -> None:
    """Roles of several clusters have prices of their own; the catalogue that the user named stays the one asked."""
    asked = tmp_path / "ask.toml"
    asked.write_text('schema = "obplace.deployment/1"\n[clusters.ab]\ncopies = 3\n[clusters.cd]\ncopies = 1\n')
    code, out, _ = tell("explain", "data/clean.csv", "--prices", "-d", asked)

    assert code == 0
    assert "observer@ab" in out
    assert "is not told" not in out  # the copies of a cluster are asked for in its table
