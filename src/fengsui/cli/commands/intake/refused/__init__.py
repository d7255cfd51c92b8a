"""The ledger of rows that could not be taken: look at them, write them out, send them again.

未能收入的行：查看、导出补正、重新送入。
"""
