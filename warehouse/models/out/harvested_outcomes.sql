select
    source, outcome_id, statement_it, statement_en, social_actor_it, social_actor_en, change_agent_it,
    change_agent_en, significance_it, significance_en, contribution_it, contribution_en, date, period, place,
    planned, change, verdict, n_documents, n_people, n_documents_all, status
from core.harvested_outcomes
order by source, outcome_id
