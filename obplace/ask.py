"""The Python door: a pool in any form and keywords in, a `Result` out; nothing printed, nothing global."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from obplace.catalogue import Catalogue, load
from obplace.deployment import Deployment
from obplace.errors import UsageError
from obplace.pool import Offers, Pool
from obplace.pose import pose
from obplace.quantity import percent
from obplace.wish import PREFER, Wish

if TYPE_CHECKING:
    from obplace.explanation import Explanation
    from obplace.result import Result

Words = str | Iterable[str]

NEAR = "5%"  # by which a machine may fall short and be accepted


class Asked(TypedDict, total=False):
    """The fields of `Deployment` as keywords: one name where it has several may be a string, with commas between."""

    level: str | None
    preset: str | None
    topology: Words
    roles: Mapping[str, int | str]
    extra: Words
    total: Mapping[str, int | str]
    ratio: Mapping[str, str]
    either: Words
    minimize: Words
    zones: Mapping[str, int | str]
    layout: Mapping[str, str]
    survive: Mapping[str, str]
    spread: Mapping[str, str]
    limit: Mapping[str, int]
    across: Mapping[str, int]
    apart: Words
    together: Words
    every: Words
    share: Words
    included: Words
    where: Mapping[str, str]
    same: Mapping[str, str]
    alike: Mapping[str, str]
    minimum: Mapping[str, str]
    size: Mapping[str, int]
    observers_for: str | None
    growth: str | None
    disks: str | None
    budget: str | None
    horizon: int | None
    pin: Mapping[str, Words]
    ban: Words
    spare: Mapping[str, int]
    headroom: str | None
    tolerance: Mapping[str, str]
    grant: Mapping[str, str]
    waive: Words
    reuse: bool
    repairs: Mapping[str, int]
    clusters: Mapping[str, Mapping[str, Any]]


def solve(
    pool: Any = None,
    *,
    offers: Any = None,
    catalogue: str | PathLike[str] | Catalogue = "oceanbase-4.1",
    skip_bad_rows: bool = False,
    time_limit: float | None = None,
    gap: float = 0.0,
    threads: int = 2,
    seed: int = 0,
    **asked: Unpack[Asked],
) -> "Result":
    """Choose the machines for a deployment and prove that no plan is better.

    Parameters
    ----------
    pool
        A DataFrame (pandas, polars, Arrow), the path of a file, or a `Pool` that was read before.
        May be left out where something can be bought.
    offers
        What can be bought: a DataFrame, the path of a file, or `Offers` that were read before.
    catalogue
        Name of a catalogue that ships, path of a file, or a `Catalogue`.
    skip_bad_rows
        Leave out rows that cannot be read, instead of raising.
    time_limit
        Seconds after which the best plan so far is the answer.
    gap
        Share of the first objective by which the plan may be worse than the bound: 0.01 is one percent.
    threads, seed
        Of the search; they change how fast a proof is found, never an optimal plan.

    **asked
        The fields of `Deployment`; where it has several names, one alone may be a string, and commas separate names
        in it.

    Returns
    -------
    Result
        With ``plan=None`` and a status where there is none.

    Raises
    ------
    DataError
        The pool, or the file of a catalogue, cannot be read; every fault is listed.
    UsageError
        A keyword asks for what does not exist or contradicts another.
    """
    # Who only reads a pool, or checks a plan, does not wait for what solves.
    from obplace.solver import Solver

    book = book_of(catalogue)
    deployment = deployment_of(asked)
    owned = None if pool is None else read_pool(pool, book, skip_bad_rows)
    problem = pose(book, deployment, owned, read_offers(offers, book, skip_bad_rows))
    return Solver(time_limit=time_limit, gap=gap, threads=threads, seed=seed).solve(problem)


def explain(
    pool: Any = None,
    *,
    offers: Any = None,
    catalogue: str | PathLike[str] | Catalogue = "oceanbase-4.1",
    skip_bad_rows: bool = False,
    conflicts: int = 1,
    most: int = 3,
    prefer: Words = (),
    near: str = NEAR,
    upgrade: Mapping[str, str] = {},
    slack: bool = False,
    **asked: Unpack[Asked],
) -> "Explanation":
    """Say why a deployment has no plan, and what to ask or do instead.

    Parameters
    ----------
    pool, offers, catalogue, skip_bad_rows
        As in `solve`. The question is put to the pool alone; a repair may buy what is on offer.
    conflicts, most
        So many conflicts, and so many repairs at most; the best repair of each kind comes besides.
    prefer
        Kinds of repairs in the order in which one would rather give them: money, near, spread, level, counts; money
        is the first or the last.
    near
        Share of a need by which a machine may fall short and be accepted.
    upgrade
        By resource: the price of one GB, core or Gbit/s more in a machine.
    slack
        Put repairs first that leave a plan after the loss of any one server.

    **asked
        The fields of `Deployment`.

    Returns
    -------
    Explanation
        Without conflicts and repairs where there is a plan.

    Raises
    ------
    DataError, UsageError
        As in `solve`.
    """
    from obplace.explanation import explanation

    book = book_of(catalogue)
    wished = wish(prefer, near, upgrade, most, slack)
    owned = None if pool is None else read_pool(pool, book, skip_bad_rows)
    sold = read_offers(offers, book, skip_bad_rows)
    return explanation(book, deployment_of(asked), owned, conflicts, wished, sold)


def wish(prefer: Words, near: str, upgrade: Mapping[str, str], most: int, slack: bool) -> Wish:
    """Return how to repair, from the words for it.

    Raises
    ------
    UsageError
        A share or price cannot be read; every one is listed.
    """
    wrong = []
    share, prices = Fraction(0), {}
    try:
        share = percent(near)
    except ValueError as error:
        wrong.append(f"near is '{near}', {error}")
    for name, text in upgrade.items():
        if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", str(text).strip()):
            prices[name] = Decimal(str(text).strip())
        else:
            wrong.append(f"upgrade {name} is '{text}', expected a price such as 4.50, with 9 decimals at most")
    if wrong:
        raise UsageError(wrong)
    return Wish(names(prefer) or PREFER, share, prices, most, slack)


def book_of(catalogue: str | PathLike[str] | Catalogue) -> Catalogue:
    """Return the catalogue of a name, or of a file."""
    if isinstance(catalogue, Catalogue):
        return catalogue
    return load(Path(catalogue) if isinstance(catalogue, PathLike) else catalogue)


def deployment_of(asked: Mapping[str, Any]) -> Deployment:
    """Return the deployment of some keywords.

    Raises
    ------
    TypeError
        There is no such keyword.
    """
    words = dict(asked)
    for field in fields(Deployment):
        if field.name in words and isinstance(field.default, tuple):
            words[field.name] = names(words[field.name])
    words["pin"] = {role: names(machines) for role, machines in (words.get("pin") or {}).items()}
    return Deployment(**words)


def read_pool(pool: Any, catalogue: Catalogue, skip_bad_rows: bool = False) -> Pool:
    """Return the pool that a path, a frame or a pool stands for."""
    if isinstance(pool, Pool):
        return pool
    if isinstance(pool, str | PathLike):
        return Pool.read(pool if isinstance(pool, str) else Path(pool), catalogue.kinds, skip_bad=skip_bad_rows)
    return Pool.from_frame(pool, catalogue.kinds, skip_bad=skip_bad_rows)


def read_offers(offers: Any, catalogue: Catalogue, skip_bad_rows: bool = False) -> Offers | None:
    """Return the offers that a path, a frame or `Offers` stand for; None stays None."""
    if offers is None or isinstance(offers, Offers):
        return offers
    if isinstance(offers, str | PathLike):
        return Offers.read(offers if isinstance(offers, str) else Path(offers), catalogue.kinds, skip_bad=skip_bad_rows)
    return Offers.from_frame(offers, catalogue.kinds, skip_bad=skip_bad_rows)


def names(words: Words) -> tuple[str, ...]:
    """Return names as a tuple; a string holds one, or several with commas between them."""
    if isinstance(words, str):
        return tuple(word.strip() for word in words.split(",") if word.strip())
    return tuple(words)
