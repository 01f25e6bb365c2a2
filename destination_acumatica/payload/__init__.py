"""From an Airbyte record to the payload of one document."""
