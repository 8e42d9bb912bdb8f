"""What does the programme claim?"""
