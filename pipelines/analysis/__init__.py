"""Effects: designs, their estimators and diagnostics. Never imports Dagster."""
