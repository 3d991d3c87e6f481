"""What the linear relaxation proves: bounds below every solution, and limits that every good enough one keeps."""

from itertools import product
from random import Random

import pytest

from obplace import tighten
from obplace.model import Model, Row, value_of
from obplace.tighten import relaxed


def drawn(rng: Random) -> Model:
    """Return a small model with rows of all kinds, which a solution may or may not keep."""
    model = Model()
    for _ in range(4):
        low = rng.randint(0, 1)
        model.variable(low, low + rng.randint(0, 3))
    for _ in range(3):
        terms = {x: rng.randint(-3, 3) for x in rng.sample(range(4), 3)}
        ends = sorted(rng.choices(range(-4, 9), k=2))
        model.row(terms, rng.choice((None, ends[0])), rng.choice((None, ends[1])))
    model.objectives["cost"] = {x: rng.randint(-2, 9) for x in range(4)}
    return model


def solutions(model: Model) -> list[list[int]]:
    """Return everything that keeps the rows."""
    ranges = (range(low, high + 1) for low, high in zip(model.lower, model.upper, strict=True))
    return [list(values) for values in product(*ranges) if model.holds(list(values))]


def test_bound_is_below_and_limits_keep_what_is_good_enough() -> None:
    """For random models and targets; often the bound is the optimum, and often the limits are narrower."""
    met = narrower = seen = 0
    for seed in range(400):
        rng = Random(seed)
        model = drawn(rng)
        objective = model.objectives["cost"]
        extra = [Row({0: 1, 1: 1}, None, 5)]
        found = [values for values in solutions(model) if extra[0].holds(values)]
        known = relaxed(model, objective, extra)
        if known is None or not found:
            continue
        seen += 1
        best = min(value_of(objective, values) for values in found)
        assert known.bound <= best, seed
        met += known.bound == best
        target = best + rng.choice((0, 0, 1, 3))
        narrow = known.within(target)
        narrower += (narrow.lower, narrow.upper) != (model.lower, model.upper)
        for values in found:
            if value_of(objective, values) <= target:
                assert narrow.holds(values), (seed, values)

    assert seen >= 200
    assert met >= seen / 3
    assert narrower >= seen / 2


def test_model_that_is_too_large_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many variables there is no answer, and the search goes on without."""
    model = drawn(Random(1))
    assert relaxed(model, model.objectives["cost"], []) is not None
    monkeypatch.setattr(tighten, "MOST", 3)

    assert relaxed(model, model.objectives["cost"], []) is None
