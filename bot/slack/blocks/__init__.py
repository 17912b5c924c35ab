"""Pure builders of what Slack shows. Each returns plain dictionaries that pass Slack's own validators (the tests see
to that); everything that a person or a model wrote goes through `words`, so that none of it can act on anybody."""
