"""What every command shares: exit codes, errors as messages, where and how an answer is written."""

import contextlib
import functools
import inspect
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from obplace.errors import InternalError, ObplaceError, UsageError
from obplace.flags import question
from obplace.interrupts import halt, held

DATA, USAGE, NONE, LIMIT, VIOLATED, INTERNAL = 1, 2, 3, 4, 5, 70
REPORT = "this is a fault of obplace: please report it, with the command and if you can the files"

Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write there; .json, .csv and .md say how.")]

Figure = Annotated[Path | None, typer.Option("--figure", metavar="FILE", help="Draw it as .png, .svg or .pdf too.")]


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


PICTURES = (".png", ".svg", ".pdf")
SUFFIXES = {".json": Format.JSON, ".csv": Format.CSV, ".md": Format.MARKDOWN}


def command(work: Callable[..., int]) -> Callable[..., None]:
    """Make a command of a function that returns the exit code: its errors become messages.

    A parameter ``asked`` stands for all flags of `question`.
    """
    own = inspect.signature(work, eval_str=True).parameters
    flags = inspect.signature(question, eval_str=True).parameters if "asked" in own else {}

    @functools.wraps(work)
    def run(**given: Any) -> None:
        try:
            if halt.is_set():  # while this was imported
                raise KeyboardInterrupt
            if flags:
                given["asked"] = question(**{name: given.pop(name) for name in flags})
            code = work(**given)
            sys.stdout.flush()
        except ObplaceError as error:
            code = _failed(error)
        except KeyboardInterrupt:
            code = interrupted()
        except BrokenPipeError:
            # Whoever read has enough; the complaint when Python closes the pipe is kept down.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        raise typer.Exit(code)

    plain = [each for each in own.values() if each.name != "asked"]
    where = [each.name for each in plain if each.default is inspect.Parameter.empty]
    ordered = [*plain[: len(where)], *flags.values(), *plain[len(where) :]]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in ordered]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def interrupted() -> int:
    """Say so and return the exit code; nothing is imported for it, as an import may be what was interrupted."""
    typer.echo("obplace: interrupted before there was a plan", err=True)
    return LIMIT


def _failed(error: ObplaceError) -> int:
    match error:
        case InternalError():
            return say(INTERNAL, *error.problems, REPORT)
        case UsageError():
            return say(USAGE, *error.problems)
        case _:
            return say(DATA, *error.problems)


def say(code: int, *texts: str) -> int:
    """Tell people something on standard error, and return the exit code."""
    from obplace.words import plain

    for text in texts:
        typer.echo(f"obplace: {plain(text)}", err=True)
    return code


def form_of(said: Format | None, output: Path | None) -> Format:
    """Return the form that was asked for: by name, or by the name of the file."""
    if said is not None:
        return said
    return Format.TABLE if output is None else SUFFIXES.get(output.suffix.lower(), Format.JSON)


def check_figure(figure: Path | None) -> None:
    """Refuse a picture of a form that there is not, before anything is solved for it."""
    if figure is not None and figure.suffix.lower() not in PICTURES:
        raise UsageError(f"--figure is {figure}, expected a name that ends in {', '.join(PICTURES)}")


@held()
def write_out(text: str, output: Path | None) -> None:
    """Write to standard output, or to a file that is there whole or not at all."""
    if output is None or str(output) == "-":
        sys.stdout.write(text)
        return
    part = output.parent / f".{output.name}.{os.getpid()}.part"
    try:
        if output.exists() and not output.is_file():
            output.write_text(text, encoding="utf-8")  # a device is not replaced by a file, a directory refuses
            return
        part.write_text(text, encoding="utf-8")
        os.replace(part, output)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
