"""The writing assistant: materials, template → draft → a file that a lawyer can sign.

No Ray, no HTTP, no SQL.  A draft is Markdown while people and an LLM work on it; to leave, it
becomes a `document`, whose citations are held against the law and whose footnotes prove them.
Each room stands on those before it: `slots`, `templates`, `grounds`, `drafting`; `citations` on the
document and its files alone.
"""
