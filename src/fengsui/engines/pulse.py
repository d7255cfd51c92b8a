"""Whether anything changed: one small question to the database, asked again and again beside all else."""

from fengsui.engines.address import Address, connect_to

# Lines of the audit and letters are no news to a board, so the database's own counter of commits would wake
# every board whenever somebody looks at one.
_ASKED = "SELECT (SELECT coalesce(max(lsn), 0) FROM batch), (SELECT coalesce(max(id), 0) FROM refused)"


class Pulse:
    """The data version of a region, whoever writes to it; by a connection of its own, for one thread."""

    def __init__(self, address: Address) -> None:
        self._connection = connect_to(address, read_only=True)

    def read(self) -> str:
        """A text that is another one whenever facts or refused rows were added. Takes microseconds."""
        lsn, entry = self._connection.execute(_ASKED).fetchone()
        return f"{lsn}.{entry}"

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
