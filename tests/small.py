"""The smallest problems of OceanBase: machines as a few lines of text, every plan verified and confirmed."""

from io import StringIO
from typing import Any

import pandas as pd

from obplace.ask import names
from obplace.catalogue import Catalogue, load
from obplace.deployment import Deployment
from obplace.plan import Plan
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.result import Result
from obplace.solver import Solver
from obplace.verify import verify

GB = 1024**3
TB = 10**12
CORE = 1000

BOOK = load()


def pool(text: str, catalogue: Catalogue = BOOK) -> Pool:
    """Return the pool of a table in a text: commas between cells, blanks around them do not count."""
    lines = [",".join(cell.strip() for cell in line.split(",")) for line in text.strip().splitlines()]
    frame = pd.read_csv(StringIO("\n".join(lines)), dtype=str, keep_default_na=False)
    return Pool.from_frame(frame, catalogue.kinds)


def machines(*rows: str, columns: str) -> str:
    """Return a table of the machines m1, m2 ... with these cells."""
    return "\n".join([f"machine,{columns}", *(f"m{number},{row}" for number, row in enumerate(rows, start=1))])


def problem(text: str, catalogue: Catalogue = BOOK, **words: Any) -> Problem:
    """Return the problem that a deployment in these words states over a table."""
    lists = ("extra", "minimize", "included", "ban", "waive")
    words = {key: names(value) if key in lists else value for key, value in words.items()}
    words["pin"] = {role: names(value) for role, value in words.get("pin", {}).items()}
    return pose(catalogue, Deployment(**words), pool(text, catalogue))


def solved(posed: Problem, **how: Any) -> Result:
    """Return the result by one worker; a plan has passed the contract, and what is optimal is confirmed."""
    result = Solver(**{"threads": 1, **how}).solve(posed)
    if result.plan is not None:
        assert verify(posed, placement(result.plan)) == []
    return result


def best(text: str, catalogue: Catalogue = BOOK, **words: Any) -> Plan:
    """Return the optimal plan of a problem that has one."""
    result = solved(problem(text, catalogue, **words))
    assert result.status == "optimal"
    assert result.proof is not None
    assert result.plan is not None
    return result.plan


def refused(text: str, catalogue: Catalogue = BOOK, **words: Any) -> str:
    """Return the reasons, a line each, of a problem that is proven to have no plan."""
    result = solved(problem(text, catalogue, **words))
    assert result.status == "infeasible"
    assert result.proof is not None
    return "\n".join(result.reasons)


def placement(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the roles by machine."""
    return {each.name: each.roles for each in plan.assignments}


def used(plan: Plan) -> str:
    """Return the machines of a plan, sorted, with blanks between them."""
    return " ".join(sorted(placement(plan)))
