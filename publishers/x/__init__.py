"""X: its text, its API through tweepy, and the publisher."""
