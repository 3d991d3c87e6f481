"""A bill as a sheet of cells, as CSV and in words: what is bought, and which machines owned could be given back."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from obplace.bill import Purchase
from obplace.plan import Plan, money
from obplace.problem import Problem


def bill_header(plan: Plan) -> list[str]:
    """Return the names of the columns; money at once and by the month stand apart where there are both."""
    return ["offer", "bought", "used", *(["once", "a month"] if _both(plan) else []), "each", "total"]


def bill_rows(plan: Plan) -> list[list[str]]:
    """Return one row a purchase."""
    return [_row(plan, each) for each in plan.bill or ()]


def bill_aligned(plan: Plan) -> list[bool]:
    """Return for each column whether it stands flush right; all but the first do."""
    return [name != "offer" for name in bill_header(plan)]


def _row(plan: Plan, each: Purchase) -> list[str]:
    gb = each.unit != "machines"
    numbers = [f"{number:,}{' GB' if gb else ''}" for number in (each.bought, each.used)]
    parts = [each.once, each.monthly] if _both(plan) else []
    name = f"{each.offer} ({each.unit})" if gb else each.offer
    return [name, *numbers, *(f"{plan.money(units):,}" for units in (*parts, each.price, each.total))]


def _both(plan: Plan) -> bool:
    """Is anything paid at once, and anything by the month?"""
    bill = plan.bill or ()
    return any(each.once for each in bill) and any(each.monthly for each in bill)


def bill_csv(plan: Plan) -> str:
    """Return the bill for programs: exact money, numbers of machines or of GB."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["offer", "unit", "bought", "used", "once", "monthly", "price", "total"])
    for each in plan.bill or ():
        money = (plan.money(units) for units in (each.once, each.monthly, each.price, each.total))
        writer.writerow([each.offer, each.unit, each.bought, each.used, *money])
    return out.getvalue()


def bought(problem: Problem, plan: Plan) -> Iterator[str]:
    """Say what is paid when, what is bought for an order's sake, and which machines that are owned nobody needs."""
    sales = problem.sales
    if sales is None or plan.bill is None:
        return
    if not plan.bill:
        yield "nothing has to be bought"
    once, monthly = (sum(each.bought * getattr(each, part) for each in plan.bill) for part in ("once", "monthly"))
    if sales.horizon is not None or (once and monthly):
        months = "1 month" if sales.months == 1 else f"{sales.months} months"
        paid = f"{plan.money(once):,} at once and {plan.money(monthly):,} a month"
        yield f"what is bought costs {paid}; costs are for {months}"
    elif sales.by_month:
        yield "costs are those of one month"
    for each in plan.bill:
        if idle := each.bought - each.used:
            said = f"its price is for orders of {each.bought:,} or more"
            yield f"{idle:,} of {each.bought:,} {each.offer} are bought and not used: {said}"
    yield from _given_back(problem, plan)


def _given_back(problem: Problem, plan: Plan) -> Iterator[str]:
    """Count the machines that are owned, free to be used and not used, and add up what they cost."""
    sales, pool = problem.sales, problem.pool
    if sales is None or not sales.first:
        return
    used = [each.machine for each in plan.assignments if each.machine.row < sales.first]
    number, units = -len(used), -sum(machine.price or 0 for machine in used)
    for batch in pool:
        if batch.first < sales.first:
            column = batch.column("quantity")
            counts = np.array([1 if value is None else int(value) for value in column.values], np.int64)[column.codes]
            idle = np.array([not value for value in batch.column("runs").values])[batch.column("runs").codes]
            counts = np.where(batch.usable & (idle | problem.deployment.reuse), counts, 0)
            number += int(counts.sum())
            units += sum(int(price) * int(count) for price, count in zip(batch.price, counts, strict=True) if count)
    if number > 0:
        worth = f", and would save {plan.money(units):,}" if units > 0 else ""
        yield f"{number:,} of the machines that are owned are not used: they could be given back{worth}"


def purchase(each: Purchase, decimals: int) -> dict[str, Any]:
    """Return what a document says of one purchase; prices are in 10**-decimals of the currency."""
    return {
        "offer": each.offer,
        "unit": each.unit,
        "bought": each.bought,
        "used": each.used,
        "once": str(money(each.once, decimals)),
        "monthly": str(money(each.monthly, decimals)),
        "price": str(money(each.price, decimals)),
        "total": str(money(each.total, decimals)),
    }
