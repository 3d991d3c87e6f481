"""A slice of the campaigns on certificates, and what makes a certificate the same everywhere."""

from random import Random

import pytest

from obplace.solver import Solver
from tests.campaign import case, summary
from tests.certified import SECONDS, asked, table, text
from tests.forger import TRIES

# Seeds of small pools, trees among them, whose questions are quickly drawn and answered.
SEEDS = {"certificates": (1, 3, 4, 6, 7, 9, 11, 12, 18, 22, 23, 25, 26, 28, 30), "forgery": (0, 1, 2, 3)}
REPEATED = (4, 13, 18, 21, 28)


def run(name: str) -> list[dict[str, str]]:
    """Return the rows of a campaign's slice, as its file would have them."""
    return [{key: str(value) for key, value in case(name, seed).items()} for seed in SEEDS[name]]


def test_answers_carry_certificates() -> None:
    """The checker accepts what is proven of every answer; some certificates are trees, also where there is no plan."""
    rows = run("certificates")
    found = table(rows)

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert found["cases with a tree"] >= 3
    assert found["infeasible with a tree"] >= 1


def test_forgeries_are_refused() -> None:
    """What the checker accepts is true, it accepts something, and half of what is submitted to it is false."""
    rows = run("forgery")
    found = summary(rows)

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert found["forgeries"] == len(SEEDS["forgery"]) * TRIES
    assert found["accepted"] > 0
    assert found["false"] >= found["forgeries"] / 2


@pytest.mark.parametrize("seed", REPEATED)
def test_same_question_same_certificate(seed: int) -> None:
    """Rows in another order and another seed of the search lead to the same prices and trees."""
    question = asked(seed)
    order = list(range(question.machines))
    Random(seed).shuffle(order)

    first = Solver(threads=1, time_limit=SECONDS).solve(question.pose())
    again = Solver(threads=1, seed=7, time_limit=SECONDS).solve(question.pose(order))

    assert first.certificate is not None
    assert again.certificate is not None
    assert text(again.certificate) == text(first.certificate)
