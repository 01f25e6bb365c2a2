"""The write plan of each stream, made and refused before the first record."""
