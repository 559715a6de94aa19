"""Notices as .docx, from templates that an office can edit in Word."""
