"""An instance behind a real HTTP server, in a thread or in the process.

Everything that waits, waits here: for the session (it serves one request at a time), for a core, for an ordered delay.
"""
