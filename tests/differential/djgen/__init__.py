"""Writes small Django projects whose settings are spelled in many ways."""
