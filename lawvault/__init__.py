"""LawVault: find the law that answers an ordinary person's question.

The rooms follow the flow of the data: ingest, generate, mine, train, evaluate, index, export,
serve.  `stages.py` is that flow as a table; ARCHITECTURE.md says where to change what.
"""
