"""What the user has decided, in a TOML file that people may edit.

======== ===========================================================================
keys     every setting: its name, its default, what it may be
file     reading the file, and changing it without losing what else is in it
store    `SettingsStore`: the values in force, written by a thread of its own
======== ===========================================================================
"""
