"""Read machines from whatever lists them, and hand them out in batches of exact columns."""

from obplace.pool.change import changed
from obplace.pool.domains import combine
from obplace.pool.machine import Batch, Machine
from obplace.pool.pool import Pool
from obplace.pool.raw import Column

__all__ = ["Batch", "Column", "Machine", "Pool", "changed", "combine"]
