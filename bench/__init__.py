"""What Fengsui costs, measured beside what else could do the same work.

Every file of this folder is one benchmark; ``house`` holds what they share, ``peers`` the others.
"""
