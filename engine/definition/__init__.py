"""From YAML text to a frozen process definition: reading, checking, expressions, calendars and terms."""
