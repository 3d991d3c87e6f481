"""Show a frontier in a notebook."""

from typing import TYPE_CHECKING

from obplace.report.html import sheet_html
from obplace.traded import headline, remarks, sheet

if TYPE_CHECKING:
    from obplace.pareto import Frontier


def frontier_html(frontier: "Frontier") -> str:
    """Return what was found, the plans, and what is to be said of them."""
    return sheet_html(headline(frontier), sheet(frontier) if frontier.points else None, remarks(frontier))
