"""Place the roles of an OceanBase deployment on a pool of machines, proven optimal.

import obplace
result = obplace.solve(frame, level="performance", minimize="cost", roles={"observer": 3, "ocp": 3})
result.status, result.plan.servers, result.plan.cost, result.plan.to_frame()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from obplace.errors import DataError, InternalError, ObplaceError, UsageError

if TYPE_CHECKING:
    from obplace.ask import alternatives as alternatives
    from obplace.ask import frontier as frontier
    from obplace.ask import solve as solve
    from obplace.ask import sweep as sweep
    from obplace.catalogue import load as load_catalogue
    from obplace.pareto import Frontier as Frontier
    from obplace.plan import Plan as Plan
    from obplace.plan import Status as Status
    from obplace.pool import Pool as Pool
    from obplace.ranked import Alternatives as Alternatives
    from obplace.report import plot_plan as plot_plan
    from obplace.solver import Result as Result
    from obplace.solver import Solver as Solver
    from obplace.worth import worth as explain_prices  # noqa: F401  # the front door has its own name

# Loaded when first used: numpy, Arrow and OR-Tools are worth their time only to those who solve something.
_LATER = {
    "Alternatives": ("obplace.ranked", "Alternatives"),
    "Frontier": ("obplace.pareto", "Frontier"),
    "Plan": ("obplace.plan", "Plan"),
    "Pool": ("obplace.pool", "Pool"),
    "Result": ("obplace.solver", "Result"),
    "Solver": ("obplace.solver", "Solver"),
    "Status": ("obplace.plan", "Status"),
    "alternatives": ("obplace.ask", "alternatives"),
    "explain_prices": ("obplace.worth", "worth"),
    "frontier": ("obplace.ask", "frontier"),
    "load_catalogue": ("obplace.catalogue", "load"),
    "plot_plan": ("obplace.report", "plot_plan"),
    "solve": ("obplace.ask", "solve"),
    "sweep": ("obplace.ask", "sweep"),
}

__all__ = ["DataError", "InternalError", "ObplaceError", "UsageError", "load_catalogue", *sorted(_LATER)]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("obplace")
    if name not in _LATER:
        raise AttributeError(f"module 'obplace' has no attribute '{name}'")
    module, attribute = _LATER[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
