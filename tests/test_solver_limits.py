"""What a solve says when it is cut short, and that no engine is believed on its word alone."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest

from obplace import solver as module
from obplace.certificate import bounds
from obplace.engine import Answer, Effort
from obplace.errors import InternalError, UsageError
from obplace.kernel import Kernel
from obplace.kernel import lift as _lift
from obplace.model import Model, Row, Terms
from obplace.notes import notes
from obplace.plan import Plan, Proof, Status
from obplace.solver import Solver
from tests.hard import hard
from tests.small import machines, problem, solved

COLUMNS = "cpu,memory,storage,cost"
POOL = machines("8,32 GB,2 TB,7", "8,32 GB,2 TB,5", "8,32 GB,2 TB,3", "8,32 GB,2 TB,4", columns=COLUMNS)
ONE = {"roles": {"observer": 1, "odp": 0, "ocp": 0, "oat": 0}}
UNCONFIRMED = "unconfirmed: one solver proved the optimum; "

INTERRUPTED = """
import os, signal, threading
from obplace.solver import Solver
from tests.hard import hard

problem = hard()
begun = threading.Event()

def interrupt(_):
    if not begun.is_set():
        begun.set()
        os.kill(os.getpid(), signal.SIGINT)

result = Solver(watch=interrupt).solve(problem)
print(result.status, result.interrupted, result.proof, result.plan is not None)
try:
    signal.raise_signal(signal.SIGINT)
    print("deaf")
except KeyboardInterrupt:
    print("KeyboardInterrupt")
again = Solver(time_limit=0.5).solve(problem)
print(again.status, again.interrupted)
"""


def test_interrupt_ends_with_the_best_plan_and_leaves_python_its_signal() -> None:
    """Ctrl-C in the middle of a solve returns a plan; the next Ctrl-C is Python's, and the next solve is whole."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120, check=True)

    assert done.stdout.splitlines() == ["feasible True None True", "KeyboardInterrupt", "feasible False"]
    assert done.stderr == ""


def test_time_limit_with_a_plan() -> None:
    """What is found is a plan, its bound is what its certificate proves, and nothing is called optimal."""
    result = solved(hard(), time_limit=0.3)

    assert result.status is Status.FEASIBLE
    assert result.plan is not None
    assert (result.proof, result.settled, result.interrupted) == (Proof.CERTIFICATE, False, False)
    assert result.certificate is not None
    cost, servers = result.objectives
    assert cost.value is not None
    assert cost.bound is not None
    assert cost.bound < cost.value
    assert bounds(result.problem, result.certificate.stages) == [cost.bound]
    assert (servers.value, servers.bound) == (result.plan.servers, None)


def test_time_limit_without_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing found and nothing proven is unknown: no plan, no numbers, and it says why."""
    monkeypatch.setattr(module, "greedy", lambda *_: None)
    monkeypatch.setattr(module, "cpsat", lambda *_: Answer())
    result = Solver(time_limit=0.01).solve(problem(POOL))

    assert (result.status, result.plan) == (Status.UNKNOWN, None)
    assert [(each.value, each.bound) for each in result.objectives] == [(None, None)] * 2
    assert result.reasons == ("the time limit was reached before a plan was found",)
    assert notes(result) == ()


def test_interrupt_without_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted before anything was found is unknown too."""
    monkeypatch.setattr(module, "greedy", lambda *_: None)
    monkeypatch.setattr(module, "cpsat", lambda *_: Answer(interrupted=True))
    result = Solver().solve(problem(POOL))

    assert (result.status, result.plan) == (Status.UNKNOWN, None)
    assert result.reasons == ("interrupted before a plan was found",)


