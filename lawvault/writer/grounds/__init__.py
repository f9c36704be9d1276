"""What a draft stands on: materials, packed for an LLM, and the facts that were told."""
