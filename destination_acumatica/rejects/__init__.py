"""Rejected records, kept for a person or for another sync: as lines in a folder or a bucket."""
