"""What is owed, derived from what happened: a pure function of facts, protocols and a moment."""
