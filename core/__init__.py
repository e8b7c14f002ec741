"""What any such application needs; knows no domain."""
