"""The application's window and what belongs to it: menus, tray, notices, the way out."""
