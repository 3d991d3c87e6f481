"""Read machines and offers from whatever lists them, and hand them out in batches of exact columns."""

from obplace.pool.change import changed, holding
from obplace.pool.domains import combine
from obplace.pool.machine import Batch, Machine
from obplace.pool.offered import SOLD
from obplace.pool.offers import Offers, Sales
from obplace.pool.pool import Pool
from obplace.pool.raw import Column
from obplace.pool.stocked import beside

__all__ = ["SOLD", "Batch", "Column", "Machine", "Offers", "Pool", "Sales", "beside", "changed", "combine", "holding"]
