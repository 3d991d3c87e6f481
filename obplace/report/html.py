"""Show results and plans in a notebook: one escaped table, no script, nothing loaded, legible on dark and light."""

from collections.abc import Iterable
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Final

from obplace import swung
from obplace.billed import bill_aligned, bill_header, bill_rows
from obplace.notes import kept, notes
from obplace.plan import Plan
from obplace.sheet import aligned, header, rows
from obplace.weighed import Weighed
from obplace.weighed import remarks as compared_remarks
from obplace.weighed import sheet as compared
from obplace.worded import Sheet
from obplace.words import fills, headline, plain, size

if TYPE_CHECKING:
    from obplace.result import Result
    from obplace.swings import Sensitivity
    from obplace.whatif import WhatIf

MOST: Final = 100  # servers in the table; a notebook with more is no pleasure to scroll

# Styles stand in the elements, for notebooks that are shown elsewhere often lose their style sheets. Colours are
# the reader's own, and grey or blue that lets them through.
_TABLE: Final = "border-collapse:collapse;border:0;margin:.5em 0;font-size:90%"
_LINE: Final = "border:0;border-bottom:1px solid rgba(128,128,128,.35)"
_CELL: Final = f"{_LINE};padding:.25em .8em;text-align:left;vertical-align:middle;white-space:nowrap"
_NUMBER: Final = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums"
_BLUE: Final = "rgba(50,130,210,.9)"
_GREY: Final = "rgba(128,128,128,.25)"


def result_html(result: "Result") -> str:
    """Return what was found, what is proven about it, why there is none, and the plan."""
    parts = [f"<p><strong>{escape(result.status)}</strong> · {escape(headline(result))}</p>"]
    if result.plan is not None:
        parts.append(_table(result.plan))
    said = [*result.reasons, *notes(result), *filter(None, [kept(result)])]
    if said:
        parts.append(f"<ul>{''.join(f'<li>{escape(plain(text), quote=False)}</li>' for text in said)}</ul>")
    return _frame(parts)


def plan_html(plan: Plan) -> str:
    """Return who runs where, how full each machine is and what it costs."""
    return _frame([f"<p>{escape(size(plan))}</p>", _table(plan)])


def what_if_html(found: "WhatIf") -> str:
    """Return the scenarios beside the plan as it is."""
    weighed = Weighed(found.base, (), found)
    return sheet_html(headline(found.base), compared(weighed), compared_remarks(weighed))


def sensitivity_html(found: "Sensitivity") -> str:
    """Return what swings a plan."""
    return sheet_html(headline(found.result), swung.sheet(found), (*swung.summary(found), *swung.remarks(found)))


def sheet_html(title: str, sheet: Sheet | None, said: Iterable[str]) -> str:
    """Return a sentence, a table and what is to be said besides."""
    parts = [f"<p><strong>{escape(plain(title))}</strong></p>"]
    if sheet is not None:
        styles = [_NUMBER if number else _CELL for number in sheet.numbers]
        heads = zip(sheet.header, styles, strict=True)
        lines = [f"<tr>{''.join(_element('th', name, f'{style};font-weight:600') for name, style in heads)}</tr>"]
        for row in sheet.rows[:MOST]:
            cells = (_element("td", text, style) for text, style in zip(row, styles, strict=True))
            lines.append(f"<tr>{''.join(cells)}</tr>")
        parts.append(f'<table style="{_TABLE}">{"".join(lines)}</table>')
    items = "".join(f"<li>{escape(plain(text), quote=False)}</li>" for text in said)
    return _frame([*parts, f"<ul>{items}</ul>"] if items else parts)


def _frame(parts: Iterable[str]) -> str:
    return f'<div style="overflow-x:auto">{"".join(parts)}</div>'


def _table(plan: Plan) -> str:
    """Return the sheet of the plan; under how much is taken of a resource lies a bar of that length."""
    shown = replace(plan, assignments=plan.assignments[:MOST])
    names = header(shown)
    styles = [_NUMBER if number else _CELL for number in aligned(shown)]
    heads = [_element("th", name, f"{style};font-weight:600") for name, style in zip(names, styles, strict=True)]
    lines = [f"<tr>{''.join(heads)}</tr>"]
    for each, texts in zip(shown.assignments, rows(shown), strict=True):
        shares = {fill.resource: fill.share for fill in fills(plan, each)}
        cells = [
            _element("td", text, style + _bar(shares.get(name)))
            for name, style, text in zip(names, styles, texts, strict=True)
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    left = plan.servers - shown.servers
    more = f"<p>… and {left} more: <code>plan.to_frame()</code> has them all.</p>" if left else ""
    return f'<table style="{_TABLE}">{"".join(lines)}</table>{more}{_bill(plan)}'


def _bill(plan: Plan) -> str:
    """Return what is bought, as a table; nothing where nothing is."""
    if not plan.bill:
        return ""
    styles = [_NUMBER if number else _CELL for number in bill_aligned(plan)]
    names = [
        _element("th", name, f"{style};font-weight:600") for name, style in zip(bill_header(plan), styles, strict=True)
    ]
    lines = [f"<tr>{''.join(names)}</tr>"]
    for row in bill_rows(plan):
        cells = (_element("td", text, style) for text, style in zip(row, styles, strict=True))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<p>To buy</p><table style="{_TABLE}">{"".join(lines)}</table>'


def _element(tag: str, text: str, style: str) -> str:
    return f'<{tag} style="{style}">{escape(plain(text))}</{tag}>'


def _bar(share: float | None) -> str:
    """Return the style of a cell with a bar; none for what is no resource or not known."""
    if not share:
        return ""
    end = f"{min(share, 1.0):.1%}"
    ramp = f"linear-gradient(to right,{_BLUE} {end},{_GREY} {end})"
    return f";background:{ramp} center bottom/calc(100% - 1.6em) 3px no-repeat"
