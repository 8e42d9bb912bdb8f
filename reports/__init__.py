"""What do we tell, and how?"""
