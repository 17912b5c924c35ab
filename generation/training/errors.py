"""What can go wrong while training, said to the person who trains."""

from generation.errors import GenerationError


class TrainingError(GenerationError):
    """A data set, configuration or checkpoint that training cannot use; the message says which and what to do."""


class PlanError(TrainingError):
    """A plan that cannot be followed as it is written."""

    exit_status = 2
