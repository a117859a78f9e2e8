"""The database: SQLite, or PostgreSQL by URL. Tables, migrations and queries; no policy.

tables/        all tables, documented; docs/database.md is made from them
migrations/    one migration for each revision of the tables
engine.py      connections, and the translation of database errors
schema.py      the revision of the tables, and upgrades
database.py    Database, and units of work, in which alone it changes
traces.py      stores repositories, snapshots, modules      loading.py, steps.py, provable.py  read them
results.py     stores attempts, proofs, models, runs        history.py, models.py, suggestion_counts.py  read them
records.py     values of attempts and proofs                packing.py  a traced module as rows
theorems.py    the list of a repository's theorems          theorem_queue.py  theorems to prove next
lineage.py     what new commits did to proofs               courses.py, watches.py  courses; watched repositories
leases.py      temporary exclusive rights                   identity.py, rows.py  keys and digests; bulk operations
checking.py    consistency checks                           transfer.py  export and import as JSON Lines
exchanges.py   questions to language models, and ratings
listing.py     lists for people                             describing.py  docs/database.md
"""
