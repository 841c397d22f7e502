"""The use cases: submit, process, publish, review. Everything that has a side effect passes here."""
