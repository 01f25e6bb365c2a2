"""The client: lists, records, actions, files and inquiries of one endpoint."""
