"""What every other layer stands on: time, days, areas, text, identifiers, errors."""
