"""How the numerical kernels of the wing are compiled, and when what was compiled before may be used again.

``entry`` marks what Python calls, ``inner`` what only compiled code calls. As in the kernel of the
loops, the key of what is kept on disk has a digest over all ``kernel_*`` files in it, because numba
itself looks only at the file of the function that is called.
"""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from numba import njit
from numba.core.caching import FunctionCache

# Division by zero gives an infinity, as in the reference, instead of an exception.
inner = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")

# Sums may be taken in any order, several at a time. Infinities and NaN keep their meaning.
summing = njit(
    nogil=True,
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
    error_model="numpy",
    fastmath={"reassoc", "nsz", "contract"},
)


def _digest() -> str:
    files = sorted(Path(__file__).parent.glob("kernel_*.py"))
    return blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=8).hexdigest()


DIGEST = _digest()


class _KeyedCache(FunctionCache):
    """Compiled code that is found again only while no kernel has changed."""

    def _index_key(self, sig: object, codegen: object) -> tuple:
        return (*super()._index_key(sig, codegen), DIGEST)


def entry(function: Callable) -> Callable:
    """Compile when first called, and keep the result on disk."""
    dispatcher = njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = _KeyedCache(function)
    return dispatcher
