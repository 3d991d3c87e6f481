"""Show a plan to people: pictures and tables."""

from obplace.report.capacity_plot import plot_capacity
from obplace.report.drill_plot import plot_drill
from obplace.report.figure import write as write_picture
from obplace.report.frontier_plot import plot_frontier
from obplace.report.places_plot import plot_places
from obplace.report.plots import plot_plan
from obplace.report.swings_plot import plot_sensitivity

__all__ = [
    "plot_capacity",
    "plot_drill",
    "plot_frontier",
    "plot_places",
    "plot_plan",
    "plot_sensitivity",
    "write_picture",
]
