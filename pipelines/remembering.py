"""What a run leaves for later of the definitions it used: the whole theory, and each indicator's definition by its id.

Written once for each content, so that an old report's numbers can be traced when the theory has long moved on. Reading
it back belongs to `sides` and `explaining`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from pipelines.indicators.measures import definition_ids
from pipelines.project import Project
from surveys.corpora.quote_contracts import published_contract
from theory_of_change.contents import canonical, content_hash
from theory_of_change.model import Indicator

Rows = dict[str, list[dict[str, Any]]]


def remembered(project: Project, now: dt.datetime | None = None) -> Rows:
    """Rows of core.theory_versions and core.definitions for the project as it stands."""
    moment = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
    theory = project.theory
    contracts = {
        name: {"kind": source.table.kind, "contract": json.loads(canonical(source.said))}
        for name, source in project.sources.items()
    } | {
        name: {"kind": "interviews", "contract": published_contract(json.loads(canonical(one.corpus)))}
        for name, one in project.corpora.items()
    }
    programme = canonical(project.programme)
    version = {
        "version": theory.theory.version,
        "content_hash": content_hash(theory),
        "first_run_at": moment,
        "n_indicators": len(theory.indicators),
        "theory": canonical(theory),
        "contracts_hash": _hashed([contracts, programme]),
        "programme": programme,
        "contracts": _json(contracts),
        "last_run_at": moment,
    }
    ids = definition_ids(theory, project.programme, project.fingerprints)
    definitions = [
        {
            "definition_id": ids[indicator.id],
            "indicator_id": indicator.id,
            "theory_version": theory.theory.version,
            "definition": canonical(indicator),
            "content_hash": content_hash(indicator),
            "first_run_at": moment,
            "rests_on": _json(_rests_on(project, indicator, ids, contracts)),
        }
        for indicator in theory.indicators
    ]
    return {"theory_versions": [version], "definitions": definitions}


def _rests_on(project: Project, indicator: Indicator, ids: dict[str, str], contracts: dict[str, Any]) -> dict[str, Any]:
    """All that a definition id stands for beside the definition itself."""
    measure = indicator.measure
    table = project.tables.get(measure.source or "")
    used = {name for entry in indicator.disaggregation for name in ((entry,) if isinstance(entry, str) else entry)}
    milestone = next((one for one in project.theory.milestones if one.id == measure.milestone), None)
    rests = {
        "calendar": json.loads(canonical(project.programme.calendar)),
        "source": contracts.get(measure.source or ""),
        "parts": {name: contracts[name] for name in (table.parts if table else ())},
        "dimensions": [json.loads(canonical(one)) for one in project.theory.dimensions if one.id in used],
        "inputs": {name: ids[name] for name in measure.rests_on if name in ids},
        "milestone": json.loads(canonical(milestone)) if milestone else None,
    }
    return {name: said for name, said in rests.items() if said}


def _hashed(said: Any) -> str:
    return hashlib.sha256(_json(said).encode()).hexdigest()[:16]


def _json(said: Any) -> str:
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
