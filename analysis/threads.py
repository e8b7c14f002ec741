"""Sums in one order, whatever machine they are made on.

Matrix products on two threads differ from those on one in their last bits, and k-means on such
rows falls otherwise: measured, a run with another number of processors gave other groups.
"""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one() -> AbstractContextManager[Any]:
    """Within it matrix products use one thread. At 10,000 opinions that costs less than 0.5 s."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache  # looking for the libraries takes some milliseconds
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
