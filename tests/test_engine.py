"""The engines answer in exact integers, stop when asked, and leave signals to Python."""

import signal
import threading
import time

import pytest

from obplace.engine import MOST_WORKERS, Answer, Effort, check_magnitudes, cpsat, scip
from obplace.engine import _run as run
from obplace.errors import InternalError, UsageError
from obplace.interrupts import noted
from obplace.model import Model, Row


def covering() -> Model:
    """Return: minimise 3a + 2b with a + b >= 3, a and b at most 2."""
    model = Model(lower=[0, 0], upper=[2, 2], rows=[Row({0: 1, 1: 1}, 3, None)])
    model.objectives = {"cost": {0: 3, 1: 2}}
    return model


COST = {0: 3, 1: 2}


def test_both_engines_find_the_optimum() -> None:
    """Two of b and one of a: 2 * 2 + 3 = 7."""
    assert cpsat(covering(), COST, [], None, Effort()) == Answer([1, 2], 7)
    assert scip(covering(), COST, [], 10).bound == 7


def test_extra_rows_hold() -> None:
    """With at most one of b it is two of a: 6 + 2."""
    extra = [Row({1: 1}, None, 1)]

    assert cpsat(covering(), COST, extra, None, Effort()) == Answer([2, 1], 8)
    assert scip(covering(), COST, extra, 10).bound == 8


def test_both_engines_see_that_there_is_nothing() -> None:
    """Five of four cannot be; no number stands for it."""
    extra = [Row({0: 1, 1: 1}, 5, None)]

    assert cpsat(covering(), COST, extra, None, Effort()) == Answer(infeasible=True)
    assert scip(covering(), COST, extra, 10) == Answer(infeasible=True)


def test_any_solution_will_do_without_an_objective() -> None:
    """Nothing to minimise has the bound 0."""
    answer = cpsat(covering(), {}, [], None, Effort())

    assert answer.values is not None
    assert covering().holds(answer.values)
    assert answer.bound == 0


def test_values_beyond_nine_digits_are_exact() -> None:
    """CP-SAT's own objective is a double; ours is counted again."""
    model = Model(lower=[0, 0], upper=[1, 1], rows=[Row({0: 1, 1: 1}, 1, 1)])
    model.objectives = {"cost": {0: 2**51 + 1, 1: 2**51}}

    assert cpsat(model, model.objectives["cost"], [], None, Effort()) == Answer([0, 1], 2**51)


def test_wrong_hint_does_no_harm() -> None:
    """A hint that breaks a row is only a hint."""
    assert cpsat(covering(), COST, [], [0, 0], Effort(workers=2, seed=4)) == Answer([1, 2], 7)


def test_impossible_model_is_a_fault_of_ours() -> None:
    """A variable without a value is refused by CP-SAT, and that is an internal error."""
    model = Model(lower=[3], upper=[2])

    with pytest.raises(InternalError, match="CP-SAT refuses the model"):
        cpsat(model, {0: 1}, [], None, Effort())


def test_watcher_lives_as_long_as_the_search() -> None:
    """The native search calls back into Python for as long as it runs; freed too early it would end the process."""
    seen: list[tuple[int | None, int | None]] = []
    for _ in range(5):
        cpsat(covering(), COST, [], None, Effort(watch=lambda value, bound: seen.append((value, bound))))

    assert {value for value, _ in seen if value is not None} >= {7}
    assert all(bound <= 7 for _, bound in seen if bound is not None)


def test_magnitudes_are_checked_for_every_objective() -> None:
    """The sum of the largest values counts: 2 * 2^52 is too much, one less is not."""
    model = Model(lower=[0], upper=[2])
    model.objectives = {"servers": {0: 1}, "cost": {0: 2**52}}
    with pytest.raises(UsageError, match=r"the cost of the machines add up to more than 2\^53 units"):
        check_magnitudes(model)
    model.objectives["cost"] = {0: 2**52 - 1}
    check_magnitudes(model)


def test_workers_are_few() -> None:
    """More than eight have given wrong answers."""
    assert MOST_WORKERS == 8
    assert cpsat(covering(), COST, [], None, Effort(workers=64)).bound == 7


def test_interrupt_asks_until_the_search_ends() -> None:
    """A request that comes too early is lost, so it is repeated; the answer of the search is kept."""
    asked = threading.Semaphore(0)

    def search() -> str:
        time.sleep(0.3)  # until whoever waits does wait
        signal.raise_signal(signal.SIGINT)
        for _ in range(3):  # deaf to the first two requests
            asked.acquire(timeout=10)
        return "what it had"

    assert run(search, asked.release) == ("what it had", True)


def test_search_is_not_left_behind() -> None:
    """However often and early somebody asks to stop, the search has ended when the wait for it has."""
    ended = []

    def search() -> str:
        for _ in range(50):
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.001)
        ended.append(True)
        return "what it had"

    with noted():
        assert run(search, lambda: None) == ("what it had", True)

    assert ended


def test_failure_in_the_thread_comes_out() -> None:
    """An error of the native code is the caller's."""

    def search() -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        run(search, lambda: None)
