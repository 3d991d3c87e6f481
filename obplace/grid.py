"""A grid of scenarios: each is a question that differs from the others in a few words, in prices, or in what is lost.

A scenario says by name what is different: a field of `Deployment` (``level``), an entry of one (``roles.observer``),
``price``, or ``lost``.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError
from obplace.pool import Batch, Pool

Value = str | int | bool | tuple[str, ...]
Scenario = Mapping[str, Value]

SCHEMA: Final = "obplace.sweep/1"
NOTHING: Final = "nothing"
PRICE: Final = "price"
LOST: Final = "lost"
SELECTING: Final = ("arch", "os")  # besides the levels of domains
_BLANK: Final = Deployment()
_FIELDS: Final = {each.name: getattr(_BLANK, each.name) for each in fields(Deployment) if each.compare}


def read_grid(path: Path) -> Mapping[str, Any]:
    """Return the grid of a file in TOML.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is no grid; every fault is listed.
    """
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path.name} is not TOML: {error}") from None
    wrong = [
        f"{path.name}: unknown key '{key}', expected schema and [grid]" for key in held.keys() - {"schema", "grid"}
    ]
    if held.get("schema") != SCHEMA:
        wrong.append(f"{path.name}: schema is {held.get('schema')!r}, expected '{SCHEMA}'")
    if not isinstance(held.get("grid"), dict):
        wrong.append(f"{path.name} has no table [grid]")
    if wrong:
        raise DataError(sorted(wrong))
    grid: Mapping[str, Any] = held["grid"]
    return grid


def scenarios(grid: Mapping[str, Any], pool: Pool) -> list[Scenario]:
    """Return the scenarios of a grid: every combination of its values, the last named varying first.

    ``lost`` may be a level: then nothing and each of its domains is lost in turn.

    Raises
    ------
    UsageError
        The grid is empty, or names what cannot differ; every fault is listed.
    """
    wrong: list[str] = []
    axes: dict[str, list[Value]] = {}
    for name, values in _flat(grid):
        if name == LOST and isinstance(values, str):
            values = _domains(pool, values, wrong)
        if isinstance(values, str | Mapping) or not isinstance(values, Sequence):
            wrong.append(f"grid {name} is {values!r}, expected a list of values")
            continue
        axes[name] = [tuple(value) if isinstance(value, list | tuple) else value for value in values]
        wrong += _faults(name, axes[name], pool)
    if not grid:
        wrong.append("the grid is empty: name what is to differ, such as level = ['functional', 'performance']")
    if wrong:
        raise UsageError(wrong)
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def _flat(grid: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the lists of a grid by name, also those that stand in tables of a file."""
    for name, value in grid.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", value


def _domains(pool: Pool, level: str, wrong: list[str]) -> list[str]:
    if level not in pool.levels:
        wrong.append(f"grid lost is '{level}'; {pool.source} has {', '.join(pool.levels) or 'no domains'}")
        return [NOTHING]
    found = {str(name) for batch in pool for name in batch.domain(level).values if name is not None}
    return [NOTHING, *(f"{level}={name}" for name in sorted(found))]


def _faults(name: str, values: Sequence[Value], pool: Pool) -> Iterator[str]:
    """Yield what is wrong with the values that one thing takes in turn."""
    if not values:
        yield f"grid {name} is empty, expected a list of values"
    if len(set(values)) < len(values):
        yield f"grid {name} has a value twice: {', '.join(map(str, values))}"
    field, dot, _ = name.partition(".")
    if name in (PRICE, LOST):
        for value in values:
            try:
                [_mask(pool, batch, _selector(name, str(value))[0]) for batch in pool]
            except ValueError as error:
                yield f"grid {name} {value!r}: {error}"
    elif field not in _FIELDS:
        yield f"grid {name}: nothing of that name can differ; expected {PRICE}, {LOST}, {', '.join(_FIELDS)}"
    elif isinstance(_FIELDS[field], Mapping) != bool(dot):
        yield f"grid {name}: expected {field if dot else f'{field}.KEY, as in roles.observer'}"
    else:
        kinds = _kinds(field)
        for value in values:
            if type(value) not in kinds:
                yield f"grid {name} is {value!r}, expected {' or '.join(sorted(kind.__name__ for kind in kinds))}"


