"""A region that never was, with its truth: source files as real ones look, and every break in them."""
