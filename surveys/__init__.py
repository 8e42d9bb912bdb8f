"""What do we ask, and what came back?"""
