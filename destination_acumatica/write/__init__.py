"""One document to one outcome: search, insert, update, delete."""
