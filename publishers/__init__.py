"""What a network allows, and getting a post onto it once. Knows neither Slack nor models."""
