"""The same work done with something else, as well as its makers and we know how."""
