"""Alembic's entry: runs the migrations on the connection that `bot.records.database.migrate` hands over."""

from alembic import context

from bot.records.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
