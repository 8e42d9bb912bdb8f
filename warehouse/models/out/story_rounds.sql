select
    source, story_id, round, panel, chosen, date, reason_it, reason_en
from core.story_rounds
order by source, story_id, round
