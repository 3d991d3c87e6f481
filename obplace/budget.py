"""The disks and memory of OBServers: what each server has room for, and what lies idle beside the smallest one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from obplace.catalogue import Catalogue, Combine, Disk, kind_of
from obplace.disks import SAME, by_storage, log, rest, share, usable
from obplace.plan import Assignment, Plan
from obplace.quantity import Kind, show

NAMED = 3  # servers that a sentence names before it counts the rest


@dataclass(frozen=True)
class Budget:
    """What one OBServer of a plan has, all in bytes.

    Attributes
    ----------
    room
        The largest ``memory_limit`` that its server has memory and storage for.
    capped
        Whether it is the storage that ends it: the log disk of all the memory would leave too little for data.
    memory_limit
        That of its cluster: the least ``room`` in it.
    home, slog, log
        Storage that programs and their logs, the server's own log and the log disk take.
    data
        What is left for the data disk; with ``log`` it is the usable share of the rest. None where the storage of the
        server is not known.
    explicit
        Whether the log disk has to be set, because its default share of the disk would be less.
    """

    machine: str
    role: str
    room: int
    capped: bool
    memory_limit: int
    home: int
    slog: int
    log: int
    data: int | None
    explicit: bool

    @property
    def fits(self) -> bool:
        """Whether there is room for an OBServer at all."""
        return self.room > 0


@dataclass(frozen=True)
class Stranded:
    """What the servers of one cluster have beyond the smallest of them.

    ``least`` is, by resource in base units, the smallest that a server has left for its OBServer; ``idle`` is what all
    of them together have above that.
    """

    role: str
    servers: int
    least: Mapping[str, int]
    idle: Mapping[str, int]


def budgets(plan: Plan, disks: str = SAME) -> tuple[Budget, ...]:
    """Return the budget of each OBServer of a plan, in its order; none where the catalogue tells nothing.

    ``disks`` says whether data and log lie on the ``same`` disk or on ``separate`` ones. Several OBServers on one
    server have equal parts of what the other roles leave. A server of unknown memory has no budget.
    """
    disk = plan.catalogue.disk
    if disk is None:
        return ()
    found = [own for each in plan.assignments for own in _own(disk, each, disks)]
    limits: dict[str, int] = {}
    for own in found:
        limits[own.role] = min(own.room, limits.get(own.role, own.room))
    return tuple(own.budget(disk, disks, limits[own.role]) for own in found)


def stranded(plan: Plan) -> tuple[Stranded, ...]:
    """Return for each cluster what its smallest server makes useless on the others.

    Memory limits and disk sizes are set per cluster, and a tenant's units are equal, so the smallest server counts.
    """
    disk = plan.catalogue.disk
    if disk is None:
        return ()
    answer = []
    for role in dict.fromkeys(role for each in plan.assignments for role in each.roles if kind_of(role) == disk.role):
        servers = plan.where(role)
        least, idle = {}, {}
        for name, resource in plan.catalogue.resources.items():
            left = [_left(disk, each, name) for each in servers]
            known = [amount for amount in left if amount is not None]
            if resource.combine is Combine.SUM and len(known) == len(left):
                least[name] = min(known)
                idle[name] = sum(known) - min(known) * len(known)
        answer.append(Stranded(role, len(servers), least, idle))
    return tuple(answer)


def sentences(plan: Plan, disks: str = SAME) -> tuple[str, ...]:
    """Return what budgets and idle resources have to say, a few sentences for each cluster."""
    catalogue = plan.catalogue
    found = budgets(plan, disks)
    answer: list[str] = []
    for role in dict.fromkeys(each.role for each in found):
        answer += _budgeted(catalogue, role, [each for each in found if each.role == role], disks)
    return (*answer, *idle(plan))


def idle(plan: Plan) -> Iterator[str]:
    """Yield for each cluster whose servers differ what lies idle beside its smallest server."""
    catalogue = plan.catalogue
    for each in stranded(plan):
        beyond = [
            f"{_amount(catalogue, name, amount)} (it has {_plain(catalogue, name, each.least[name])})"
            for name, amount in each.idle.items()
            if amount
        ]
        if beyond:
            yield (
                f"{each.role}: limits are those of a whole cluster, so its smallest server counts; beyond that one the "
                f"others have idle, all together: {', '.join(beyond)}"
            )


def _budgeted(catalogue: Catalogue, role: str, found: list[Budget], disks: str) -> Iterator[str]:
    disk = catalogue.disk
    without = [each.machine for each in found if not each.fits]
    if disk is None or without:
        yield (
            f"{role}: the storage of {_some(without)} is too small for programs, log and data of an OBServer, so no "
            "disk budget is given"
        )
        return
    data = [each.data for each in found if each.data is not None]
    text = f"{role}: memory_limit {_gb(found[0].memory_limit, Kind.MEMORY)}"
    text += f", log disk {_gb(found[0].log, Kind.STORAGE)}, {disk.log_factor} times that"
    if len(data) == len(found):
        text += f"; {_gb(min(data), Kind.STORAGE)} or more are left for data on each server"
    yield text
    capped = [each.machine for each in found if each.capped]
    if capped:
        yield f"{role}: memory_limit is below what the memory allows, because the storage of {_some(capped)} ends it"
    explicit = [each.machine for each in found if each.explicit]
    if explicit and disks == SAME:
        default = f"{float(disk.same.log * 100):g} %"
        yield f"{role}: set log_disk_size, for the default of {default} of the disk is less on {_some(explicit)}"


@dataclass(frozen=True)
class _Own:
    """An OBServer by itself, before its cluster counts: its part of what the others leave, in bytes."""

    machine: str
    role: str
    storage: int | None
    room: int
    capped: bool

    def budget(self, disk: Disk, disks: str, limit: int) -> Budget:
        for_log = log(disk, limit)
        data, explicit = None, False
        if self.storage is not None:
            data = max(0, usable(disk, self.storage, disks) - for_log)
            explicit = disks == SAME and share(rest(disk, self.storage), disk.same.log) < for_log
        return Budget(
            self.machine, self.role, self.room, self.capped, limit, disk.home, disk.slog, for_log, data, explicit
        )


def _own(disk: Disk, server: Assignment, disks: str) -> Iterator[_Own]:
    roles = list(dict.fromkeys(role for role in server.roles if kind_of(role) == disk.role))
    if not roles:
        return
    memory, storage = (_left(disk, server, name) for name in ("memory", "storage"))
    if memory is None:
        return
    own = share(memory, disk.memory_share)
    most = own if storage is None else by_storage(disk, storage, disks)
    for role in roles:
        yield _Own(server.name, role, storage, min(own, most), most < own)


def _left(disk: Disk, server: Assignment, resource: str) -> int | None:
    """Return what the other roles of a server leave of a resource for each OBServer on it."""
    capacity = server.machine.capacity.get(resource)
    if capacity is None:
        return None
    others = sum(needs.get(resource, 0) for role, needs in server.used_by.items() if kind_of(role) != disk.role)
    observers = sum(kind_of(role) == disk.role for role in server.roles)
    return max(0, capacity - others) // observers


def _gb(amount: int, kind: Kind) -> str:
    """Return an amount rounded down to whole GB, for a sentence: the exact one is in the budget."""
    return show(amount // _GB[kind] * _GB[kind], kind)


_GB = {Kind.MEMORY: 2**30, Kind.STORAGE: 10**9}


def _amount(catalogue: Catalogue, name: str, amount: int) -> str:
    if catalogue.resources[name].kind is Kind.CPU:
        return f"{_plain(catalogue, name, amount)} cores"
    return f"{_plain(catalogue, name, amount)} of {name}"


def _plain(catalogue: Catalogue, name: str, amount: int) -> str:
    kind = catalogue.resources[name].kind
    return _gb(amount, kind) if kind in _GB else show(amount, kind)


def _some(names: list[str]) -> str:
    if len(names) <= NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more"
