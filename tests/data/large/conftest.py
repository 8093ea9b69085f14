from tests.data.large.tables import stored  # noqa: F401
