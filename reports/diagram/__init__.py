"""The theory of change as a drawing: columns from inputs to impact, areas as bands, links by type.

`content` says what is drawn, whatever it comes from; `plan` gives boxes their size, `placement` asks Graphviz where
they go, `picture` draws; `page`, `mermaid` and `dot` write the same content for a browser and for other tools.
"""
