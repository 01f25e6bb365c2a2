"""Sign-in with a password or OAuth 2.0: credentials, tokens, and the check of the tenant that was reached."""
