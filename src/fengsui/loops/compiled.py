"""How the kernel is compiled, and when what was compiled before may be used again.

``entry`` marks what Python calls, ``inner`` what only compiled code calls: those get no wrapper
for Python, which with this many arrays is most of what there is to compile. ``leaf`` marks an inner function
that neither makes nor keeps arrays, and so need not count who holds them (``kernel_borrow``).

Numba keeps compiled code beside the source, but looks only at the file of the function called; a
change in a file it calls into would go unnoticed and an old law would go on being applied. So the
key of what is kept has a digest over all files of the kernel in it.
"""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from numba import njit
from numba.core.caching import FunctionCache

from fengsui.kit import civil, instant
from fengsui.protocols import model

inner = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
leaf = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)


def _digest() -> str:
    here = Path(__file__).parent
    files = [*sorted(here.glob("kernel*.py")), here / "plan.py"]
    files += [Path(module.__file__) for module in (civil, instant, model)]
    return blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=8).hexdigest()


DIGEST = _digest()


class _KeyedCache(FunctionCache):
    """Compiled code that is found again only while no file of the kernel has changed."""

    def _index_key(self, sig: object, codegen: object) -> tuple:
        return (*super()._index_key(sig, codegen), DIGEST)


def is_compiled(dispatcher: object) -> bool:
    """Whether the disk has what this entry point compiles to, so that its first call is quick."""
    return any(key[-1] == DIGEST for key in dispatcher._cache._cache_file._load_index())


def entry(function: Callable) -> Callable:
    """Compile when first called, and keep the result on disk."""
    dispatcher = njit(nogil=True)(function)
    dispatcher._cache = _KeyedCache(function)
    return dispatcher
