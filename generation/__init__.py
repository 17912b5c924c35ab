"""Draft to brief to pictures. Knows nothing of Slack, networks or databases."""
