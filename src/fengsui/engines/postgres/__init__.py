"""PostgreSQL as the store of a region: the same modules, tables and statements as on SQLite."""
