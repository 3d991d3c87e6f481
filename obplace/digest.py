"""Numbers for what a solve reads: equal kernels have equal ones, whatever words they come from."""

from hashlib import blake2b

from obplace.kernel import Kernel
from obplace.pool import Pool
from obplace.rules import Apart, Ban, Beside, PerMachine, Where


def kernel_digest(kernel: Kernel) -> str:
    """Return 32 hexadecimal digits for all that decides the plan of a kernel.

    Filters are left out, as their work is done: the kernel has no machine and no pattern that they forbid. So is how
    large a machine has to be.
    """
    problem = kernel.problem
    rules = [
        rule
        for rule in problem.rules
        if not isinstance(rule, Ban | Where | Beside | PerMachine)
        and not (isinstance(rule, Apart) and rule.level is None)
    ]
    patterns = [(each.roles, each.needs, each.zone, each.grades, each.disk) for each in kernel.patterns]
    classes = [(each.patterns, sorted(each.domains.items()), each.named, each.slots) for each in kernel.classes]
    read = (patterns, classes, rules, problem.objectives, dict(problem.counts), problem.zoned, problem.new_zones)
    return blake2b(repr(read).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def pool_digest(pool: Pool) -> str:
    """Return 32 hexadecimal digits for the rows of a pool, in their order."""
    digest = blake2b(digest_size=16)
    for batch in pool:
        for column in (batch.hashes, batch.price, batch.priced, batch.usable):
            digest.update(column.tobytes())
        for name in sorted(pool.columns & batch.known):
            held = batch.column(name)
            digest.update(repr((name, held.values)).encode("utf-8", "surrogatepass"))
            digest.update(held.codes.tobytes())
    return digest.hexdigest()
