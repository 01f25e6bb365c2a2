"""Stored records: tables, rows, values, and the rules of each document."""
