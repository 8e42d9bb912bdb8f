select
    "source", wave, node_from, node_to, kinds, strength
from core.network_ties
order by source, wave, node_from, node_to
