"""The cheapest changes that make a plan possible."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.errors import UsageError
from obplace.pool import Pool
from obplace.repair import Repair, repairs
from obplace.wish import Wish
from tests import conflicted
from tests.conflicted import question, wish
from tests.tiny import catalogue

KIT = catalogue({"web": 100, "db": 100})
LONE = {"db": 0}
USUAL = Wish()


def helping(
    rows: Sequence[dict[str, Any]], wished: Wish = USUAL, kit: Catalogue = KIT, **words: Any
) -> tuple[Repair, ...]:
    """Return the repairs of a question over machines given by their columns."""
    import pandas as pd

    return repairs(kit, Deployment(**words), Pool.from_frame(pd.DataFrame(rows), kit.kinds), wished)


def prices(found: Sequence[Repair]) -> list[tuple[int, Decimal]]:
    """Return concession and money of each."""
    return [(each.concession, each.money) for each in found]


def test_near_miss_is_accepted_by_name() -> None:
    """97 of 100 units is within 5 %, 94 is not: one machine counts as having 100."""
    found = helping([{"machine": "a", "units": 97}, {"machine": "b", "units": 94}], roles={**LONE, "web": 1})

    assert found[0].deployment.grant == {"a.units": "100"}
    assert (found[0].concession, found[0].kinds) == (1, ("near",))


def test_upgrade_costs_its_price_to_the_last_digit() -> None:
    """6 units more at 0.125 each are 0.75; they come before a near miss, which concedes something."""
    wished = Wish(near=Fraction(1, 10), upgrades={"units": Decimal("0.125")})
    found = helping([{"machine": "a", "units": 94}], wished, roles={**LONE, "web": 1})

    assert prices(found)[:2] == [(0, Decimal("0.75")), (1, Decimal(0))]


def test_preferred_order_turns_the_front_round() -> None:
    """Who would rather concede than pay says money last."""
    wished = Wish(("near", "spread", "level", "counts", "money"), Fraction(1, 10), {"units": Decimal(1)})
    found = helping([{"machine": "a", "units": 94}], wished, roles={**LONE, "web": 1})

    assert prices(found)[0] == (1, Decimal(0))


def test_mixes_that_nothing_beats_are_reported() -> None:
    """Two machines short by 6: pay for both, for one and accept the other, or accept both."""
    rows = [{"machine": name, "units": 94} for name in "ab"]
    wished = Wish(near=Fraction(1, 10), upgrades={"units": Decimal(1)})
    found = helping(rows, wished, roles={**LONE, "web": 2})

    assert prices(found)[:3] == [(0, Decimal(12)), (1, Decimal(6)), (2, Decimal(0))]


def test_budget_is_raised_as_far_as_it_takes() -> None:
    """Two machines cost 3.25 + 4.25 = 7.50, which is 2.50 more than 5."""
    rows = [{"machine": "a", "units": 100, "cost": "3.25"}, {"machine": "b", "units": 100, "cost": "4.25"}]
    found = helping(rows, roles={**LONE, "web": 2}, budget="5")

    assert (found[0].money, found[0].deployment.budget) == (Decimal("2.50"), "7.50")


def test_spread_by_racks_instead_of_zones() -> None:
    """Two racks of one zone: the inner level counts one step, as do fewer zones; both are the cheapest."""
    rows = [{"machine": name, "units": 100, "zone": "z1", "rack": rack} for name, rack in (("a", "r1"), ("b", "r2"))]
    found = helping(rows, roles={**LONE, "web": 2}, spread={"web": "zone:2"})

    assert found[0].concession == 100
    assert found[0].deployment.spread in ({"web": "zone:1"}, {"web": "rack:2"})


def test_two_rules_at_once() -> None:
    """A banned machine in the only other zone: the ban is lifted, or one zone will do."""
    rows = [{"machine": "a", "units": 100, "zone": "z1"}, {"machine": "b", "units": 97, "zone": "z2"}]
    found = helping(rows, roles={**LONE, "web": 2}, spread={"web": "zone:2"}, ban=("b",))

    assert found[0].concession == 101  # the ban, and 3 of 100 units


def test_what_makes_no_plan_is_no_repair() -> None:
    """A pool without a machine is not repaired."""
    assert helping([{"machine": "a", "units": 100, "available": "no"}], roles={**LONE, "web": 1}) == ()


def test_words_that_contradict_each_other_are_no_repair() -> None:
    """Two copies cannot lie in three domains, so that both words change or neither does."""
    rows = [{"machine": name, "units": 100, "zone": f"z{name}"} for name in "ab"]
    found = helping(rows, roles={**LONE, "web": 3}, spread={"web": "zone:3"})

    assert found
    assert all(each.result.plan is not None for each in found)


def test_slack_puts_first_what_outlives_a_loss() -> None:
    """With a machine left over the plan survives; without one it does not, and the repair says so."""
    rows = [{"machine": "a", "units": 97}]
    [lost, *_] = helping(rows, Wish(slack=True), roles={**LONE, "web": 1})
    [kept, *_] = helping(
        [*rows, {"machine": "b", "units": 100}], Wish(slack=True), roles={**LONE, "web": 1}, ban=("b",)
    )

    assert lost.holds is False
    assert kept.holds in (True, False)


def test_weights_come_from_the_deployment() -> None:
    """Who minds a near miss more than a spread says so in the file."""
    rows = [{"machine": "a", "units": 97, "zone": "z1"}, {"machine": "b", "units": 100, "zone": "z2"}]
    rows.append({"machine": "c", "units": 100, "zone": "z2"})
    words: dict[str, Any] = {"roles": {**LONE, "web": 2}, "spread": {"web": "zone:2"}}

    assert helping(rows, **words)[0].kinds == ("near",)
    assert helping(rows, **words, repairs={"near": 200})[0].kinds == ("spread",)


@pytest.mark.parametrize(
    ("wished", "words", "message"),
    [
        (Wish(prefer=("near", "money", "spread", "level", "counts")), {}, "money first or last"),
        (Wish(prefer=("near",)), {}, "expected an order of money, near, spread, level, counts"),
        (
            Wish(upgrades={"unit": Decimal(1)}),
            {},
            "upgrade unit: no such resource can be bought, expected one of units",
        ),
        (Wish(upgrades={"units": Decimal(-1)}), {}, "expected a price from 0"),
        (Wish(), {"repairs": {"zone": 1}}, "repairs zone: no such kind, expected one of near, spread, level, counts"),
        (Wish(), {"repairs": {"near": 0}}, "repairs near: weight 0, expected a whole number from 1"),
    ],
)
def test_wishes_that_cannot_be(wished: Wish, words: dict[str, Any], message: str) -> None:
    """What is wrong, what came and what was expected."""
    with pytest.raises(UsageError, match=message):
        helping([{"machine": "a", "units": 97}], wished, roles={**LONE, "web": 1}, **words)


@pytest.mark.parametrize("seed", [5])
def test_same_question_gives_the_same_repairs(seed: int) -> None:
    """The order of the rows changes no repair."""
    asked = question(seed)
    order = list(range(len(asked.rows)))
    Random(seed).shuffle(order)
    first, again = (repairs(asked.catalogue, asked.deployment, asked.pool(rows), wish(seed)) for rows in (None, order))

    assert [each.deployment for each in again] == [each.deployment for each in first]


def test_machines_that_are_granted_more_leave_the_others_to_run_as_they_are() -> None:
    """Two of four alike are upgraded for the large role, and the small roles run on the two that nobody upgrades."""
    assert conflicted.judged(301)["outcome"] == "same"
