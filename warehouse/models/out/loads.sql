-- Every delivery landed, those since replaced too; the newest of a source last.
select
    load_id, source, file_name, sha256,
    rows_read, rows_accepted, rows_superseded, rows_refused, loaded_at,
    status, contract_fingerprint, kind, encoding, delimiter, sheet, unmapped, rows_gone
from core.loads
order by source, sequence
