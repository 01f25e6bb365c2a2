"""The contract-based REST API: routing, reading, writing, actions, files, discovery."""
