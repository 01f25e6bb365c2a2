"""What stands in a field: JSON values, their types, the places that hold them, and whether two values are the same."""
