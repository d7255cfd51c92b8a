"""From the world to facts: files through mappings, and the ledger of rows that could not be taken."""
