"""How the storage of an OBServer's machine comes out of its memory: log, data and what the limit may be, in bytes."""

from fractions import Fraction

from obplace.catalogue import Catalogue, Disk, Layout

SAME, SEPARATE = "same", "separate"


def usable_data(catalogue: Catalogue, storage: int, memory: int, disks: str = SAME) -> int | None:
    """Return the bytes of data disk that a machine has for an OBServer whose ``memory_limit`` takes all it may.

    ``storage`` and ``memory`` are what other roles leave of the machine's; None where the catalogue tells nothing.
    """
    disk = catalogue.disk
    if disk is None:
        return None
    return max(0, usable(disk, storage, disks) - log(disk, share(memory, disk.memory_share)))


def memory_room(catalogue: Catalogue, storage: int, memory: int, disks: str = SAME) -> int | None:
    """Return the largest ``memory_limit`` in bytes that memory and storage allow, 0 where the storage is too small."""
    disk = catalogue.disk
    return None if disk is None else min(share(memory, disk.memory_share), by_storage(disk, storage, disks))


def rest(disk: Disk, storage: int) -> int:
    """Return what programs and the server's own log leave of a storage."""
    return max(0, storage - disk.home - disk.slog)


def usable(disk: Disk, storage: int, disks: str) -> int:
    """Return what data and log may take together."""
    layout: Layout = disk.same if disks == SAME else disk.separate
    # Of one disk the shares of both add up; of two, whatever their sizes, no more than the smaller share is sure.
    both = layout.data + layout.log if disks == SAME else min(layout.data, layout.log)
    return share(rest(disk, storage), both)


def by_storage(disk: Disk, storage: int, disks: str) -> int:
    """Return the largest memory_limit whose log disk leaves room for the least data."""
    for_log = usable(disk, storage, disks) - disk.least_data
    return for_log // disk.log_factor if for_log >= disk.least_log else 0


def log(disk: Disk, limit: int) -> int:
    """Return the log disk that a ``memory_limit`` asks for."""
    return max(disk.log_factor * limit, disk.least_log)


def share(amount: int, part: Fraction) -> int:
    """Return a part of an amount, rounded down."""
    return amount * part.numerator // part.denominator
