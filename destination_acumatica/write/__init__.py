"""One document to one outcome: each write mode is a strategy that searches, inserts, updates or deletes."""
