"""What to buy, by hand: stock, minimum orders, price breaks, storage by the GB, and what is left of machines owned."""

import json
from pathlib import Path
from typing import Any

import pytest

import obplace
from obplace.certificate_form import Fork
from obplace.kernel import ALL, Reduction, reduce
from obplace.plan import Plan
from obplace.problem import Problem
from obplace.solver import Result, Solver
from obplace.verify import verify
from tests.reply import Tell
from tests.small import placement
from tests.test_offers import HARDWARE, posed

DB = "4,16 GB,1.2 TB,ssd,10"  # one OBServer, nothing beside it
THREE = {"roles": {"observer": 3, "odp": 0, "ocp": 0, "oat": 0}, "minimize": ("cost",)}
SAMPLE = Path(__file__).parents[1] / "data" / "offers.csv"


def bought(*rows: str, columns: str = "price,from,to,stock,zone", owned: str | None = None, **words: Any) -> Result:
    """Return the result for three OBServers over offers of the same hardware; a plan has passed the contract."""
    table = f"offer,{HARDWARE},{columns}\n" + "\n".join("{0},{2},{1}".format(*row.split(",", 1), DB) for row in rows)
    problem = posed(table, owned, **{**THREE, **words})
    result = Solver(threads=1).solve(problem)
    if result.plan is not None:
        assert verify(problem, placement(result.plan)) == []
    assert result.proof == "certificate"
    return result


def plan(*rows: str, **words: Any) -> Plan:
    """Return the optimal plan."""
    result = bought(*rows, **words)
    assert result.status == "optimal"
    assert result.plan is not None
    return result.plan


def lines(made: Plan) -> list[tuple[str, int, int, int]]:
    """Return offer, number bought, number used and total of each purchase."""
    return [(each.offer, each.bought, each.used, each.total) for each in made.bill or ()]


# Which prices hold


def test_stock_is_shared_between_places() -> None:
    """Two cheap ones in all, wherever they stand: 2 x 10 + 15."""
    made = plan("cheap,10,,,2,z1|z2|z3", "dear,15,,,,z1|z2|z3", spread={"observer": "zone"})

    assert lines(made) == [("cheap", 2, 2, 20), ("dear", 1, 1, 15)]


def test_more_than_is_used_may_be_bought() -> None:
    """Five at 4 cost 20, three at 8 cost 24."""
    made = plan("a,8,1,4,,", "a,4,5,,,")

    assert lines(made) == [("a", 5, 3, 20)]
    assert made.cost == 20
    assert made.unused == 8


def test_a_minimum_order_is_not_used_where_it_costs_more() -> None:
    """Seven at 4 cost 28."""
    assert lines(plan("a,8,1,6,,", "a,4,7,,,")) == [("a", 3, 3, 24)]


def test_an_offer_has_one_price() -> None:
    """Two at 5 and one at 1 are not to be had: the price of 1 is for four machines and more. 4 x 1 is the best."""
    assert lines(plan("a,5,1,3,,", "a,1,4,,,")) == [("a", 4, 3, 4)]


def test_gaps_between_orders_are_kept() -> None:
    """One or two, or five and more: three are bought as five at 6, or two at 10 and another's one at 9."""
    assert lines(plan("a,10,1,2,,", "a,6,5,,,", "b,9,,,1,")) == [("a", 2, 2, 20), ("b", 1, 1, 9)]


def test_an_order_beyond_the_stock_is_impossible() -> None:
    """Two are there, three are needed."""
    result = bought("a,10,,,2,")

    assert result.status == "infeasible"


def test_budget_counts_what_is_bought_and_not_used() -> None:
    """Three used of five at 4 cost 20, so that 19 is not enough."""
    assert plan("a,4,5,,,", budget="20").cost == 20
    assert bought("a,4,5,,,", budget="19").status == "infeasible"


