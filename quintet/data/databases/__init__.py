"""Databases: DuckDB and SQLite files, PostgreSQL servers; results of queries, and tables written back."""
