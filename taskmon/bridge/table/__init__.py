"""The model of the table: rows, their order, their words."""
