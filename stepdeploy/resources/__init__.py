"""One kind of resource, one file: what is desired, how to read it, and a pure `diff` that yields the exact AWS calls."""
