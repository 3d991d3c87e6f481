"""A plan that a command is given: read from a file, checked against its pool or taken as it stands."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from obplace.errors import DataError, UsageError
from obplace.flags import Question

if TYPE_CHECKING:
    from obplace.check import Report
    from obplace.plan import Plan

PlanFile = Annotated[str, typer.Argument(metavar="PLAN", help="A plan as JSON, or a CSV of machine and role.")]


def alone(plan: str, asked: Question) -> "Plan":
    """Return the plan of a document, unchecked, for there is no pool to check it against."""
    from obplace.deployment_form import deployment_of
    from obplace.plan_form import read
    from obplace.plan_read import plan_of

    source, text = _source(plan), _text(plan)
    if not text.lstrip().startswith("{"):
        raise UsageError(f"{source} is no plan as JSON: a placement made by hand needs its pool")
    form = read(text, source)
    if asked.deployment.said():
        raise UsageError(f"{source} brings its own deployment: leave out the flags that say another")
    return plan_of(form, asked.by(form.catalogue, deployment_of(form.deployment)).catalogue, source)


def checked(plan: str, pool: str | None, asked: Question) -> "tuple[str, Report]":
    """Return what to call a plan, and what its check found."""
    from obplace.check import check_document, check_placement, read_placement
    from obplace.deployment_form import deployment_of
    from obplace.plan_form import read

    source, text = _source(plan), _text(plan)
    if not text.lstrip().startswith("{"):
        return source, check_placement(asked.over(pool), read_placement(text, source))
    form = read(text, source)
    if asked.deployment.said():
        raise UsageError(f"{source} brings its own deployment: leave out the flags that say another")
    try:
        return source, check_document(form, asked.by(form.catalogue, deployment_of(form.deployment)).over(pool))
    except UsageError as error:  # the words are the document's, not the command's
        raise DataError([f"{source}: {text}" for text in error.problems]) from None


def _source(path: str) -> str:
    return "standard input" if path == "-" else Path(path).name


def _text(path: str) -> str:
    """Return the text of a file; '-' is standard input."""
    try:
        return sys.stdin.read().removeprefix("\ufeff") if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from None
