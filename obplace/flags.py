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
    from obplace.problem import Problem

Value = TypeVar("Value")
Many = list[str] | None

PoolFile = Annotated[str, Argument(metavar="POOL", help="CSV, TSV, JSON, XLSX or Parquet; - is standard input.")]


@dataclass(frozen=True)
class Question:
    """What a command line asks: a deployment by a catalogue, and how its pool is to be read."""

    catalogue: Catalogue
    deployment: Deployment
    skip_bad_rows: bool
    encoding: str | None
    decimal: str | None

    def by(self, catalogue: str, deployment: Deployment) -> Question:
        """Return the question of a plan: its deployment, by the catalogue that it names."""
        from obplace.catalogue import load

        book = self.catalogue if self.catalogue.name == catalogue else load(catalogue)
        return replace(self, catalogue=book, deployment=deployment)

    def over(self, pool: str) -> Problem:
        """Return the problem over the pool in that file; '-' is standard input."""
        from obplace.pool import Pool
        from obplace.pose import pose

        table = Pool.read(
            pool,
            self.catalogue.kinds,
            skip_bad=self.skip_bad_rows,
            encoding=self.encoding,
            decimal=self.decimal,
        )
        return pose(self.catalogue, self.deployment, table)


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
    role: Annotated[Many, Option(metavar="ROLE=N", help="Copies of a role; 0 leaves it out.")] = None,
    extra: Annotated[Many, Option("--with", metavar="ROLES", help="Optional roles: oms,odc.")] = None,
    minimize: Annotated[
        str, Option(metavar="ORDER", help="servers, cost or cost,servers; the first counts most.")
    ] = "",
    spread: Annotated[
        Many, Option(metavar="ROLE=LEVEL[:D]", help="In exactly D domains, evenly: observer=zone, odp=rack:2.")
    ] = None,
    included: Annotated[Many, Option(metavar="GUEST:HOST", help="The host's minimum holds the guest's.")] = None,
    minimum: Annotated[Many, Option(metavar="ROLE.RESOURCE=Q", help="observer.memory=512GB")] = None,
    pin: Annotated[Many, Option(metavar="ROLE=MACHINE", help="The role runs there.")] = None,
    ban: Annotated[Many, Option(metavar="MACHINE", help="Nothing runs there.")] = None,
    spare: Annotated[Many, Option(metavar="ROLE=N", help="N of its machines may fail and the counts hold.")] = None,
    headroom: Annotated[str | None, Option(metavar="PCT", help="Share of each capacity that stays free: 20%.")] = None,
    tolerance: Annotated[Many, Option(metavar="RESOURCE=PCT", help="Accept that much less: memory=2%.")] = None,
    waive: Annotated[Many, Option(metavar="RESOURCES", help="Do not check these: nic,storage_class.")] = None,
    reuse: Annotated[bool, Option("--reuse", help="Use machines that run something now, as if free.")] = False,
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

    pairs = _Pairs()
    asked = Deployment(
        level=level,
        preset=preset,
        roles=pairs.one("--role", role, "ROLE=N", int),
        extra=names(",".join(extra or ())),
        minimize=names(minimize),
        spread=pairs.one("--spread", spread, "ROLE=LEVEL[:D]", str),
        included=names(",".join(included or ())),
        minimum=pairs.one("--minimum", minimum, "ROLE.RESOURCE=QUANTITY", str),
        pin=pairs.many("--pin", pin, "ROLE=MACHINE"),
        ban=tuple(ban or ()),
        spare=pairs.one("--spare", spare, "ROLE=N", int),
        headroom=headroom,
        tolerance=pairs.one("--tolerance", tolerance, "RESOURCE=PERCENT", str),
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
    return Question(load(catalogue or named or DEFAULT), asked, skip_bad_rows, encoding, decimal)


class _Pairs:
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
