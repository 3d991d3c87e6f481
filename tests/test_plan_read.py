"""A plan by its document alone: taken as it stands, where the catalogue knows its words."""

import json
from typing import Any

import pytest

from obplace.errors import DataError
from obplace.plan import Plan
from obplace.plan_form import read
from obplace.plan_read import plan_of
from tests.small import BOOK, GB

SERVER = {
    "machine": "a",
    "roles": ["observer", "odp"],
    "ip": "10.0.0.1",
    "zone": "z1",
    "cost": "2.50",
    "capacity": {"memory": 64 * GB, "storage": None},
    "used": {"memory": 24 * GB},
}


def document(*servers: dict[str, Any], **words: Any) -> str:
    """Return a plan as JSON that holds these servers."""
    whole: dict[str, Any] = {
        "schema": "obplace.plan/1",
        "status": "feasible",
        "catalogue": BOOK.name,
        "level": "functional",
        "proof": None,
        "certificate": None,
        "reasons": [],
        "objectives": [],
        "servers": len(servers),
        "cost": None,
        "currency": None,
        "rules": [],
        "notes": [],
        "deployment": {},
        "assignments": list(servers),
    }
    return json.dumps(whole | words)


def opened(text: str) -> Plan:
    """Return the plan of a document."""
    return plan_of(read(text, "plan.json"), BOOK, "plan.json")


def test_document_says_what_runs_where() -> None:
    """Roles, address, domains and capacities come from it; what it does not say is unknown."""
    (found,) = opened(document(SERVER)).assignments

    assert (found.name, found.roles, found.machine.ip) == ("a", ("observer", "odp"), "10.0.0.1")
    assert found.machine.domains == {"zone": "z1"}
    assert found.machine.capacity == {"memory": 64 * GB, "storage": None}
    assert found.used == {"memory": 24 * GB}
    assert (found.machine.arch, found.machine.price) == (None, None)


def test_role_of_a_cluster_is_known_by_its_kind() -> None:
    """What stands after the @ is the deployment's own word."""
    assert opened(document({**SERVER, "roles": ["observer@sales"]})).copies == {"observer@sales": 1}


def test_words_that_the_catalogue_does_not_have_are_named() -> None:
    """All of them at once, with the machine."""
    other = {**SERVER, "machine": "b", "roles": ["web"], "capacity": {"gpu": 1}}

    with pytest.raises(DataError, match=r"(?s)machine a stands there twice.*b runs 'web'; .*b has 'gpu'; "):
        opened(document(SERVER, SERVER, other))


def test_document_without_a_plan_is_refused() -> None:
    """What solve writes when nothing is possible."""
    with pytest.raises(DataError, match=r"plan\.json: the document says infeasible and holds no plan"):
        opened(document(status="infeasible", assignments=None, servers=None))
