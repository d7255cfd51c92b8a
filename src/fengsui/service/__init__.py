"""The pages: the only place that knows Django, and, beside ``cli``, the only one that asks for the time."""
