"""Fetching: one window of an entity, page by page, with fallbacks for refused requests."""
