"""The application `writer`: what people keep, drafts, files, and files checked again."""
