"""Search and laws as assistants ask for them: MCP and Dify."""
