"""The assets of the graph, one module for each thing: how it is made, and what is told of it.

An asset reads, calls one function and writes; the functions are elsewhere and know nothing of Dagster. Dagster inspects
the annotations of its own functions, so these modules do not postpone theirs.
"""
