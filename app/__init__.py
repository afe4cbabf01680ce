"""Command line (later also web inspector and MCP server): the only place that composes the others."""
