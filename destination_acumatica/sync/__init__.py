"""One sync: records scheduled to workers, outcomes counted, states released."""
