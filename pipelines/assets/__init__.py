"""The graph: one file for each thing it makes."""
