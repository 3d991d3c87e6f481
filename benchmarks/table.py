"""Write the tables of README.md from the results that are kept: no number in them is typed by hand."""

import csv
from collections.abc import Iterator
from pathlib import Path

from benchmarks import certificate, million, obvious, offers, racks, scaling, small
from benchmarks.measure import RESULTS, Run, median, recorded

README = Path(__file__).with_name("README.md")


def main() -> None:
    """Replace each table, between its marks in the README."""
    text = README.read_text()
    tables = {
        "obvious": _obvious(),
        "million": _processes("million", million.RATIO),
        "small": _processes("small", small.RATIO),
        "scaling": _scaling(),
        "racks": _racks(),
        "certificate": _certificate(),
        "offers": _offers(),
        "aws": _aws(),
    }
    for name, lines in tables.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = text.partition(start)
        text = before + start + "\n".join(lines) + "\n" + end + rest.partition(end)[2]
    README.write_text(text)


def _instances(question: str) -> Iterator[tuple[str, list[Run]]]:
    runs = recorded(question)
    for instance in dict.fromkeys(run.instance for run in runs):
        yield instance, [run for run in runs if run.instance == instance]


def _obvious() -> Iterator[str]:
    yield "| rival, pool | optimum, in hundredths | obplace | first call | rival | it proved | ratio | target | date |"
    yield "|---|--:|--:|--:|--:|---|--:|--:|---|"
    for instance, runs in sorted(_instances("obvious"), key=lambda each: (each[1][0].rows, each[0])):
        rival = next(run for run in runs if not run.who.startswith("obplace"))
        best = next(run.value for run in runs if run.who == "obplace")
        ours, theirs = median(runs, "obplace", "seconds"), median(runs, rival.who, "seconds")
        first = median(runs, "obplace, first call", "seconds")
        proved = "the same optimum" if rival.status == "optimal" else f"{rival.status}, bound {rival.bound}"
        target = obvious.TARGETS.get((rival.who, rival.rows))
        yield (
            f"| {instance} | {best} | {ours:.3f} s | {first:.3f} s | {theirs:.1f} s | {proved} "
            f"| {'' if rival.status == 'optimal' else '> '}{theirs / ours:,.0f} "
            f"| {'' if target is None else f'{target:,}'} | {rival.date} |"
        )


def _racks() -> Iterator[str]:
    yield "| pool | rules | CPU | plain | ratio | target | date |"
    yield "|---|---|--:|--:|--:|--:|---|"
    for instance, runs in _instances("racks"):
        plain = median(runs, racks.PLAIN)
        for who in dict.fromkeys(run.who for run in runs if run.who != racks.PLAIN):
            ours = median(runs, who)
            yield (
                f"| {instance}, {runs[0].rows:,} rows | {who} | {ours:.2f} s | {plain:.2f} s | {ours / plain:.2f} "
                f"| {racks.RATIO} | {runs[0].date} |"
            )


def _certificate() -> Iterator[str]:
    yield "| question | what | CPU | against | CPU | ratio | target | date |"
    yield "|---|---|--:|---|--:|--:|--:|---|"
    pairs = (
        ("with a certificate", "without a proof", certificate.MADE),
        ("obplace verify", "pandas.read_csv", certificate.CHECKED),
    )
    for instance, runs in _instances("certificate"):
        for who, rival, target in pairs:
            ours, theirs = median(runs, who), median(runs, rival)
            yield (
                f"| {instance}, {runs[0].rows:,} rows | {who} | {ours:.2f} s | {rival} | {theirs:.2f} s "
                f"| {ours / theirs:.2f} | {target} | {runs[0].date} |"
            )


def _offers() -> Iterator[str]:
    yield "| offers | CPU | peak | as a pool | ratio | target | date |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    for instance, runs in _instances("offers"):
        plain = median(runs, offers.POOL)
        for who in offers.OFFERS:
            ours = median(runs, who)
            peak = max(run.peak_mb or 0 for run in runs if run.who == who)
            yield (
                f"| {instance}, {who} | {ours:.2f} s | {peak:.0f} MB | {plain:.2f} s | {ours / plain:.2f} "
                f"| {offers.RATIO} | {runs[0].date} |"
            )


def _aws() -> Iterator[str]:
    yield "| level | asked | servers | types | storage | USD a month | proof |"
    yield "|---|---|--:|---|--:|--:|---|"
    with (RESULTS / "aws.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            proof = f"{row['proof']}, at least {float(row['bound']):,.2f}"
            yield (
                f"| {row['level']} | {row['asked']} | {row['servers']} | {row['types']} "
                f"| {int(row['storage_gb']):,} GB | {float(row['usd_month']):,.2f} | {proof} |"
            )


def _processes(question: str, target: float) -> Iterator[str]:
    yield f"| {question} | obplace solve | peak | against | CPU | ratio | target | date |"
    yield "|---|--:|--:|---|--:|--:|--:|---|"
    for instance, runs in _instances(question):
        (rival,) = {run.who for run in runs} - {"obplace solve"}
        ours, theirs = median(runs, "obplace solve"), median(runs, rival)
        peak = max(run.peak_mb or 0 for run in runs if run.who == "obplace solve")
        yield (
            f"| {instance}, {runs[0].rows:,} rows | {ours:.2f} s | {peak:.0f} MB | {rival} | {theirs:.2f} s "
            f"| {ours / theirs:.2f} | {target} | {runs[0].date} |"
        )


def _scaling() -> Iterator[str]:
    yield "| rows | CPU | past start-up | peak | date |"
    yield "|--:|--:|--:|--:|---|"
    runs = recorded("scaling")
    sizes = sorted({run.rows for run in runs})
    total = {rows: median((run for run in runs if run.rows == rows), "obplace solve") for rows in sizes}
    for rows in sizes:
        peak = max(run.peak_mb or 0 for run in runs if run.rows == rows)
        past = total[rows] - total[scaling.START]
        yield f"| {rows:,} | {total[rows]:.3f} s | {past:.3f} s | {peak:.0f} MB | {runs[0].date} |"
    clear = scaling.clear(total)
    yield ""
    yield f"Slope {scaling.slope(clear):.2f} from {min(clear):,} to {max(clear):,} rows; target {scaling.SLOPE}."


if __name__ == "__main__":
    main()
