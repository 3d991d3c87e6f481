"""The bill of materials of a plan: what is bought of each offer, and what it costs once, by the month and in all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from obplace.pool import Machine, Sales


@dataclass(frozen=True)
class Purchase:
    """What is bought of one offer at one price.

    Attributes
    ----------
    offer
        Its name.
    unit
        What is counted: machines, or GB of a resource.
    bought, used
        How many; what is bought and not used makes up a minimum order, or reaches a price break.
    once, monthly, price
        What one costs: at once, every month, and over all months, in the pool's smallest unit of money.
    """

    offer: str
    unit: str
    bought: int
    used: int
    once: int
    monthly: int
    price: int

    @property
    def total(self) -> int:
        """What all that is bought costs over all months."""
        return self.bought * self.price

    @property
    def unused(self) -> int:
        """What is paid for nothing that runs."""
        return (self.bought - self.used) * self.price


def bill(sales: Sales | None, machines: Iterable[Machine]) -> tuple[Purchase, ...] | None:
    """Return what is bought for these machines to be used, sorted by name; None where nothing can be bought."""
    if sales is None:
        return None
    used: Counter[int] = Counter()
    gigabytes: Counter[int] = Counter()
    for machine in machines:
        deal = sales.deal_of(machine.row)
        if deal is None:
            continue
        used[deal] += 1
        for number, gb in sales.added_to(machine.row):
            gigabytes[number] += gb
    found = []
    for deal, number in used.items():
        bought = max(number, int(sales.least[deal]))
        once, monthly = int(sales.money.once[deal]), int(sales.money.monthly[deal])
        found.append(
            Purchase(sales.names[deal], "machines", bought, number, once, monthly, once + sales.months * monthly)
        )
    for number, gb in gigabytes.items():
        seller = sales.sellers[number]
        price = seller.once + sales.months * seller.monthly
        found.append(Purchase(seller.name, f"GB of {seller.resource}", gb, gb, seller.once, seller.monthly, price))
    return tuple(sorted(found, key=lambda each: (each.unit != "machines", each.offer, each.price)))
