"""How does it all run?"""
