"""The flags that say what is asked: the words of a deployment, the same for every command that reads a pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, TypeVar

from typer import Argument, Option

from obplace.errors import UsageError

if TYPE_CHECKING:
    from obplace.catalogue import Catalogue
    from obplace.deployment import Deployment
    from obplace.pool import Offers, Pool
    from obplace.problem import Problem

Value = TypeVar("Value")
Many = list[str] | None

PoolFile = Annotated[
    str | None,
    Argument(metavar="POOL", help="CSV, TSV, JSON, XLSX or Parquet; - is standard input. Not needed with --offers."),
]


@dataclass(frozen=True)
class Question:
    """What a command line asks: a deployment by a catalogue, as it is ``named``, and how its pool is to be read."""

    catalogue: Catalogue
    named: str | None
    deployment: Deployment
    skip_bad_rows: bool
    encoding: str | None
    decimal: str | None
    offers: str | None = None

    def by(self, catalogue: str, deployment: Deployment) -> Question:
        """Return the question of a plan: its deployment, by the catalogue that it names."""
        from obplace.catalogue import load

        book = self.catalogue if self.catalogue.name == catalogue else load(catalogue)
        return replace(self, catalogue=book, deployment=deployment)

    def over(self, pool: str | None) -> Problem:
        """Return the problem over the pool in that file, '-' being standard input, and over what can be bought."""
        from obplace.pose import pose

        return pose(self.catalogue, self.deployment, *self.both(pool))

    def both(self, pool: str | None) -> tuple[Pool | None, Offers | None]:
        """Return the pool in that file, '-' being standard input, and what can be bought; one of them may be none."""
        from obplace.pool import Offers

        if pool is None and self.offers is None:
            raise UsageError("nothing to choose from: give a POOL, or --offers FILE, or both")
        offers = None
        if self.offers is not None:
            kinds, skip = self.catalogue.kinds, self.skip_bad_rows
            offers = Offers.read(self.offers, kinds, skip_bad=skip, encoding=self.encoding, decimal=self.decimal)
        return None if pool is None else self.read(pool), offers

    def read(self, pool: str) -> Pool:
        """Return the pool in that file; '-' is standard input."""
        from obplace.pool import Pool

        return Pool.read(
            pool,
            self.catalogue.kinds,
            skip_bad=self.skip_bad_rows,
            encoding=self.encoding,
            decimal=self.decimal,
        )


def question(
    deployment: Annotated[
        str | None, Option("-d", "--deployment", metavar="FILE", help="A file with these words; flags go before it.")
    ] = None,
    catalogue: Annotated[
        str | None, Option(metavar="NAME|FILE", help="One that ships (default oceanbase-4.1), or a file.")
    ] = None,
    level: Annotated[
        str | None, Option(help="One of the catalogue's: functional (the default) or performance.")
    ] = None,
    preset: Annotated[str | None, Option(help="A deployment that the catalogue names, such as minimum.")] = None,
    topology: Annotated[
        Many, Option(metavar="NAME[:N]", help="Where zones lie, N servers in each: three-idcs:2, or 2-2-2.")
    ] = None,
    role: Annotated[
        Many, Option(metavar="ROLE=N", help="Copies of a role, or a range 3..5, 3.., ..5; 0 leaves it out.")
    ] = None,
    extra: Annotated[Many, Option("--with", metavar="ROLES", help="Optional roles: oms,odc.")] = None,
    total: Annotated[Many, Option(metavar="ROLE+ROLE=N", help="Copies together, a number or a range.")] = None,
    ratio: Annotated[
        Many, Option(metavar="ROLE:OTHER=A/B", help="A copies at least for every B: odp:observer=1/2.")
    ] = None,
    either: Annotated[Many, Option(metavar="ROLE:ROLE", help="Exactly one of these roles runs.")] = None,
    minimize: Annotated[
        str, Option(metavar="ORDER", help="servers, cost, alike or cost,servers; the first counts most.")
    ] = "",
    zones: Annotated[
        Many, Option(metavar="ROLE=RxN", help="In R zones, N copies each; a blank zone is for the plan to give.")
    ] = None,
    layout: Annotated[
        Many, Option(metavar="ROLE.LEVEL=Z", help="Zones in each domain, in any order: observer.idc=2-2-1.")
    ] = None,
    survive: Annotated[
        Many, Option(metavar="ROLE=LEVEL", help="Its majority outlives any one domain: observer=idc.")
    ] = None,
    spread: Annotated[
        Many, Option(metavar="ROLE=LEVEL[:D]", help="In exactly D domains, evenly: observer=zone, odp=rack:2.")
    ] = None,
    limit: Annotated[Many, Option(metavar="ROLE.LEVEL=K", help="At most K copies in any domain: odp.rack=1.")] = None,
    across: Annotated[Many, Option(metavar="ROLE.LEVEL=D", help="In at least D domains: odp.idc=2.")] = None,
    apart: Annotated[
        Many, Option(metavar="ROLE:ROLE[:LEVEL]", help="Never on one machine, or in one domain of a level.")
    ] = None,
    together: Annotated[Many, Option(metavar="ROLE:OTHER", help="Each server with ROLE runs OTHER too.")] = None,
    every: Annotated[
        Many, Option(metavar="AGENT:ROLE", help="An agent on every server with ROLE, or AGENT:any.")
    ] = None,
    share: Annotated[Many, Option(metavar="GUEST:HOST", help="May share a server; their needs add up.")] = None,
    included: Annotated[Many, Option(metavar="GUEST:HOST", help="The host's minimum holds the guest's.")] = None,
    where: Annotated[
        Many, Option(metavar="ROLE.COLUMN=V|V", help="Only on such arch, os or tags: odp.tags=edge, odp.os=!el7.")
    ] = None,
    same: Annotated[
        Many, Option(metavar="ROLE.COLUMN=all", help="Its machines agree in arch or os: all, in each LEVEL, any.")
    ] = None,
    alike: Annotated[
        Many, Option(metavar="ROLE.RESOURCE=Q", help="How far its machines may differ: observer.memory=64GB, 10%, any.")
    ] = None,
    minimum: Annotated[Many, Option(metavar="ROLE.RESOURCE=Q", help="observer.memory=512GB")] = None,
    size: Annotated[
        Many, Option(metavar="MEASURE=N", help="Size roles by what they serve: hosts=120, users=50, connections=20000.")
    ] = None,
    observers_for: Annotated[
        str | None, Option(metavar="VOLUME", help="As many OBServers a zone as hold that much data: 8TB.")
    ] = None,
    growth: Annotated[str | None, Option(metavar="PCT", help="By how much that data grows: 30%.")] = None,
    disks: Annotated[
        str | None, Option(metavar="same|separate", help="Keep a disk budget: data and log of OBServers on one or two.")
    ] = None,
    budget: Annotated[str | None, Option(metavar="AMOUNT", help="The most that all servers may cost.")] = None,
    horizon: Annotated[
        int | None, Option(metavar="MONTHS", min=1, help="Months over which running costs count, with --offers.")
    ] = None,
    pin: Annotated[Many, Option(metavar="ROLE=MACHINE", help="The role runs there.")] = None,
    ban: Annotated[Many, Option(metavar="MACHINE", help="Nothing runs there.")] = None,
    spare: Annotated[Many, Option(metavar="ROLE=N", help="N of its machines may fail and the counts hold.")] = None,
    headroom: Annotated[str | None, Option(metavar="PCT", help="Share of each capacity that stays free: 20%.")] = None,
    tolerance: Annotated[Many, Option(metavar="RESOURCE=PCT", help="Accept that much less: memory=2%.")] = None,
    grant: Annotated[
        Many, Option(metavar="MACHINE.RESOURCE=Q", help="Count a machine as having that much: srv-1.memory=256GB.")
    ] = None,
    waive: Annotated[Many, Option(metavar="RESOURCES", help="Do not check these: nic,storage_class,ports.")] = None,
    reuse: Annotated[bool, Option("--reuse", help="Use machines that run something now, as if free.")] = False,
    offers: Annotated[
        str | None, Option(metavar="FILE", help="What can be bought: machine types with price, stock and places.")
    ] = None,
    skip_bad_rows: Annotated[
        bool, Option("--skip-bad-rows", help="List the rows that cannot be read and go on without them.")
    ] = False,
    encoding: Annotated[str | None, Option(help="Of a text file where it cannot be told, such as gb18030.")] = None,
    decimal: Annotated[str | None, Option(metavar="MARK", help="Decimal mark of a text file: . or ,")] = None,
) -> Question:
    """Return what the flags ask; every flag that cannot be read is named."""
    from obplace.ask import names
    from obplace.catalogue import DEFAULT, load
    from obplace.deployment import Deployment

    pairs = Pairs()
    asked = Deployment(
        level=level,
        preset=preset,
        topology=names(",".join(topology or ())),
        roles=pairs.one("--role", role, "ROLE=N", number_or_range),
        extra=names(",".join(extra or ())),
        total=pairs.one("--total", total, "ROLE+ROLE=N", number_or_range),
        ratio=pairs.one("--ratio", ratio, "ROLE:OTHER=A/B", str),
        either=names(",".join(either or ())),
        minimize=names(minimize),
        zones=pairs.one("--zones", zones, "ROLE=RxN", str),
        layout=pairs.one("--layout", layout, "ROLE.LEVEL=2-2-1", str),
        survive=pairs.one("--survive", survive, "ROLE=LEVEL", str),
        spread=pairs.one("--spread", spread, "ROLE=LEVEL[:D]", str),
        limit=pairs.one("--limit", limit, "ROLE.LEVEL=K", int),
        across=pairs.one("--across", across, "ROLE.LEVEL=D", int),
        apart=names(",".join(apart or ())),
        together=names(",".join(together or ())),
        every=names(",".join(every or ())),
        share=names(",".join(share or ())),
        included=names(",".join(included or ())),
        where=pairs.one("--where", where, "ROLE.COLUMN=VALUE", str),
        same=pairs.one("--same", same, "ROLE.COLUMN=all", str),
        alike=pairs.one("--alike", alike, "ROLE.RESOURCE=QUANTITY", str),
        minimum=pairs.one("--minimum", minimum, "ROLE.RESOURCE=QUANTITY", str),
        size=pairs.one("--size", size, "MEASURE=N", int),
        observers_for=observers_for,
        growth=growth,
        disks=disks,
        budget=budget,
        horizon=horizon,
        pin=pairs.many("--pin", pin, "ROLE=MACHINE"),
        ban=tuple(ban or ()),
        spare=pairs.one("--spare", spare, "ROLE=N", int),
        headroom=headroom,
        tolerance=pairs.one("--tolerance", tolerance, "RESOURCE=PERCENT", str),
        grant=pairs.last("--grant", grant, "MACHINE.RESOURCE=QUANTITY"),
        waive=names(",".join(waive or ())),
        reuse=reuse,
    )
    if pairs.wrong:
        raise UsageError(pairs.wrong)
    named = None
    if deployment is not None:
        from obplace.deployment_form import read

        named, base = read(deployment)
        asked = asked.over(base)
    named = catalogue or named
    return Question(load(named or DEFAULT), named, asked, skip_bad_rows, encoding, decimal, offers)


def number_or_range(text: str) -> int | str:
    """Return a number as one, and a range such as 3..5 as it stands.

    Raises
    ------
    ValueError
        It is neither.
    """
    return text if ".." in text else int(text)


def upgrades(texts: Sequence[str] | None) -> dict[str, str]:
    """Return the price by resource of ``--upgrade RESOURCE=PRICE``."""
    pairs = Pairs()
    found = pairs.one("--upgrade", texts, "RESOURCE=PRICE", str)
    if pairs.wrong:
        raise UsageError(pairs.wrong)
    return found


class Pairs:
    """Read flags of the form KEY=VALUE, several in one with commas, and collect what is wrong with them."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def one(self, flag: str, texts: Sequence[str] | None, form: str, read: Callable[[str], Value]) -> dict[str, Value]:
        """Return one value by key; a key that comes twice is an error."""
        answer: dict[str, Value] = {}
        for text in ",".join(texts or ()).split(","):
            key, equals, value = (part.strip() for part in text.partition("="))
            if not text.strip():
                continue
            if key in answer:
                self.wrong.append(f"{flag} {key} is given twice")
            try:
                if not (key and equals and value):
                    raise ValueError
                answer[key] = read(value)
            except ValueError:
                self.wrong.append(f"{flag} {text!r}, expected {form}")
        return answer

    def last(self, flag: str, texts: Sequence[str] | None, form: str) -> dict[str, str]:
        """Return one value by key, a text each; the key may hold any character, so the last mark divides them."""
        answer: dict[str, str] = {}
        for text in texts or ():
            key, equals, value = (part.strip() for part in text.rpartition("="))
            if key in answer:
                self.wrong.append(f"{flag} {key} is given twice")
            elif key and equals and value:
                answer[key] = value
            else:
                self.wrong.append(f"{flag} {text!r}, expected {form}")
        return answer

    def many(self, flag: str, texts: Sequence[str] | None, form: str) -> dict[str, tuple[str, ...]]:
        """Return the values of each key, in order; a value may hold any character, so commas are its own."""
        answer: dict[str, tuple[str, ...]] = {}
        for text in texts or ():
            key, equals, value = (part.strip() for part in text.partition("="))
            if key and equals and value:
                answer[key] = (*answer.get(key, ()), value)
            else:
                self.wrong.append(f"{flag} {text!r}, expected {form}")
        return answer
