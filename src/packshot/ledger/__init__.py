"""What the service knows: tables, queue and leases, audit log. SQLite by default, PostgreSQL by URL."""
