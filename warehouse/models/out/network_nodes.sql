select
    "source", wave, node, name, "group", answered, in_network, degree, betweenness, "constraint",
    component, "position",
    group_it, group_en, day
from core.network_nodes
order by source, "position", node
