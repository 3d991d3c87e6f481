"""Show a plan to people: pictures and tables."""

from obplace.report.plots import plot_plan

__all__ = ["plot_plan"]
