"""What can go wrong while training, said to the person who trains."""


class TrainingError(ValueError):
    """A data set, configuration or checkpoint that training cannot use; the message says which and what to do."""
