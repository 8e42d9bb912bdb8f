select
    source, outcome_id, position, by_role, verdict, date, note_it, note_en
from core.substantiations
order by source, outcome_id, position
