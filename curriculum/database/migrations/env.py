"""Run by Alembic for each upgrade, on a connection whose transaction the caller ends. Never imported."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
