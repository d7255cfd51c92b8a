"""Who saw, changed and exported what, and why; and whether that record is whole.

谁看过、改过、导出过什么，为何；以及这份记录是否完整。
"""
