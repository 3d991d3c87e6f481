"""Repairs that buy what is on offer: the least money, its bill, and the command that buys it."""

import json
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import obplace
from obplace.command_line import Files
from obplace.deployment import Deployment
from obplace.errors import DataError
from obplace.explained import as_html, as_markdown, as_text, to_json
from obplace.explanation import Explanation, explanation
from obplace.pool import Offers, Pool
from obplace.repaired import Repair
from obplace.wish import Wish
from tests.bought import priced_to_explain
from tests.reply import Tell
from tests.tiny import catalogue

KIT = catalogue({"web": 100, "db": 100})
LONE = {"db": 0}
OWNED = ({"machine": "a", "units": "100", "idc": "north"},)

Row = Mapping[str, str]


def told(offers: Sequence[Row], owned: Sequence[Row] = OWNED, wished: Wish | None = None, **words: Any) -> Explanation:
    """Return the explanation of a question over machines that are owned, if any, and these prices."""
    pool = Pool.from_frame(pd.DataFrame(owned), KIT.kinds) if owned else None
    sold = Offers.from_frame(pd.DataFrame(offers).fillna(""), KIT.kinds)
    words["roles"] = {**LONE, **words.get("roles", {})}
    return explanation(KIT, Deployment(**words), pool, 1, wished or Wish(near=Fraction(0)), sold)


def first(offers: Sequence[Row], owned: Sequence[Row] = OWNED, wished: Wish | None = None, **words: Any) -> Repair:
    """Return the repair that is preferred."""
    return told(offers, owned, wished, **words).repairs[0]


def bought(repair: Repair) -> list[tuple[str, int, int]]:
    """Return of each purchase the offer, how many are bought and how many of them used."""
    return [(each.offer, each.bought, each.used) for each in repair.bill]


def test_question_is_put_to_the_pool_alone() -> None:
    """One machine is owned and two are asked for: that is a conflict, though another can be bought for 7.50."""
    answer = told([{"machine": "big", "units": "120", "price": "7.50"}], roles={"web": 2})

    assert len(answer.conflicts.found) == 1
    assert (answer.repairs[0].concession, answer.repairs[0].money) == (0, Decimal("7.50"))
    assert bought(answer.repairs[0]) == [("big", 1, 1)]
    assert answer.repairs[0].kinds == ("money",)


def test_what_is_owned_needs_no_offer() -> None:
    """Where the pool has a plan nothing is in conflict, however cheap the offers are."""
    assert told([{"machine": "big", "units": "120", "price": "0"}], roles={"web": 1}).conflicts.found == ()


def test_cheapest_of_orders_of_all_sizes() -> None:
    """Two more machines: 2 x 9 = 18 of one offer, 3 x 5 = 15 by a minimum order of three of the other."""
    offers = [
        {"machine": "one", "units": "100", "price": "9"},
        {"machine": "three", "units": "100", "price": "5", "from": "3"},
    ]
    repair = first(offers, roles={"web": 3})

    assert (repair.money, bought(repair)) == (Decimal(15), [("three", 3, 2)])


def test_price_break_is_worth_reaching() -> None:
    """Two at 10 each are 20; from three on each costs 6, so that three for 18 are cheaper; their stock is three."""
    same = {"machine": "x", "units": "100", "stock": "3"}
    offers = [{**same, "price": "10", "from": "1", "to": "2"}, {**same, "price": "6", "from": "3", "to": ""}]

    assert bought(first(offers, roles={"web": 3})) == [("x", 3, 2)]
    assert first(offers, roles={"web": 3}).money == Decimal(18)
    # Five machines are one too many for the stock, whatever is paid: one copy less is asked.
    assert "counts" in first(offers, roles={"web": 5}).kinds


def test_buying_upgrading_and_near_misses_make_one_front() -> None:
    """Two short machines: upgrade one for 10 and buy one for 4; or accept one of them and buy one; or accept both."""
    owned = [{"machine": name, "units": units} for name, units in (("a", "90"), ("b", "96"))]
    offers = [{"machine": "x", "units": "100", "price": "7", "stock": "1"}]
    wished = Wish(near=Fraction(1, 10), upgrades={"units": Decimal(1)})
    found = told(offers, owned, wished, roles={"web": 2}).repairs

    # 4 units for b are 4 and the other machine is x for 7, not 10 units for a.
    assert [(each.concession, each.money) for each in found][:3] == [(0, Decimal(11)), (1, Decimal(4)), (2, Decimal(0))]