def test_servers_may_come_first() -> None:
    """Of plans with three servers the cheapest: five at 4 again."""
    assert plan("a,8,1,4,,", "a,4,5,,,", minimize=()).cost == 20


def test_what_is_owned_is_used_where_it_is_cheaper() -> None:
    """One costs 3 a month over 2 months, one 30: 6 + 2 x 10."""
    owned = f"machine,{HARDWARE},cost per month\nold,{DB},3\nworse,{DB},30"
    made = plan("a,10,,,,", owned=owned, horizon=2)

    assert made.cost == 26
    assert placement(made).keys() == {"old", "a#1", "a#2"}


def test_an_offer_without_limit_ends() -> None:
    """A hundred OBServers of any number: the model has no more machines than are asked for."""
    problem = posed(f"offer,{HARDWARE},price\na,{DB},10", roles={"observer": 100, "odp": 0, "ocp": 0, "oat": 0})

    assert [slot.count for each in reduce(problem).classes for slot in each.slots] == [100]
    result = Solver(threads=1).solve(problem)
    assert (result.plan and result.plan.cost, result.proof) == (1000, "certificate")


# What is left out


def test_dearer_offers_are_left_out() -> None:
    """With three servers at most, three machines that cost less are enough: two of a, and one of the two of c."""
    rows = [f"{name},{DB},{price},{least},{most},{stock},z1|z2" for name, price, least, most, stock in OFFERS]
    problem = posed(f"offer,{HARDWARE},price,from,to,stock,zone\n" + "\n".join(rows), **THREE)

    def kept(used: frozenset[Reduction]) -> set[str]:
        return {(each.named or "").partition("@")[0] for each in reduce(problem, used).classes}

    assert kept(ALL - {Reduction.OFFERS}) == {"a:1+", "a:3+", "b", "c", "d", "e"}
    assert kept(ALL) == {"a:1+", "a:3+", "b", "c"}


OFFERS = (
    ("a", 10, "1", "2", 9),
    ("a", 9, "3", "", 9),
    ("b", 8, "5", "", 9),  # its order has a minimum, so that it does not count, and stays
    ("c", 11, "", "", 2),
    ("d", 12, "2", "", 9),
    ("e", 13, "", "", 2),
)


# The contract


@pytest.fixture
def problem() -> Problem:
    """Return a problem with an offer of two prices, one with a stock, and storage by the GB."""
    table = f"offer,resource,{HARDWARE},price,from,to,stock,price per GB\n"
    table += (
        f"a,,{DB},10,1,2,5,\na,,{DB},9,3,4,5,\nb,,{DB},20,,,1,\nc,,4,16 GB,,,10,5,,,,\ngp3,storage,,,,ssd,,,,,,0.01"
    )
    return posed(table, **THREE)


def told(problem: Problem, *machines: str) -> list[str]:
    """Return what the contract says of OBServers on these machines."""
    return [str(violation) for violation in verify(problem, dict.fromkeys(machines, ("observer",)))]


def test_contract_knows_stock_and_orders(problem: Problem) -> None:
    """One price for an offer, for as many as that is for, and no more than there are."""
    assert told(problem, "a:1+#1", "a:1+#2", "b") == []
    [said] = told(problem, "a:1+#1", "a:3+#1", "b")
    assert "a is bought at 2 prices at once, expected one size of order" in said
    assert "there is no b#2" in "".join(told(problem, "a:1+#1", "a:1+#2", "b#2"))


def test_contract_reckons_prices_anew(problem: Problem) -> None:
    """A machine whose price is not that of its offer and of its storage is found."""
    found = problem.pool.find(["c+1200GB"])
    [batch] = problem.pool.batches
    batch.price[found["c+1200GB"]] += 1

    [said, *_] = told(problem, "c+1200GB#1", "a:1+#1", "b")
    assert "c+1200GB costs 17.01, by its offer 17.00" in said


# The proof


