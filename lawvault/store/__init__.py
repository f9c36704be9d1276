"""The user store: what people made and want to find again, in one database.

`Database.open(url)` opens it (one SQLite file, or PostgreSQL) and brings it up to date;
`RunStore(database)` keeps the runs of the agent, `UserStore(database)` what people write with:
folders of materials, favourites, templates, history, drafts with their revisions, and all of it as
one JSON value out and in.  Everything belongs to an owner, and nobody finds what is another's.
"""
