"""The rows of a model for what is bought: which of its prices an offer has, and what an order makes one buy beyond use.

A machine of an offer costs what its slot costs. Where an order has a minimum, ``idle`` counts what is bought and not
used; with several prices ``at`` says which one holds.
"""

from collections import defaultdict
from functools import partial

from obplace.kernel import Kernel
from obplace.model import Model, Terms, value_of


def add_purchases(kernel: Kernel, model: Model, cost: Terms) -> None:
    """Add rows and choices for offers whose rows depend on one another, and what they make one buy to the cost."""
    sales, enough = kernel.problem.sales, kernel.problem.enough
    if sales is None:
        return
    coupled = sales.coupled(enough)
    used: defaultdict[int, Terms] = defaultdict(dict)
    for (c, _), x in model.running.items():
        deal = sales.deal_of(kernel.classes[c].slots[0].row)
        if deal is not None and coupled[deal]:
            used[deal][x] = 1
    offers: defaultdict[int, list[int]] = defaultdict(list)
    for deal in sorted(used, key=sales.labels.__getitem__):
        offers[int(sales.offer[deal])].append(deal)
    for deals in offers.values():
        at: Terms = {}
        for deal in deals:
            least, most = int(sales.least[deal]), min(int(sales.most[deal]), enough)
            if least == 1 and len(deals) == 1:
                model.row(used[deal], high=most)
                continue
            z = model.variable(0, 1)
            at[z] = 1
            model.derived.append((z, partial(_is_used, used[deal])))
            model.row(used[deal] | {z: -most}, high=0)
            if least > 1:
                idle = model.variable(0, least)
                model.derived.append((idle, partial(_missing, used[deal], least)))
                model.row(used[deal] | {idle: 1, z: -least}, low=0)
                if price := int(sales.prices[deal]):
                    cost[idle] = price
        if len(at) > 1:
            model.row(at, high=1)


def _is_used(used: Terms, values: list[int]) -> int:
    return int(value_of(used, values) > 0)


def _missing(used: Terms, least: int, values: list[int]) -> int:
    number = value_of(used, values)
    return max(0, least - number) if number else 0