def test_certificate_branches_on_prices() -> None:
    """One at 5 and two thirds of an order of five at 4 would cost 18.33: whether five are bought is a branch."""
    result = bought("a,8,1,4,,", "a,4,5,,,", "b,5,,,1,")

    assert result.certificate is not None
    assert isinstance(result.certificate.stages[0].tree, Fork)
    assert result.certificate.stages[0].bound == 20


# The command


def test_command_buys_without_a_pool(tell: Tell, tmp_path: Path) -> None:
    """The plan, its check and the bill go by the offers alone."""
    made, bill = tmp_path / "plan.json", tmp_path / "bill.csv"
    asked = ("--offers", SAMPLE, "--horizon", 36, "--minimize", "cost", "-o", made, "--bill", bill)

    assert tell("solve", *asked).code == 0
    document = json.loads(made.read_text())
    assert document["deployment"]["horizon"] == 36
    total = sum(float(each["total"]) for each in document["bill"])
    assert total == pytest.approx(float(document["cost"]))
    assert bill.read_text().splitlines()[0] == "offer,unit,bought,used,once,monthly,price,total"
    code, out, _ = tell("verify", made, "--offers", SAMPLE)
    assert code == 0
    assert "proven optimal" in out


def test_check_reads_the_offers_wherever_they_lie(tell: Tell, tmp_path: Path) -> None:
    """A plan is checked by what its offers are, not by where the file was."""
    made, moved = tmp_path / "plan.json", tmp_path / "moved.csv"
    moved.write_bytes(Path(SAMPLE).read_bytes())
    tell("solve", "--offers", SAMPLE, "--horizon", 36, "--minimize", "cost", "-o", made)

    code, _, err = tell("verify", made, "--offers", moved)
    assert (code, err) == (0, "")


def test_check_finds_another_bill(tell: Tell, tmp_path: Path) -> None:
    """What a document says of its purchases is compared with what its machines and the offers make."""
    made = tmp_path / "plan.json"
    tell("solve", "--offers", SAMPLE, "--horizon", 36, "--minimize", "cost", "-o", made)
    document = json.loads(made.read_text())
    document["bill"][0]["bought"] += 1
    made.write_text(json.dumps(document))

    code, _, err = tell("verify", made, "--offers", SAMPLE)
    assert code == 5
    assert "bill: the plan lists other purchases than its machines and the offers make" in err


def test_command_says_what_is_missing(tell: Tell) -> None:
    """Neither pool nor offers, or a bill of nothing, is a wrong use."""
    assert tell("solve").err == "obplace: nothing to choose from: give a POOL, or --offers FILE, or both\n"
    code, _, err = tell("solve", SAMPLE.with_name("spreadsheet.csv"), "--bill", "-")
    assert (code, err) == (2, "obplace: --bill goes with --offers: without them nothing can be bought\n")


def test_every_form_has_the_bill(tell: Tell) -> None:
    """The table, Markdown and a notebook show what to buy; and how many of what is owned could be given back."""
    asked = (SAMPLE.with_name("spreadsheet.csv"), "--offers", SAMPLE, "--horizon", 36, "--minimize", "cost")
    table, markdown = tell("solve", *asked).out, tell("solve", *asked, "--format", "markdown").out
    result = obplace.solve(asked[0], offers=SAMPLE, horizon=36, minimize="cost")

    for text in (table, markdown, result._repr_html_()):
        assert "To buy" in text
        assert "of the machines that are owned are not used: they could be given back" in text


def test_what_one_more_costs_is_told_of_offers_too(tell: Tell) -> None:
    """Another OBServer is another machine that is bought; an offer of any number counts as many as a plan can use."""
    code, out, _ = tell("explain", "--offers", SAMPLE, "--horizon", 36, "--prices", "--format", "json")
    found = json.loads(out)

    assert code == 0
    assert "not told" not in out
    assert {each["role"] for each in found["copies"]} == {"observer", "odp", "ocp", "oat"}
    assert max(each["machines"] for each in found["kinds"]) < 1000
