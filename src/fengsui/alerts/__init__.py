"""Who is told of a break, once, whatever happens: notices, letters, and their way out."""
