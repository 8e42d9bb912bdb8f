select definition_id, indicator_id, theory_version, definition, content_hash, first_run_at, rests_on
from core.definitions
order by indicator_id, first_run_at, theory_version, definition_id, content_hash
