"""What both connectors do alike: command line, output, log, errors for the platform, secrets, signals."""
