"""Texts in, vectors out, in the dialects of OpenAI and Ollama."""
