"""The settings of the source as typed values; only these modules read the raw configuration."""
