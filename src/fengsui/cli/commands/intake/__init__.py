"""Take a file of CSV, XLSX, NDJSON or Parquet by a declared mapping.

按声明的映射收入一个文件（CSV、XLSX、NDJSON、Parquet）。

Rows that cannot be taken are kept with their reasons, see intake refused. Killed at any point, the same
command goes on where it stood; a file that was taken before is found to repeat what is known.

不能收入的行连同原因保留，见 intake refused。中途被中断，重新运行同一命令即可续上；
已收入过的文件只会算作重复。
"""

DEFAULT = "take"
