"""What follows a write: read-back, files, actions."""
