"""Show alternatives in a notebook."""

from typing import TYPE_CHECKING

from obplace.listed import headline, remarks, sheet
from obplace.report.html import sheet_html

if TYPE_CHECKING:
    from obplace.ranked import Alternatives


def alternatives_html(found: "Alternatives") -> str:
    """Return what was found, then each plan."""
    parts = [sheet_html(headline(found), None, remarks(found))]
    sheets = [sheet(found, number) for number in range(1, len(found.plans) + 1)]
    return "".join([*parts, *(sheet_html(each.title, each, ()) for each in sheets)])
