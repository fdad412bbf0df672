"""What people and programs see: lines, tables, progress, JSON. No click, no AWS."""
