"""Place the roles of an OceanBase deployment on a pool of machines, proven optimal.

import obplace
result = obplace.solve(frame, level="performance", minimize="cost", roles={"observer": 3, "ocp": 3})
result.status, result.plan.servers, result.plan.cost, result.plan.to_frame()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from obplace.errors import DataError, InternalError, ObplaceError, UsageError

if TYPE_CHECKING:
    from obplace.ask import explain as explain
    from obplace.ask import solve as solve
    from obplace.catalogue import load as load_catalogue
    from obplace.explore import alternatives as alternatives
    from obplace.explore import frontier as frontier
    from obplace.explore import sweep as sweep
    from obplace.pareto import Frontier as Frontier
    from obplace.plan import Plan as Plan
    from obplace.plan import Status as Status
    from obplace.pool import Offers as Offers
    from obplace.pool import Pool as Pool
    from obplace.ranked import Alternatives as Alternatives
    from obplace.report import plot_capacity as plot_capacity
    from obplace.report import plot_drill as plot_drill
    from obplace.report import plot_frontier as plot_frontier
    from obplace.report import plot_places as plot_places
    from obplace.report import plot_plan as plot_plan
    from obplace.report import plot_sensitivity as plot_sensitivity
    from obplace.result import Result as Result
    from obplace.solver import Solver as Solver
    from obplace.swings import sensitivity as sensitivity
    from obplace.whatif import what_if as what_if
    from obplace.why import why as explain_machine  # noqa: F401  # the front door has its own name
    from obplace.worth import worth as explain_prices  # noqa: F401  # the front door has its own name

# Loaded when first used: numpy, Arrow and OR-Tools are worth their time only to those who solve something.
_LATER = {
    "Offers": ("obplace.pool", "Offers"),
    "Alternatives": ("obplace.ranked", "Alternatives"),
    "Frontier": ("obplace.pareto", "Frontier"),
    "Plan": ("obplace.plan", "Plan"),
    "Pool": ("obplace.pool", "Pool"),
    "Result": ("obplace.result", "Result"),
    "Solver": ("obplace.solver", "Solver"),
    "Status": ("obplace.plan", "Status"),
    "explain": ("obplace.ask", "explain"),
    "explain_machine": ("obplace.why", "why"),
    "alternatives": ("obplace.explore", "alternatives"),
    "explain_prices": ("obplace.worth", "worth"),
    "frontier": ("obplace.explore", "frontier"),
    "load_catalogue": ("obplace.catalogue", "load"),
    "plot_capacity": ("obplace.report", "plot_capacity"),
    "plot_drill": ("obplace.report", "plot_drill"),
    "plot_frontier": ("obplace.report", "plot_frontier"),
    "plot_places": ("obplace.report", "plot_places"),
    "plot_plan": ("obplace.report", "plot_plan"),
    "plot_sensitivity": ("obplace.report", "plot_sensitivity"),
    "sensitivity": ("obplace.swings", "sensitivity"),
    "solve": ("obplace.ask", "solve"),
    "what_if": ("obplace.whatif", "what_if"),
    "sweep": ("obplace.explore", "sweep"),
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
