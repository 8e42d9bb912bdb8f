"""Interviews, focus groups and documents: what a corpus is, what its transcripts say, and what coders made of them.

`corpus` is the contract `interviews/<id>.yml`, `collection` all of them read together; `transcripts` and `speakers`
turn files into text and turns; `codings` is the shape into which every coding program's file is read. Nothing here
knows the warehouse.
"""
