"""Stand-ins for Slack, X, LinkedIn and an OpenAI-compatible server, spoken to over HTTP only."""
