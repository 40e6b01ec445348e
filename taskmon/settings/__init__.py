"""What the user has decided, in a TOML file that people may edit."""
