"""Closed loops of a region: what is owed, by whom, by when, and what was lost in between.

区域闭环防控：应办什么、谁来办、何时之前办，断在哪里。

First: init, then intake FILE --mapping M, then status, breaks, and explain LOOP. Or see it all at once: demo.

先后顺序：init，intake 文件 --mapping 映射，再看 status、breaks、explain 闭环。也可以先看演示：demo。
"""