def _kinds(field: str) -> set[type]:
    """Return of what types a value of a field may be, or an entry of it."""
    hint = get_type_hints(Deployment)[field]
    if isinstance(_FIELDS[field], Mapping):
        hint = get_args(hint)[1]
    kinds = {each for each in (*get_args(hint), hint) if each in (str, int, bool)}
    return kinds | ({tuple} if isinstance(_FIELDS[field], tuple) or field == "pin" else set())


def deployment(base: Deployment, scenario: Scenario) -> Deployment:
    """Return the deployment of a scenario."""
    words: dict[str, Any] = {}
    for name, value in scenario.items():
        field, dot, key = name.partition(".")
        if field not in _FIELDS:
            continue
        if dot:
            held = words.get(field, getattr(base, field))
            words[field] = {**held, key: (value,) if field == "pin" and isinstance(value, str) else value}
        elif isinstance(_FIELDS[field], tuple):
            words[field] = tuple(filter(None, value.split(","))) if isinstance(value, str) else value
        else:
            words[field] = value
    return replace(base, **words)


def changed(pool: Pool, scenario: Scenario) -> Pool:
    """Return the pool of a scenario: with other prices, rounded to the pool's smallest unit, or without a domain."""
    for name in (PRICE, LOST):
        if name in scenario:
            where, factor = _selector(name, str(scenario[name]))
            pool = replace(pool, batches=tuple(_with(pool, batch, where, factor) for batch in pool))
    return pool


def _with(pool: Pool, batch: Batch, where: tuple[str, str] | None, factor: Fraction | None) -> Batch:
    mask = _mask(pool, batch, where)
    if factor is None:
        return replace(batch, usable=batch.usable & ~mask)
    distinct, places = np.unique(batch.price, return_inverse=True)
    other = np.array([round(price * factor) for price in distinct.tolist()], dtype=np.int64)[places]
    return replace(batch, price=np.where(mask, other, batch.price))


def _selector(name: str, text: str) -> tuple[tuple[str, str] | None, Fraction | None]:
    """Return which machines a change is of, (column, value) or None for all, and the factor of their price.

    Nothing lost is a column without a name.

    Raises
    ------
    ValueError
        The text is no change.
    """
    where, colon, share = text.rpartition(":") if name == PRICE else (text, "", "")
    column, equals, value = where.partition("=")
    if name == LOST:
        if text != NOTHING and not (column and equals and value):
            raise ValueError(f"expected LEVEL=DOMAIN or {NOTHING}")
        return (("", "") if text == NOTHING else (column, value)), None
    if not re.fullmatch(r"[+-]?\d{1,6}(\.\d{1,6})?%", share) or (colon and not (column and equals and value)):
        raise ValueError("expected +10%, or COLUMN=VALUE:+10%")
    factor = 1 + Fraction(share.removesuffix("%")) / 100
    if factor < 0:
        raise ValueError("no price can fall by more than 100%")
    return ((column, value) if colon else None), factor


def _mask(pool: Pool, batch: Batch, where: tuple[str, str] | None) -> NDArray[np.bool_]:
    """Return the machines of a batch that lie there, shape (machines,)."""
    if where is None:
        return np.ones(batch.size, dtype=np.bool_)
    name, wanted = where
    if not name:
        return np.zeros(batch.size, dtype=np.bool_)
    if name not in (*pool.levels, *SELECTING):
        raise ValueError(f"{pool.source} has no {name}; expected one of {', '.join((*pool.levels, *SELECTING))}")
    column = batch.domain(name) if name in pool.levels else batch.column(name)
    mask: NDArray[np.bool_] = np.array([value == wanted for value in column.values], dtype=np.bool_)[column.codes]
    return mask
