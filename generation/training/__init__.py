"""Training: scenes without end from open illustrations, and the stages that make doodle from them.

Light to import; the modules bring JAX and optax with them (the extra `train`).
"""
