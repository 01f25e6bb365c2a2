"""The source's settings, typed: the only readers of the raw configuration."""
