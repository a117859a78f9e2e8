"""Everything that the prover knows, in one SQL database: SQLite, or PostgreSQL by URL.

tables/        what there is, one docstring a table; docs/database.md shows them
migrations/    how a database comes to have these tables
engine.py      connections, and what databases refuse, in one sentence each
database.py    Database: made at first use, changed in units of work only
traces.py      repositories, snapshots, modules      results.py  attempts, proofs, models, runs
leases.py      who has what to themselves            queries.py  what is asked often, each fast
identity.py    keys and digests                      checking.py whether all is as it should be
transfer.py    export and import as JSON Lines       describing.py the tables as Markdown
listing.py     the repositories, as people are shown them
"""
