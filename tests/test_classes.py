"""Machines that no rule can tell apart are one class; what a rule reads tells them apart."""

from collections import defaultdict

import pytest

from obplace import classes as module
from obplace.classes import Classes
from obplace.patterns import patterns
from obplace.problem import Problem
from tests.small import machines, problem

COLUMNS = "cpu,memory,storage"


def classes(posed: Problem) -> set[str]:
    """Return the names of the machines of each class, with blanks between them; unused ones are left out."""
    found = Classes(posed, patterns(posed))
    answer = defaultdict(list)
    for batch in posed.pool:
        for row, number in enumerate(found.of(batch).tolist(), start=batch.first):
            if number >= 0:
                answer[number].extend(posed.pool.names([row]))
    return {" ".join(names) for names in answer.values()}


def test_what_they_can_run_makes_a_class() -> None:
    """Of 8, 9 and 200 cores each holds everything here, 4 cores hold no OCP, 1 core holds nothing."""
    text = machines("8,64 GB,4 TB", "9,64 GB,4 TB", "200,64 GB,4 TB", "4,64 GB,4 TB", "1,64 GB,4 TB", columns=COLUMNS)

    assert classes(problem(text)) == {"m1 m2 m3", "m4"}


def test_thresholds_are_exact() -> None:
    """23.9 GB do not hold OBServer and ODP, 24 do; more makes no difference until OCP's 32."""
    text = machines("8,23.9 GB,4 TB", "8,24 GB,4 TB", "8,31 GB,4 TB", "8,32 GB,4 TB", columns=COLUMNS)

    assert classes(problem(text)) == {"m1", "m2 m3", "m4"}


def test_unknown_capacity_holds_nothing_that_needs_it() -> None:
    """Without known storage a machine can run OAT."""
    text = machines("8,64 GB,", "8,64 GB,4 TB", "2,4 GB,4 TB", columns=COLUMNS)

    assert classes(problem(text)) == {"m1 m3", "m2"}


def test_domains_count_where_a_rule_reads_them() -> None:
    """Zones matter to what is spread over them; a machine that cannot run it has its class by patterns alone."""
    text = machines("8,64 GB,4 TB,a", "8,64 GB,4 TB,b", "2,4 GB,4 TB,a", "2,4 GB,4 TB,b", columns=f"{COLUMNS},zone")

    assert classes(problem(text)) == {"m1 m2", "m3 m4"}
    assert classes(problem(text, spread={"observer": "zone:2"})) == {"m1", "m2", "m3 m4"}


def test_unknown_domain_bars_what_is_spread() -> None:
    """Zone blank: the machine can run OCP and OAT, and no OBServer."""
    text = machines("8,64 GB,4 TB,", "8,64 GB,4 TB,a", columns=f"{COLUMNS},zone")

    assert classes(problem(text, spread={"observer": "zone:1"})) == {"m1", "m2"}
    assert classes(problem(text, roles={"odp": 0, "ocp": 0, "oat": 0}, spread={"observer": "zone:1"})) == {"m2"}


def test_named_machines_stand_alone() -> None:
    """A pinned machine is a class of its own, a banned one none."""
    text = machines(*["8,64 GB,4 TB"] * 4, columns=COLUMNS)

    assert classes(problem(text, pin={"ocp": "m2"}, ban="m4")) == {"m1 m3", "m2"}


@pytest.mark.parametrize(
    ("column", "cells"), [("available", ("no", "yes")), ("quantity", ("0", "2")), ("runs", ("x", ""))]
)
def test_machines_not_on_offer_are_in_no_class(column: str, cells: tuple[str, str]) -> None:
    """Not available, none of it, in use."""
    text = machines(*(f"8,64 GB,4 TB,{cell}" for cell in cells), columns=f"{COLUMNS},{column}")

    assert classes(problem(text)) == {"m2"}


def test_unpriced_machines_are_in_no_class_where_cost_counts() -> None:
    """A blank price bars a machine where there are prices."""
    assert classes(problem(machines("8,64 GB,4 TB,", "8,64 GB,4 TB,0", columns=f"{COLUMNS},cost"))) == {"m2"}


def test_large_tables_find_the_same_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a table of all steps would be too large, only the values that occur are kept."""
    text = machines(*(f"8,64 GB,4 TB,r{k % 7}" for k in range(40)), columns=f"{COLUMNS},rack")
    posed = problem(text, spread={"observer": "rack:3"})
    dense = classes(posed)
    monkeypatch.setattr(module, "DENSE", 0)

    assert classes(posed) == dense
    assert len(dense) == 7