def test_spread_is_kept_by_buying_in_the_other_domain() -> None:
    """Only what may stand in the other IDC helps, though it is dearer."""
    offers = [
        {"machine": "near", "units": "100", "price": "1", "idc": "north"},
        {"machine": "far", "units": "100", "price": "5", "idc": "south"},
    ]

    assert bought(first(offers, roles={"web": 2}, spread={"web": "idc:2"})) == [("far", 1, 1)]


def test_budget_counts_what_is_bought_but_money_only_once() -> None:
    """Two that are owned cost 8, and 3 more is bought: 3 is paid, and the budget of 9 has to be 11."""
    owned = [{"machine": name, "units": "100", "cost": "4"} for name in "ab"]
    repair = first([{"machine": "x", "units": "100", "price": "3", "stock": "1"}], owned, roles={"web": 3}, budget="9")

    assert (repair.money, repair.deployment.budget) == (Decimal(3), "11")


def test_dear_machines_are_left_for_cheap_offers_within_the_budget() -> None:
    """Both that are owned cost 8 of a budget of 5: to go 3 beyond it is more than to buy one for 2."""
    owned = [{"machine": name, "units": "100", "cost": "4"} for name in "ab"]
    repair = first([{"machine": "x", "units": "100", "price": "1", "from": "2"}], owned, roles={"web": 2}, budget="5")

    assert (repair.money, repair.amended.budget) == (Decimal(2), None)


def test_running_costs_count_over_the_horizon() -> None:
    """By the month 2 over 12 months are 24, so that 20 at once is less; over 6 it is more."""
    offers = [
        {"machine": "once", "units": "100", "price": "20", "monthly": ""},
        {"machine": "rented", "units": "100", "price": "", "monthly": "2"},
    ]

    assert bought(first(offers, roles={"web": 2}, horizon=12)) == [("once", 1, 1)]
    assert bought(first(offers, roles={"web": 2}, horizon=6)) == [("rented", 1, 1)]


def test_repair_that_buys_nothing_asks_for_no_offers() -> None:
    """One copy less needs no offers, nor a horizon, and its command does not name them."""
    answer = told([{"machine": "x", "units": "100", "price": "5"}], roles={"web": 2}, horizon=3)
    [buying, asking] = answer.repairs
    text = as_text(answer, Files("p.csv", "o.csv"), 200)

    assert (buying.offered, asking.offered) == (True, False)
    assert asking.deployment.horizon is None
    assert "obplace solve p.csv --offers o.csv --role db=0 --role web=2 --horizon 3\n" in text
    assert "obplace solve p.csv --role db=0 --role web=1\n" in text


def test_plan_that_buys_more_is_told() -> None:
    """A plan would rather buy for 6 than run what is owned for 50: the money that it takes is 3, and that is said."""
    owned = [{"machine": "a", "units": "100", "cost": "50"}]
    answer = told([{"machine": "x", "units": "100", "price": "3"}], owned, roles={"web": 2})

    assert (answer.repairs[0].money, answer.repairs[0].frugal) == (Decimal(3), False)
    assert bought(answer.repairs[0]) == [("x", 1, 1)]
    assert "what is owned has its price in that plan, so it buys for 6 instead" in as_text(answer, Files("p"), 200)


def test_lowest_cost_is_asked_where_fewest_servers_would_buy_more() -> None:
    """One machine for both roles costs 90, one each 2 x 3: the words of the repair say what to minimise."""
    kit = catalogue({"web": 100, "db": 100}, added=[("web", "db")])
    sold = Offers.from_frame(
        pd.DataFrame(
            [{"machine": "big", "units": "200", "price": "90"}, {"machine": "small", "units": "100", "price": "3"}]
        ),
        kit.kinds,
    )
    answer = explanation(kit, Deployment(roles={"web": 1, "db": 1}), None, 1, Wish(), sold)

    assert (answer.repairs[0].money, answer.repairs[0].deployment.minimize) == (Decimal(6), ("cost",))
    assert "--minimize cost" in json.loads(to_json(answer, Files(None, "o.csv")))["repairs"][0]["flags"]


def test_without_a_pool_everything_is_bought() -> None:
    """The question is put to no machines at all."""
    answer = told([{"machine": "x", "units": "100", "price": "5"}], [], roles={"web": 2})

    assert (answer.repairs[0].money, bought(answer.repairs[0])) == (Decimal(10), [("x", 2, 2)])
    assert "obplace solve --offers o.csv --role db=0 --role web=2\n" in as_text(answer, Files(None, "o.csv"), 200)


def test_slack_counts_what_was_bought_and_not_what_could_be() -> None:
    """After a loss nothing more is bought, though it could be: one of two machines is left for two copies."""
    offers = [{"machine": "x", "units": "100", "price": "1"}]
    [lost, *_] = told(offers, wished=Wish(slack=True, near=Fraction(0)), roles={"web": 2}).repairs

    assert (lost.bill[0].bought, lost.holds) == (1, False)


