"""Questions on a few machines in the user's words, and their answers in short; every plan has a proof.

Roles need units: web and db 10 each, agent 1; web and agent may share the server of db. Machines have units and cost.
"""

from typing import Any

import obplace
from obplace.document import to_document
from obplace.result import Result
from tests.small import machines, pool
from tests.tiny import catalogue

KIT = catalogue({"web": 10, "db": 10, "agent": 1}, added=[("web", "db"), ("agent", "db")])


def asked(rows: tuple[str, ...], columns: str = "units,cost", **words: Any) -> Result:
    """Return the result for machines m1, m2 ...; a role of which nothing is said does not run."""
    every = words.get("every", "").partition(":")[0]
    said = {*words.get("zones", {}), *(key.partition(":")[0] for key in words.get("ratio", {})), every}
    words["roles"] = {role: 0 for role in KIT.roles if role not in said} | words.get("roles", {})
    result = obplace.solve(pool(machines(*rows, columns=columns), KIT), catalogue=KIT, threads=1, **words)
    assert result.proof is not None
    return result


def rules(result: Result) -> list[str]:
    """Return the sentences of the rules as the document of the plan has them."""
    return to_document(result)["rules"]


def runs(rows: tuple[str, ...], columns: str = "units,cost", *, by: str, **words: Any) -> str:
    """Return who runs what, such as 'm1:web m2:web+db'; the rule stands in the document as the sentence ``by``."""
    result = asked(rows, columns, **words)
    assert result.plan is not None
    assert by in rules(result)
    return " ".join(sorted(f"{each.name}:{'+'.join(each.roles)}" for each in result.plan.assignments))


def fails(rows: tuple[str, ...], columns: str = "units,cost", **words: Any) -> bool:
    """Is it proven that there is no plan?"""
    return asked(rows, columns, **words).status == "infeasible"


def zones_of(result: Result) -> dict[str, str]:
    """Return the zone of each machine, the same in the document and in the frame."""
    assert result.plan is not None
    frame = result.plan.to_frame()
    shown = dict(zip(frame["machine"], frame["zone"], strict=True))
    assert {each["machine"]: each["zone"] for each in to_document(result)["assignments"]} == shown
    return shown
