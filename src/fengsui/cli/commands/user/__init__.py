"""Accounts of a service: people, their posts, their passwords.

服务的账户：人员、岗位、密码。
"""
