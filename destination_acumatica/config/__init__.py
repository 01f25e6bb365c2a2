"""The destination's settings, typed: the only readers of the raw configuration."""
