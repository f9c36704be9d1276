"""Laws over HTTP: names, contents, articles, versions, references, citations."""
