"""Keys with which other systems hand in facts and read, each with posts of its own.

其他系统报送和读取所用的密钥，各有其岗位。
"""
