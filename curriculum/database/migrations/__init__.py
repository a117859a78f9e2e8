"""The migrations that create and change the tables: one revision in each file of versions/. Alembic runs them."""
