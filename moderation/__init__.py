"""Text or picture plus a policy gives a verdict. Knows neither who asks nor where it goes."""
