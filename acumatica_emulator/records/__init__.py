"""Records: tables, rows, values, the rules of each document, and their JSON."""
