"""Where a fleet has no plan, the command says at once what is short, by how much, and what to do."""

from pathlib import Path

import pytest

from tests.estates import catalogue, machines, table
from tests.reply import Tell

DO = "add machines, ask for fewer copies (--role) or less for each (--minimum)"


@pytest.fixture
def ask(tell: Tell, tmp_path: Path):
    """Return a function that solves the estate with some flags, and returns the reasons why there is no plan."""

    def asked(*flags: str, **changed: object) -> list[str]:
        book, pool = catalogue(tmp_path, **changed), table(tmp_path, machines())
        code, out, err = tell("solve", pool, "--catalogue", book, *flags)
        assert (code, err) == (3, "")
        first, *reasons = [line for line in out.splitlines() if line]
        assert first.startswith("no plan exists, ")
        return [reason.removeprefix("- ") for reason in reasons]

    return asked


def test_role_that_fits_nowhere_has_its_nearest_machine(ask):
    """It is named with what it needs, as in a listed problem; what it needs is not counted among the totals."""
    assert ask("--minimum", "role3.memory=100GB") == [
        (
            "no machine can run role3, which needs cpu 4, memory 100 GB; m13 comes nearest: memory is 70 GB, "
            "100 GB are needed"
        ),
        DO,
    ]


def test_banned_machine_that_would_do_is_named(ask):
    """m13 is the first that has 70 GB, m6, m20, m27 and m34 are the others."""
    banned = [flag for name in ("m6", "m13", "m20", "m27", "m34") for flag in ("--ban", name)]
    nearest, *rest = ask("--minimum", "role3.memory=70GB", *banned)

    assert nearest == (
        "no machine can run role3, which needs cpu 4, memory 70 GB; m12 comes nearest: memory is 69 GB, 70 GB are "
        "needed; nothing runs on m13, m20, m27 and 2 more, which would do"
    )
    assert rest == [f"{DO}, or loosen a rule"]


def test_every_resource_that_is_short_in_all_is_told(ask):
    """Five hundred copies of eight cores and six GB want 1.5 to 2.3 times what 40 machines have."""
    have = "the 40 machines that can run any of them have"

    assert ask("--role", "role0=500", most=500, needs={"role0": ("8", "6 GB")}) == [
        f"all copies together need cpu 4178, and {have} room for 1680: 2498 are missing",
        f"all copies together need memory 3410 GB, and {have} room for 2675 GB: 735 GB are missing",
        "all machines together have room for 200 of 500 role0, which needs cpu 8, memory 6 GB",
        DO,
    ]


def test_no_machine_for_anything(tell: Tell, tmp_path: Path):
    """Where no machine runs any role, each of them is told."""
    pool = table(tmp_path, ["m1,90,1 MB,5,r1"])
    code, out, err = tell("solve", pool, "--catalogue", catalogue(tmp_path, roles=2))

    assert (code, err) == (3, "")
    assert out.count("- no machine can run role") == 2
    assert "comes nearest: memory is 1 MB, 4 GB are needed" in out


def test_few_roles_are_told_the_same(tell: Tell, tmp_path: Path):
    """Where sets of roles can be listed, all copies need no more than all machines have either."""
    book, pool = catalogue(tmp_path, roles=2), table(tmp_path, ["m1,2,9 GB,5,r1"])
    code, out, _ = tell("solve", pool, "--catalogue", book)

    assert code == 3
    assert "- all copies together need cpu 6, and the one machine that can run any of them has room for 2: 4 are" in out


def test_what_stays_free_is_no_room(ask):
    """A fifth less of 1,680 cores are 1,344, machine by machine in whole cores 1,328."""
    assert ask("--role", "role0=1260", "--headroom", "20%", most=900)[0] == (
        "all copies together need cpu 1438, and the 40 machines that can run any of them have room for 1328 "
        "with 20% left free: 110 are missing"
    )


def test_room_is_counted_machine_by_machine(ask):
    """Of 25 cores one copy fits on each of 40 machines; in a rack of two only two run, in the others nine may."""
    needs = {"role0": ("25", "4 GB")}

    assert ask("--role", "role0=41", needs=needs)[0] == (
        "all machines together have room for 40 of 41 role0, which needs cpu 25, memory 4 GB"
    )
    banned = [flag for n in range(0, 32, 4) for flag in ("--ban", f"m{n}")]
    assert ask("--role", "role0=31", "--limit", "role0.rack=9", *banned, needs=needs) == [
        "at most 9 role0 in any one rack: machines for it lie in 4 racks, which is room for 29 of 31",
        f"{DO}, or loosen a rule",
    ]


def test_limit_without_room_is_named(ask):
    """Four racks with one each are four; the racks are named, with their machines."""
    [reason, _] = ask("--role", "role1=6", "--limit", "role1.rack=1")

    assert reason == (
        "at most 1 role1 in any one rack: machines for it lie in 4 racks: r0 (10), r1 (10), r2 (10), r3 (10), "
        "which is room for 4 of 6"
    )


def test_roles_apart_want_servers_of_their_own(ask):
    """14 + 13 + 14 servers at three copies each are one more than there are; two of the roles alone would do."""
    numbers = ["--role", "role0=40", "--role", "role1=39", "--role", "role2=42"]
    apart = ["--apart", "role0:role1", "--apart", "role1:role2", "--apart", "role2:role0"]

    assert ask(*numbers, *apart) == [
        (
            "role0, role1 and role2 share no server with one another and so need 41 of them at least, "
            "and 40 can run one of these roles"
        ),
        f"{DO}, or loosen a rule",
    ]


def test_rules_that_no_count_refutes_are_named(ask):
    """Two roles take all 40 machines, and the third may be on none of these, which only the search can see."""
    needs = {f"role{n}": ("0.1", "1 GB") for n in range(24)}
    needs |= {"role0": ("39", "60 GB"), "role1": ("39", "60 GB")}
    apart = ["--apart", "role0:role2", "--apart", "role1:role2"]
    reasons = ask("--role", "role0=20", "--role", "role1=20", *apart, needs=needs)

    assert reasons == [
        "no role is short of machines by itself; what is asked cannot hold together on this pool",
        "it has to keep these rules: role0 and role2 share no server; role1 and role2 share no server",
        f"{DO}, or loosen a rule",
    ]


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        ([], "what cannot hold together"),
        (["--machine", "m3"], "why a machine is in the plan or not"),
        (["--sensitivity"], "what swings a plan"),
    ],
)
def test_explain_says_what_it_does_not_tell(tell: Tell, tmp_path: Path, flags: list[str], what: str):
    """What takes all sets of roles is refused before anything is solved, and the command that helps is named."""
    code, out, err = tell("explain", table(tmp_path, machines()), "--catalogue", catalogue(tmp_path), *flags)

    assert (code, out) == (2, "")
    assert err == (
        f"obplace: more roles may share a machine than can be listed, and then {what} is not told: "
        "obplace solve with the same flags says what is known\n"
    )


def test_prices_of_a_fleet_are_not_taken_for_those_of_a_copy(tell: Tell, tmp_path: Path):
    """What they prove and where they stand is said instead."""
    book, pool = catalogue(tmp_path), table(tmp_path, machines())
    code, out, err = tell("explain", pool, "--catalogue", book, "--prices", "--machine", "m3")

    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert "what more or less would cost is not told: more roles may share a machine than can be listed, and" in said
    assert "prove the bound of servers and cost together, and stand in the certificate that -o FILE.json writes" in said
