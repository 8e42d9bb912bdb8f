"""From a measure in YAML to a query to an estimate with its uncertainty. Never imports Dagster."""
