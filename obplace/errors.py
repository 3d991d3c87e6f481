"""What obplace raises: one base to catch, one child for each side that can be wrong."""

from collections.abc import Sequence


class ObplaceError(Exception):
    """Base of all errors that a caller can cause or meet; the message is written for people.

    Parameters
    ----------
    problems
        One complete message for each thing that is wrong: all of them at once, in the order of the input.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class DataError(ObplaceError):
    """The content of a file or a frame is wrong."""


class UsageError(ObplaceError):
    """A flag, an argument or a value given by the caller is wrong."""


class InternalError(ObplaceError):
    """Obplace contradicts itself, for example a plan that its own verifier refuses; please report it."""
