"""Where facts and what follows from them live: in memory, in one SQLite file; later elsewhere."""
