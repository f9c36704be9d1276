"""A draft, written or changed by an LLM at a desk, each passage checked as it comes."""
