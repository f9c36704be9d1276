"""What a template asks for: slots, what people answer to them, and how a document shows it."""
