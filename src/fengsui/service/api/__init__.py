"""What other systems call: facts in, lists and records out, under /api/v1."""
