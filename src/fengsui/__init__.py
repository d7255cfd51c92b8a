"""Fengsui 烽燧: closed-loop prevention and control for a region."""

__version__ = "0.1.0"
