"""Where the source meets the Airbyte CDK: streams, messages, statuses."""
