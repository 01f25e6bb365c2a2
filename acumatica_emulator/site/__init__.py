"""The instance: tenants, sign-in, sessions, license limits, faults and chosen behavior."""
