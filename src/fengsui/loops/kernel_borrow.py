"""Arrays handed down inside the kernel without counting who holds them.

Compiled code counts holders of an array by atomic steps wherever one changes hands. With sixty arrays in a
few tuples that came to more than deriving a loop. An array without an owner is not counted.
"""

from collections.abc import Sequence

import numpy as np
from numba import carray
from numba.core import types
from numba.extending import intrinsic

from fengsui.loops.compiled import inner

WORDS = 4  # of an address: where the array lies, and up to three lengths


@intrinsic
def borrowed(context, held):
    """An array, or a tuple of arrays, as it is, but without owners.

    Whoever called has to hold the arrays until the end: from Python they are; made here, they have to be
    used once more after everything else.
    """

    def code(context, builder, signature, values):
        return _without_owners(context, builder, held, values[0])

    return held(held), code


def _without_owners(context, builder, kind, value):
    if isinstance(kind, types.BaseTuple):
        for i, item in enumerate(kind):
            part = _without_owners(context, builder, item, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
        return value
    array = context.make_array(kind)(context, builder, value)
    array.meminfo = array.meminfo.type(None)
    array.parent = array.parent.type(None)
    return array._getvalue()


def addresses(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """int64[n, 4]: where contiguous arrays lie and how long they are. Keep them as long as this.

    Handing forty arrays over takes longer than deriving one subject; handing over where they lie does not.
    """
    if not all(a.flags.c_contiguous for a in arrays):
        raise ValueError("an array that is not contiguous cannot be found again by where it begins")
    lines = [(a.ctypes.data, *a.shape, *(0,) * (WORDS - 1 - a.ndim)) for a in arrays]
    return np.array(lines, np.int64)


@intrinsic
def _pointer(context, address):
    """An address as a pointer."""

    def code(context, builder, signature, values):
        return builder.inttoptr(values[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), code


@inner
def line_at(addresses, k, dtype):
    """The k-th array, of one dimension."""
    return carray(_pointer(addresses[k, 0]), addresses[k, 1], dtype)


@inner
def table_at(addresses, k, dtype):
    """The k-th array, of two dimensions."""
    return carray(_pointer(addresses[k, 0]), (addresses[k, 1], addresses[k, 2]), dtype)


@inner
def block_at(addresses, k, dtype):
    """The k-th array, of three dimensions."""
    return carray(_pointer(addresses[k, 0]), (addresses[k, 1], addresses[k, 2], addresses[k, 3]), dtype)
