"""Time: timestamps, the windows a stream is cut into, and what the server's clock and filters are worth."""
