"""Discovery: from the schema of an endpoint to the streams that Airbyte shows."""
