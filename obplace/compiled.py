"""Loops that neither numpy nor a solver can do, made machine code; loaded only where they are run."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """Compile a function at its first call; it runs in many threads at once, and is kept for the next process."""
    try:
        return cast(Loop, njit(cache=True, nogil=True)(loop))
    except RuntimeError:  # there is no directory to keep it in
        return cast(Loop, njit(nogil=True)(loop))
