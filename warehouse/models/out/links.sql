select
    link_id, from_id, to_id, type, necessity,
    mechanism, mechanism_it, mechanism_en,
    lag, strength_of_evidence, assumptions, position, attributes
from core.links
order by position
