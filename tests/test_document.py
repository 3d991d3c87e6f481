"""A result as JSON: of the published form, exact, and without anything that changes from run to run."""

import json
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from obplace.document import to_document, to_json
from obplace.plan_form import read, schema
from obplace.result import Result
from tests.hard import hard
from tests.small import GB, machines, problem, solved

COLUMNS = "cpu,memory,storage,cost,currency,ip,idc,rack,zone,quantity"
POOL = machines(
    *(f"64,640 GB,9 TB,100.2{k},CNY,10.0.0.{k},d{k},r1,z{k},1" for k in range(4)),
    "64,640 GB,9 TB,99.999,CNY,,d1,r2,z1,2",
    columns=COLUMNS,
)
PUBLISHED = resources.files("obplace").joinpath("schemas/plan.schema.json").read_text(encoding="utf-8")


def results() -> dict[str, Result]:
    """Return a result of each kind."""
    spread = {"observer": "zone"}
    return {
        "optimal": solved(problem(POOL, spread=spread, pin={"ocp": "m5"}, headroom="5%", extra="oms")),
        "no prices": solved(problem(machines(*["64,640 GB,9 TB"] * 4, columns="cpu,memory,storage"))),
        "blank": solved(problem(POOL.replace("640 GB", "", 1), waive="memory")),
        "infeasible": solved(problem(POOL, roles={"observer": 9})),
        "feasible": solved(hard(), time_limit=0.05),
    }


RESULTS = results()


def objects(node: Any) -> list[dict[str, Any]]:
    """Return every object of a document."""
    if isinstance(node, dict):
        return [node, *(found for value in node.values() for found in objects(value))]
    return [found for value in node for found in objects(value)] if isinstance(node, list) else []


def test_published_schema_is_the_form() -> None:
    """The file in the package is made from the form; make it again when the form changes."""
    assert schema() == PUBLISHED
    Draft202012Validator.check_schema(json.loads(PUBLISHED))


@pytest.mark.parametrize("kind", RESULTS)
def test_documents_keep_the_published_schema(kind: str) -> None:
    """Whatever the status; and what is written can be read again."""
    document = json.loads(to_json(RESULTS[kind]))

    assert list(Draft202012Validator(json.loads(PUBLISHED)).iter_errors(document)) == []
    assert read(to_json(RESULTS[kind]), "plan.json").status == document["status"]


@pytest.mark.parametrize("kind", RESULTS)
def test_text_is_the_document(kind: str) -> None:
    """The layout, one line a server, changes nothing."""
    assert json.loads(to_json(RESULTS[kind])) == to_document(RESULTS[kind])


def test_document_is_exact() -> None:
    """Money is text with all its digits, capacities are base units, domains are full paths."""
    document = to_document(RESULTS["optimal"])

    assert document["cost"] == "500.628"  # 100.20 + 100.21 + 100.22, and 99.999 twice
    assert document["currency"] == "CNY"
    assert [each["value"] for each in document["objectives"]] == [5, "500.628"]
    assert all(each["value"] == each["bound"] for each in document["objectives"])
    (ocp,) = [each for each in document["assignments"] if "ocp" in each["roles"]]
    assert (ocp["machine"], ocp["rack"], ocp["zone"], ocp["ip"], ocp["cost"]) == ("m5#1", "d1/r2", "z1", None, "99.999")
    assert ocp["capacity"]["memory"] == 640 * GB


def test_deployment_says_only_what_was_said() -> None:
    """What is the catalogue's is left out, so that the document can be asked again."""
    assert to_document(RESULTS["optimal"])["deployment"] == {
        "extra": ["oms"],
        "spread": {"observer": "zone"},
        "pin": {"ocp": ["m5"]},
        "headroom": "5%",
    }


def test_no_plan_is_null() -> None:
    """No number stands for what is not known."""
    document = to_document(RESULTS["infeasible"])

    assert (document["assignments"], document["servers"], document["cost"]) == (None, None, None)
    assert [(each["value"], each["bound"]) for each in document["objectives"]] == [(None, None)] * 2
    assert document["reasons"]


def test_nothing_in_it_changes_from_run_to_run() -> None:
    """No seconds, hosts or versions."""
    keys = {key for found in objects(to_document(RESULTS["optimal"])) for key in found}

    assert keys & {"seconds", "time", "version", "host", "date"} == set()
