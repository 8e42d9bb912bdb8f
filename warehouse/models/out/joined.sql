-- What numbers and voices say of the same thing; the rules are in pipelines/analysis/joining.py.
select
    element_id, kind,
    numbers, n_indicators, n_with_data, numbers_reference,
    voices, n_documents_for, n_documents_against, n_documents_speaking, n_people,
    agreement, flag,
    proposed_status, proposed_why,
    decided_status, decided_by, decided_at, decided_reason, is_decision_stale,
    decided_reason_it, decided_reason_en, n_evaluations, numbers_basis, voices_strength, evidence_id, position, n_documents_mixed
from core.joined
order by position
