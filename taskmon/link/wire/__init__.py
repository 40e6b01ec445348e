"""Bytes into messages and back, where nothing is believed; and the folder and the lock where both ends meet."""
