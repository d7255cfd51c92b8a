"""Migrations of the accounts, written by Django."""
