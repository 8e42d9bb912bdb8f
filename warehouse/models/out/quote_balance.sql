select source, element_id, direction, n_quoted, reasons
from core.quote_balance
order by source, element_id, direction
