"""Word files (.docx): written from a document, a stranger's one read safely, checked, annotated."""
