"""How a database comes to have the tables, one step a file in versions/. Alembic runs them; nothing else is here."""