def test_gap_is_enough_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound of 3 for 4 servers is a gap of 25 %: with 30 % the search ends there, and the plan is feasible."""
    honest = module.cpsat
    efforts: list[Effort] = []

    def modest(model: Model, objective: Terms, extra: list[Row], hint: list[int], effort: Effort) -> Answer:
        efforts.append(effort)
        return replace(honest(model, objective, extra, hint, effort), bound=3)

    monkeypatch.setattr(module, "relaxed", lambda *_: None)  # which proves 4 before any search
    monkeypatch.setattr(module, "certify", lambda *_, **__: ())
    monkeypatch.setattr(module, "cpsat", modest)
    result = solved(problem(POOL), gap=0.3)

    assert (result.status, len(efforts), efforts[0].gap) == (Status.FEASIBLE, 1, 0.3)
    assert result.objectives[0].gap == 0.25


def test_gap_that_closes_is_optimal() -> None:
    """A gap that happens to be none leaves nothing to add."""
    assert solved(problem(POOL), gap=0.01).status is Status.OPTIMAL


def test_dispute_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """CP-SAT calls one server for 10 the best, SCIP knows two for 2 + 3: the plan is shown, and nothing is proven."""
    honest = module.cpsat
    one_or_two = machines("8,24 GB,1.4 TB,10", "4,16 GB,1.2 TB,2", "4,8 GB,200 GB,3", columns=COLUMNS)
    both = {"observer": 1, "odp": 1, "ocp": 0, "oat": 0}

    def lying(model: Model, objective: Terms, extra: list[Row], _: list[int], effort: Effort) -> Answer:
        return honest(model, objective, [*extra, Row(model.objectives["servers"], None, 1)], None, effort)

    monkeypatch.setattr(module, "greedy", lambda *_: None)
    monkeypatch.setattr(module, "cpsat", lying)
    result = solved(problem(one_or_two, roles=both, minimize="cost"))

    assert (result.status, result.proof) == (Status.FEASIBLE, None)
    assert [(each.name, each.value, each.bound) for each in result.objectives] == [
        ("cost", 10, None),
        ("servers", 1, None),
    ]


@pytest.mark.parametrize("opinion", [Answer(), Answer(bound=99)])
def test_no_second_opinion_is_no_confirmation(monkeypatch: pytest.MonkeyPatch, opinion: Answer) -> None:
    """Without a certificate a second solver that gives up, or knows only something worse, confirms nothing."""
    monkeypatch.setattr(module, "certify", lambda *_, **__: ())
    monkeypatch.setattr(module, "scip", lambda *_: opinion)
    result = Solver(threads=1).solve(problem(POOL))

    assert (result.status, result.proof) == (Status.OPTIMAL, None)
    assert [text for text in notes(result) if text.startswith(UNCONFIRMED)]


def test_wrong_infeasible_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """CP-SAT finds nothing where SCIP finds a plan: that is a fault to report, and no proof."""
    monkeypatch.setattr(module, "greedy", lambda *_: None)
    monkeypatch.setattr(module, "cpsat", lambda *_: Answer(infeasible=True))

    with pytest.raises(InternalError, match="CP-SAT finds no plan, and SCIP one with 4 for servers"):
        Solver().solve(problem(POOL))


def test_wrong_infeasible_does_not_lose_the_plan_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a first plan known, an engine that finds none is wrong: the plan stays, without a proof."""
    monkeypatch.setattr(module, "relaxed", lambda *_: None)
    monkeypatch.setattr(module, "cpsat", lambda *_: Answer(infeasible=True))
    result = solved(problem(POOL))

    assert (result.status, result.proof) == (Status.FEASIBLE, None)
    assert result.objectives[0].bound is None


def test_unconfirmed_infeasible_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no certificate is found and the second solver gives up, one alone says that there is no plan."""
    monkeypatch.setattr(module, "certify", lambda *_, **__: ())
    monkeypatch.setattr(module, "scip", lambda *_: Answer())
    result = Solver().solve(problem(POOL, roles={"observer": 4}))

    assert (result.status, result.proof) == (Status.INFEASIBLE, None)


def test_plan_that_breaks_a_rule_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault between model and plan is caught by the contract, and named."""
    monkeypatch.setattr(module, "lift", lambda kernel, counts: replace(_lift(kernel, counts), assignments=()))

    with pytest.raises(InternalError, match="the plan breaks a rule: at least 3 observer: 0 run"):
        Solver().solve(problem(POOL))


def test_plan_that_is_not_what_was_proven_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that no plan reached would be a lie."""

    def other(kernel: Kernel, counts: Mapping[tuple[int, int], int]) -> Plan:
        plan = _lift(kernel, counts)
        [each] = plan.assignments
        return replace(plan, assignments=(replace(each, name="m1", machine=kernel.problem.pool.take([0])[0]),))

    monkeypatch.setattr(module, "lift", other)
    with pytest.raises(InternalError, match="the plan is not what was proven"):
        Solver().solve(problem(POOL, **ONE))


def test_sums_beyond_exact_doubles_are_refused() -> None:
    """Prices whose sum a double cannot hold are an error that says what to do; just below they are exact."""
    huge = machines("8,32 GB,2 TB,9007199254740992", columns=COLUMNS)
    with pytest.raises(UsageError, match=r"the cost of the machines add up to more than 2\^53 units"):
        Solver().solve(problem(huge, **ONE))

    large = machines("8,32 GB,2 TB,9007199254740991", columns=COLUMNS)
    result = solved(problem(large, **ONE))
    assert result.plan is not None
    assert str(result.plan.cost) == "9007199254740991"
