"""What is bought, in plain Python: stock, orders and prices of the offers, counted from the machines of a placement."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from obplace.plan import money
from obplace.pool import Machine
from obplace.problem import Problem


def bought_wrongly(problem: Problem, machines: Sequence[Machine]) -> Iterator[str]:
    """Yield each offer of which more are used than there are or than its order allows, or at two prices at once."""
    sales = problem.sales
    if sales is None:
        return
    offers: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for deal in _deals(problem, machines):
        offers[sales.names[deal]][deal] += 1
    for name, used in sorted(offers.items()):
        stock = int(sales.stock[min(used)])
        if used.total() > stock:
            yield f"{used.total()} {name} are used, and there are {stock}"
        if len(used) > 1:
            yield f"{name} is bought at {len(used)} prices at once, expected one size of order"
        for deal, number in sorted(used.items()):
            if number > sales.most[deal]:
                yield f"{number} {name} are used at the price for at most {sales.most[deal]}"


def mispriced(problem: Problem, machines: Sequence[Machine]) -> Iterator[str]:
    """Yield each machine that is bought and has not the price of its offer and of what is added to it."""
    sales = problem.sales
    for machine in machines:
        if sales is None or (deal := sales.deal_of(machine.row)) is None:
            continue
        price = int(sales.money.once[deal]) + sales.months * int(sales.money.monthly[deal])
        for number, gb in sales.added_to(machine.row):
            price += gb * (sales.sellers[number].once + sales.months * sales.sellers[number].monthly)
        if price != machine.price:
            said = "nothing" if machine.price is None else f"{money(machine.price, problem.pool.price_decimals):,}"
            yield f"{machine.name} costs {said}, by its offer {money(price, problem.pool.price_decimals):,}"


def unused(problem: Problem, machines: Sequence[Machine]) -> int:
    """Return what is paid for machines that an order makes one buy and nothing runs on, in the smallest unit."""
    sales = problem.sales
    if sales is None:
        return 0
    total = 0
    for deal, number in Counter(_deals(problem, machines)).items():
        price = int(sales.money.once[deal]) + sales.months * int(sales.money.monthly[deal])
        total += max(0, int(sales.least[deal]) - number) * price
    return total


def _deals(problem: Problem, machines: Sequence[Machine]) -> list[int]:
    sales = problem.sales
    found = [None if sales is None else sales.deal_of(machine.row) for machine in machines]
    return [deal for deal in found if deal is not None]
