"""The composition: settings, command line, records, pipeline and the Slack surface. It alone knows all rooms."""
