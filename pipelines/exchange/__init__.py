"""What leaves Sestante for other formats and what comes in from a spreadsheet: logframe, IATI, CIDS.

Nothing here computes a number: values are read as published, after disclosure control.
"""
