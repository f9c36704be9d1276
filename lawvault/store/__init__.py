"""The user store: what people made and want to find again, in one database.

`Database.open(url)` opens it (one SQLite file, or PostgreSQL) and brings it up to date;
`RunStore(database)` keeps the runs of the agent.  Everything belongs to an owner, and nobody finds
what is another's.
"""
