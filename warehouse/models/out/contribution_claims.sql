select
    claim_id, claim_it, claim_en, links, alternatives, evidence_for, evidence_against, verdict_it, verdict_en,
    direction, strength, reviewer_it, reviewer_en
from core.contribution_claims
order by claim_id
