"""The workflow engine for dispute escalation: cases, deadlines, processes and the pages people work in."""
