"""A result as Markdown, for a ticket or a page: what a cell holds is data and never markup."""

from obplace.notes import notes
from obplace.sheet import aligned, header, rows
from obplace.solver import Result
from obplace.words import headline, plain


def as_markdown(result: Result) -> str:
    """Return what is proven, the sheet of the plan if there is one, and what there is to know besides."""
    lines = [f"**{_escaped(headline(result))}**", ""]
    if result.plan is not None:
        rule = ["---:" if number else "---" for number in aligned(result.plan)]
        table = [header(result.plan), rule, *(list(map(_escaped, row)) for row in rows(result.plan))]
        lines += [f"| {' | '.join(cells)} |" for cells in table] + [""]
    lines += [f"- {_escaped(text)}" for text in (*result.reasons, *notes(result))]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    text = plain(text)
    for mark in "\\`*_{}[]<>#|&":
        text = text.replace(mark, "\\" + mark)
    return text
