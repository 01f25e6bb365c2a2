"""One sync of a stream: its state, its windows as work for several workers, and its progress."""
