"""The input: Airbyte messages, the configured catalog, and streams joined before they are written."""
