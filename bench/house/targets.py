"""What is to be reached: the bounds the report sets each figure against."""

from dataclasses import dataclass

AT_MOST, AT_LEAST = "≤", "≥"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on one row of one benchmark.

    ``row``: the row's name; one that ends in * stands for all that begin so. ``peer`` chooses the row of a
    peer, whose ratio is then bounded; ``of`` is what is bounded: figure, ratio or peak_mb.
    """

    bench: str
    row: str
    sign: str
    bound: float
    of: str = "figure"
    peer: str = ""

    def is_met(self, value: float) -> bool:
        """Whether a measured value keeps to it."""
        return value <= self.bound if self.sign == AT_MOST else value >= self.bound


TARGETS = (
    Target("replay", "replay from the file", AT_MOST, 3.0),
    Target("replay", "replay from the file", AT_MOST, 1_200, of="peak_mb"),
    Target("replay", "kernel alone", AT_LEAST, 8.0),
    Target("replay", "replay from the file", AT_LEAST, 2.0, of="ratio", peer="DuckDB"),
    Target("replay", "replay from the file", AT_LEAST, 2.0, of="ratio", peer="Polars"),
    Target("replay", "replay from the file", AT_LEAST, 12.0, of="ratio", peer="PostgreSQL"),
    Target("replay", "replay, facts in memory", AT_LEAST, 5.0, of="ratio", peer="DuckDB"),
    Target("replay", "replay, facts in memory", AT_LEAST, 5.0, of="ratio", peer="Polars"),
    Target("incremental", "in memory, batches of 100,000", AT_LEAST, 1.0),
    Target("incremental", "in memory, one fact", AT_MOST, 20.0),
    Target("durable", "durable, batches of 10,000", AT_LEAST, 120.0),
    Target("durable", "durable, batches of 100,000", AT_LEAST, 120.0),
    Target("durable", "durable, batches of 10,000", AT_LEAST, 0.5, of="ratio", peer="bare insert"),
    Target("durable", "durable, batches of 100,000", AT_LEAST, 0.5, of="ratio", peer="bare insert"),
    Target("intake", "intake of CSV", AT_LEAST, 50.0),
    Target("intake", "intake of NDJSON", AT_LEAST, 50.0),
    Target("overdue", "oldest 100, *", AT_MOST, 5.0),
    Target("overdue", "count, *", AT_MOST, 5.0),
    Target("explain", "one loop explained, p95", AT_MOST, 5.0),
    Target("dry_run", "a new version tried, on the wall", AT_MOST, 2.0),
    Target("policy_diff", "editions 8 and 9 compared, on the wall", AT_MOST, 60.0),
    Target("lab_day", "in memory", AT_MOST, 12.0),
    Target("lab_day", "in memory", AT_MOST, 5_000, of="peak_mb"),
    Target("lab_day", "durable", AT_MOST, 120.0),
    Target("http_intake", "PostgreSQL, 10,000 a request", AT_LEAST, 30.0),
    Target("http_intake", "PostgreSQL, one fact, p95", AT_MOST, 150.0),
    Target("alerts", "told after a week, on the wall", AT_MOST, 60.0),
    Target("boards", "boards open, 5 changes a second", AT_MOST, 20.0),
    Target("boards", "a change on the board, p95", AT_MOST, 2.0),
    Target("first_command", "the first command", AT_MOST, 180.0),
    Target("first_command", "the first command: the project's own work", AT_MOST, 45.0),
    Target("first_command", "the first command: disk", AT_MOST, 900.0),
)
