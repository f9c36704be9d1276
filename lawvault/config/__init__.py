"""Every knob of every job: its type, default, limits and meaning, and nowhere else.

`conf/` only chooses among these; a job reads its own section and the shared ones.  A knob marked
`where=True` says how or where work is done (threads, folders) and never shapes a result, so it
does not enter the name of an artifact; a knob marked `content=True` names a file, which enters by
what the file holds.

`tree` holds the whole, `pipeline`, `llm`, `places`, `agent` and `serve` its sections, `limits` what
they may be; `compose` makes it out of `conf/`, `command_line` calls a job with it.
"""
