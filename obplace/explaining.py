"""The command `explain`: why there is no plan and what to change, or why the plan is as it is."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from obplace.answering import answer, solved, tell
from obplace.console import Figure, Format, Output, check_figure, command, form_of, write_out
from obplace.errors import UsageError
from obplace.flags import PoolFile, Question, upgrades

if TYPE_CHECKING:
    from obplace.result import Result


@command
def explain(
    asked: Question,
    pool: PoolFile = None,
    conflicts: Annotated[int, typer.Option(metavar="N", min=1, help="So many of what cannot hold together.")] = 1,
    repairs: Annotated[int, typer.Option(metavar="N", min=1, help="So many, and the best of each kind.")] = 3,
    prefer: Annotated[
        str, typer.Option(metavar="ORDER", help="What to give first: money,near,spread,level,counts.")
    ] = "",
    near: Annotated[str, typer.Option(metavar="PCT", help="A machine short by that much may be accepted.")] = "5%",
    upgrade: Annotated[
        list[str] | None, typer.Option(metavar="RESOURCE=PRICE", help="Of one GB or core more: memory=4.50.")
    ] = None,
    slack: Annotated[bool, typer.Option("--slack", help="Repairs first that outlive the loss of a server.")] = False,
    repair: Annotated[int, typer.Option(metavar="K", min=1, help="The one that --save-deployment writes.")] = 1,
    save_deployment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what a repair asks as a file for -d.")
    ] = None,
    prices: Annotated[bool, typer.Option("--prices", help="What more costs at least, less saves at most.")] = False,
    machine: Annotated[
        list[str] | None, typer.Option(metavar="M", help="Why it is in the plan or not, and what it would have to be.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="M[,M]", help="What if these were gone; once for each scenario.")
    ] = None,
    with_role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=N", help="What if so many copies were asked: odp=4.")
    ] = None,
    with_minimum: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE.RESOURCE=Q", help="What if a copy needed so much: observer.memory=512GB."),
    ] = None,
    sensitivity: Annotated[
        bool,
        typer.Option("--sensitivity", help="What a copy, a machine or a rule more or less does; prices of machines."),
    ] = False,
    form: Annotated[Format | None, typer.Option("--format", help="table, json or markdown.")] = None,
    output: Output = None,
    figure: Figure = None,
) -> int:
    """Say why there is no plan and what to change; with --prices, --machine and the like, why the plan is as it is.

    With --offers it asks why the pool alone has none, and what to buy is told among what to change.
    """
    form = form_of(form, output)
    if form is Format.CSV:
        raise UsageError("an explanation has no form as csv, expected table, json or markdown")
    different = (without or [], with_role or [], with_minimum or [])
    if prices + sensitivity + any(different) > 1:
        raise UsageError("--prices, --sensitivity and what if are three answers: ask one after the other")
    if figure is not None and not sensitivity:
        raise UsageError("--figure draws what --sensitivity finds: say so too")
    check_figure(figure)
    if prices or sensitivity or machine or any(different):
        from obplace.lot import only_listed
        from obplace.scenarios import scenarios
        from obplace.solver import Solver

        problem = asked.over(pool)
        words = scenarios(problem.pool, *different)
        if sensitivity or (machine and not prices):
            only_listed(problem, "what swings a plan" if sensitivity else "why a machine is in the plan or not")
        result = solved(problem, Solver())
        if result.plan is None:
            return answer(result, form, output)
        to_file = output is not None
        if sensitivity:
            return _swings(result, machine or [], form, output, figure)
        if prices:
            from obplace.worded import written as priced
            from obplace.worth import worth

            write_out(priced(worth(result, machine or ()), form, to_file), output)
        else:
            from obplace.weighed import weigh
            from obplace.weighed import written as weighed

            write_out(weighed(weigh(result, machine or (), words), form, to_file), output)
        return 0
    from obplace.ask import wish
    from obplace.command_line import Files
    from obplace.explained import written
    from obplace.explanation import explanation

    wished = wish(prefer, near, upgrades(upgrade), repairs, slack)
    table, offers = asked.both(pool)
    for read in (table, None if offers is None else offers.table):
        if read is not None:
            tell(read)
    told = explanation(asked.catalogue, asked.deployment, table, conflicts, wished, offers)
    files = Files(pool, asked.offers, asked.named)
    write_out(written(told, form, files, to_file=output is not None), output)
    if save_deployment is not None:
        if repair > len(told.repairs):
            raise UsageError(f"--repair {repair}: there are {len(told.repairs)} repairs")
        from obplace.deployment_form import write

        write_out(write(asked.catalogue.name, told.repairs[repair - 1].deployment), save_deployment)
    return 0


def _swings(result: "Result", machines: list[str], form: Format, output: Path | None, figure: Path | None) -> int:
    """Write what changes of a copy, a machine or a rule do, and draw it where that is wanted."""
    from obplace.swings import sensitivity
    from obplace.swung import written

    found = sensitivity(result, machines)
    write_out(written(found, form, output is not None), output)
    if figure is not None:
        from obplace.report import plot_sensitivity, write_picture

        write_picture(partial(plot_sensitivity, found), figure)
    return 0
