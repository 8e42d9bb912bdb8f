select
    source, story_id, title_it, title_en, domain, teller, period, n_rounds, n_chosen
from core.stories
order by source, story_id
