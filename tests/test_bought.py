"""Random problems of buying against a search through every way to buy: a slice of the campaign."""

from collections import Counter
from random import Random

import pytest

from obplace.document import to_json
from obplace.errors import UsageError
from obplace.solver import Solver
from tests.bought import draw
from tests.campaign import case

CASES = 60  # the full campaign is under benchmarks/campaigns


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """Return the rows of the slice, as the campaign's file would have them."""
    return [{key: str(value) for key, value in case("buying", seed).items()} for seed in range(CASES)]


def test_solver_buys_what_a_search_through_all_ways_buys(rows: list[dict[str, str]]) -> None:
    """Servers and cost are those of the search, with the reduction and without it; every answer has a proof."""
    assert [row for row in rows if row["outcome"] != "same"] == []


def test_half_of_the_problems_can_be_bought(rows: list[dict[str, str]]) -> None:
    """The rest cannot, and that is proven; in some, orders make one buy more than is used, or storage by the GB."""
    found = Counter(row["status"] for row in rows)

    assert found["optimal"] >= CASES / 2
    assert found["infeasible"] >= CASES / 5
    assert sum(int(row.get("unused") or 0) > 0 for row in rows) >= CASES / 20
    assert sum(int(row.get("gigabytes") or 0) > 0 for row in rows) >= CASES / 20


def test_every_kind_of_offer_is_drawn() -> None:
    """Stock, minimum orders, several prices, several places, running costs, resources by the GB, owned machines."""
    found = Counter(kind for seed in range(CASES) for kind in draw(seed).kinds)

    assert {"stock", "minimum", "prices", "places", "monthly", "by-gb", "owned"} <= found.keys()
    assert min(found.values()) >= CASES / 20


@pytest.mark.parametrize("seed", range(12))
def test_order_of_rows_does_not_matter(seed: int) -> None:
    """The same offers in another order have the same plan, bill and certificate, byte by byte."""
    drawn = draw(seed)
    try:
        problem = drawn.pose()
    except UsageError:
        return
    documents = [to_json(Solver(threads=1).solve(each)) for each in (problem, drawn.pose(Random(seed)))]

    assert documents[0] == documents[1]