@pytest.mark.parametrize("seed", range(10))
def test_first_repair_costs_what_exhaustive_search_finds(seed: int) -> None:
    """Stock, orders, price breaks, zones, running cost, storage by the GB: the least that money alone can do."""
    known, found = priced_to_explain(seed)

    assert found == known


@pytest.mark.parametrize(
    ("offers", "message"),
    [
        ([{"machine": "x", "units": "100", "price": ""}], "expected a price"),
        ([{"machine": "a", "units": "100", "price": "1"}], "'a' is what another machine is called too"),
    ],
)
def test_offers_that_cannot_be(offers: Sequence[Row], message: str) -> None:
    """What `solve` refuses, `explain` refuses."""
    with pytest.raises(DataError, match=message):
        told(offers, roles={"web": 2})


# As people read it

POOL = "machine,cpu,memory,storage,zone\na,8,64 GB,2 TB,z1\nb,8,64 GB,2 TB,z2\n"
COLUMNS = "offer,resource,cpu,memory,storage,price,monthly,monthly per GB,zone"
OFFERS = f"{COLUMNS}\nx<y>,,8,64 GB,,100,7.5,,z3\nd,storage,,,,,,0.01,\n"
ASKED = ("--role", "odp=0", "--role", "ocp=0", "--role", "oat=0", "--spread", "observer=zone")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return a pool without a machine in z3, and an offer for there, with storage by the GB."""
    pool, offers = tmp_path / "pool.csv", tmp_path / "offers.csv"
    pool.write_text(POOL)
    offers.write_text(OFFERS)
    return pool, offers


def test_suggested_command_gives_the_plan_of_that_cost(tell: Tell, files: tuple[Path, Path]) -> None:
    """100 and 12 x 7.50 for the machine, 1,200 GB at 12 x 0.01: 190 and 144, by the command that was told."""
    pool, offers = files
    code, out, _ = tell("explain", pool, *ASKED, "--offers", offers, "--horizon", "12", "--format", "json")
    [repair, *_] = json.loads(out)["repairs"]
    program, *words = shlex.split(repair["command"])
    plan = json.loads(tell(*words, "--format", "json")[1])

    assert (code, program) == (0, "obplace")
    assert (repair["money"], plan["cost"], plan["status"]) == ("334.00", "334.00", "optimal")
    assert [(each["offer"], each["bought"], each["price"], each["total"]) for each in repair["bill"]] == [
        ("x<y>", 1, "190.00", "190.00"),
        ("d", 1200, "0.12", "144.00"),
    ]
    assert plan["bill"] == repair["bill"]
    assert words[:4] == ["solve", str(pool), "--offers", str(offers)]
    assert words[-2:] == ["--horizon", "12"]


def test_bill_in_each_form(tell: Tell, files: tuple[Path, Path]) -> None:
    """Offer, number, price of one and total stand in the text, in Markdown and in a notebook, escaped there."""
    pool, offers = files
    said = ("explain", pool, *ASKED, "--offers", offers, "--horizon", "12")
    machine, storage = "at 190.00 each, 190.00 in all", "buy 1,200 GB of storage from d at 0.12 each, 144.00 in all"
    words: dict[str, Any] = {"roles": {"odp": 0, "ocp": 0, "oat": 0}, "spread": {"observer": "zone"}}
    answer = obplace.explain(pool, offers=offers, horizon=12, **words)

    text = tell(*said)[1]
    assert f"1. buy 1 x<y> {machine}; {storage}\n   takes 334.00; then 3 servers, cost 334.00\n" in text
    assert f"buy 1 x\\<y\\> {machine}; {storage}" in as_markdown(answer, Files(str(pool), str(offers)))
    assert f"buy 1 x&lt;y&gt; {machine}; {storage}" in as_html(answer)


def test_explain_without_anything_to_choose_from(tell: Tell) -> None:
    """Neither machines nor offers: exit 2, with what to give."""
    code, _, err = tell("explain")

    assert code == 2
    assert "nothing to choose from: give a POOL, or --offers FILE, or both" in err


def test_a_plan_points_to_what_else_can_be_asked(tell: Tell, files: tuple[Path, Path]) -> None:
    """Where there is a plan, explain says so and names the questions about it."""
    pool, _ = files
    code, out, _ = tell("explain", pool, *ASKED[:-2], "--role", "observer=2")

    assert code == 0
    assert out.startswith("a plan exists")
    assert all(flag in out for flag in ("--machine", "--without", "--sensitivity", "--prices"))
