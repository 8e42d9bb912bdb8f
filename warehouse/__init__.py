"""What do we know, and is it sound?"""
