"""Alerts: tell whom the ladders name, through mail, webhooks and short messages; and what was told.

预警督办：按升级阶梯通知责任人（邮件、网络回调、短信），并列出已发出的通知。
"""
