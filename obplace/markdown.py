"""A result as Markdown, for a ticket or a page: what a cell holds is data and never markup."""

from collections.abc import Iterable, Sequence

from obplace.billed import bill_aligned, bill_header, bill_rows
from obplace.notes import kept, notes
from obplace.result import Result
from obplace.sheet import aligned, header, rows
from obplace.words import headline, plain


def as_markdown(result: Result) -> str:
    """Return what is proven, the sheet of the plan if there is one, and what there is to know besides."""
    lines = [f"**{escaped(headline(result))}**", ""]
    if result.plan is not None:
        lines += [*table(header(result.plan), rows(result.plan), aligned(result.plan)), ""]
        if result.plan.bill:
            names, numbers = bill_header(result.plan), bill_aligned(result.plan)
            lines += ["**To buy**", "", *table(names, bill_rows(result.plan), numbers), ""]
    lines += [f"- {escaped(text)}" for text in (*result.reasons, *notes(result), *filter(None, [kept(result)]))]
    return "\n".join(lines) + "\n"


def table(names: Sequence[str], cells: Iterable[Sequence[str]], numbers: Iterable[bool]) -> list[str]:
    """Return the lines of a table; ``numbers`` says which columns stand flush right."""
    rule = ["---:" if number else "---" for number in numbers]
    return [
        f"| {' | '.join(row)} |"
        for row in ([escaped(name) for name in names], rule, *(map(escaped, row) for row in cells))
    ]


def escaped(text: str) -> str:
    """Return a text of which nothing is markup."""
    text = plain(text)
    for mark in "\\`*_{}[]<>#|&~$":
        text = text.replace(mark, "\\" + mark)
    return text
