"""What happened: append-only, bitemporal, idempotent."""
