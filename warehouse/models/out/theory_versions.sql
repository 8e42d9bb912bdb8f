-- Every version ever run; a version number that two different contents have borne shows it.
with versions as (
    select
        version, content_hash, first_run_at, n_indicators, theory, contracts_hash, programme, contracts, last_run_at
    from core.theory_versions
),

contents as (
    select version, count(distinct content_hash) as n_contents
    from versions
    group by version
)

select
    versions.version, versions.content_hash, versions.first_run_at, versions.n_indicators, versions.theory,
    versions.contracts_hash, versions.programme, versions.contracts, versions.last_run_at, contents.n_contents
from versions
inner join contents on contents.version = versions.version
order by versions.first_run_at, versions.version, versions.content_hash, versions.contracts_hash
