"""Early warning: detectors over many series, Rt and nowcasts, from files to files.

早期预警：对多条序列运行检测方法，估计 Rt，即时预报；读文件，写文件。
"""
