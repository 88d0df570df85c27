"""Pictures of a process: one SVG for command line, interface and pages, and Mermaid text. Nothing here knows a database or a page."""
