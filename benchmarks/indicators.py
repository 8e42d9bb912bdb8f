"""All indicators of a large survey, with their errors: Sestante, the bare database, pandas, `svy` and R's `survey`.

Every way makes the same 7,600 values from the same rows; `agreed` holds Sestante against the query by hand before
anything is timed. `svy` (MIT) is no dependency: it is measured where SESTANTE_BENCH_SVY names a Python that has it. It
and R do few of the 50 questions, and their seconds are taken 50 times as long.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import answers, by_hand
from benchmarks.measuring import NotHere, Told

if TYPE_CHECKING:
    import pandas as pd

prepare = answers.prepare
Work = Callable[[], object]
FEW = 2  # questions of the 50 that svy and R do


def _values(folder: Path, roles: dict[str, object]) -> Callable[[], dict[str, pd.DataFrame]]:
    from pipelines.indicators.estimate import frames_of
    from pipelines.indicators.measures import tasks_of

    connection, theory, tables = answers.opened(folder), answers.theory(), {"answers": answers.table_with(roles)}
    return lambda: frames_of(connection, theory, answers.PROGRAMME, tasks_of(theory, tables), tables)


def weighted(folder: Path) -> Work:
    return _values(folder, answers.WEIGHTED)


def clustered(folder: Path) -> Work:
    return _values(folder, answers.CLUSTERED)


def everything(folder: Path) -> Work:
    """As `weighted`, with the table finished and distributions beside the values."""
    from pipelines.indicators.estimate import compute

    connection, theory = answers.opened(folder), answers.theory()
    tables = {"answers": answers.table_with(answers.WEIGHTED)}
    return lambda: compute(connection, theory, answers.PROGRAMME, tables, "s", {})


def _query(folder: Path, sql: str) -> Work:
    connection = answers.opened(folder)
    return lambda: connection.execute(sql).fetchnumpy()


def weighted_by_hand(folder: Path) -> Work:
    return _query(folder, by_hand.weighted())


def clustered_by_hand(folder: Path) -> Work:
    return _query(folder, by_hand.clustered())


def clustered_by_steps(folder: Path) -> Work:
    return _query(folder, by_hand.clustered_by_steps())


def agreed(folder: Path) -> None:
    """Raises SystemExit unless Sestante and the queries by hand give the same values, errors and degrees of freedom."""
    import numpy as np
    import pandas as pd

    for roles, sql in ((answers.WEIGHTED, by_hand.weighted()), (answers.CLUSTERED, by_hand.clustered()),
                       (answers.CLUSTERED, by_hand.clustered_by_steps())):  # fmt: skip
        computed = pd.concat(_values(folder, roles)().values())
        if len(computed) != answers.VALUES or (computed["status"] != "ok").any() or computed["std_error"].isna().any():
            raise SystemExit(f"{len(computed)} values instead of {answers.VALUES}, or some without an error")
        wide = answers.opened(folder).execute(sql).df()
        period = wide["year"].map(lambda year: "all" if pd.isna(year) else str(int(year)))
        category = wide[list(answers.KEYS[1:])].apply(lambda row: " / ".join(row.dropna()) or "all", axis=1)
        own = computed.set_index(["indicator_id", "period", "category"])
        for i in range(answers.QUESTIONS):
            here = own.loc[f"q{i}"].loc[list(zip(period, category, strict=True))]
            pairs = {"n": f"n{i}", "value": f"value{i}", "std_error": f"error{i}"}
            if "df0" in wide:
                pairs["degrees_of_freedom"] = f"df{i}"
            for one, other in pairs.items():
                if not np.allclose(here[one].astype(float), wide[other].astype(float), rtol=1e-9, atol=0):
                    raise SystemExit(f"q{i}: {one} differs from the query by hand")


# The same in other tools ---------------------------------------------------------------------------------------------


def weighted_in_pandas(folder: Path) -> Work:
    """Sums at the finest cell, rolled up by `groupby`, ten questions at a time to stay in memory."""
    import numpy as np
    import pandas as pd

    frame = answers.opened(folder).execute("select * from core.answers").df()

    def work() -> list[pd.DataFrame]:
        keys = frame[list(answers.KEYS[1:])].assign(year=frame["day"].dt.year)
        cell = keys.groupby(list(answers.KEYS)).ngroup().to_numpy()
        cells = keys.assign(cell=cell).drop_duplicates("cell").set_index("cell").sort_index()
        w, m, results = frame["w"].to_numpy()[:, None], len(frame), []
        for start in range(0, answers.QUESTIONS, 10):
            names = [f"q{i}" for i in range(start, start + 10)]
            y = frame[names].to_numpy(dtype=float)
            known = ~np.isnan(y)
            y = np.where(known, np.where(np.arange(start, start + 10) < answers.MEANS, y, y >= 4), 0.0)
            b = known * w
            sums = np.hstack([known, b, b * y, b * b, b * b * y, b * b * y * y])
            finest = pd.DataFrame(sums).groupby(cell).sum()
            finest = pd.concat([cells, finest], axis=1)
            for period in (["year"], []):
                for cut in answers.CUTS:
                    by = [*period, *cut]
                    rolled = (
                        finest.groupby(by)[list(range(60))].sum() if by else finest[list(range(60))].sum().to_frame().T
                    )
                    n, b_, t, bb, ab, aa = np.split(rolled.to_numpy(), 6, axis=1)
                    r = t / b_
                    error = np.sqrt(m / (m - 1) * (aa - 2 * r * ab + r * r * bb)) / b_
                    results.append(pd.DataFrame(np.hstack([n, r, error]), index=rolled.index))
        return results

    return work


def clustered_in_svy(folder: Path) -> Work:
    python = os.environ.get("SESTANTE_BENCH_SVY")
    if not python:
        raise NotHere("svy is not installed (SESTANTE_BENCH_SVY names a Python that has it)")
    return _elsewhere(folder, [python, str(Path(__file__).with_name("in_svy.py"))])


def clustered_in_r(folder: Path) -> Work:
    has = ["Rscript", "-e", "quit(status = !requireNamespace('survey', quietly = TRUE))"]
    if not shutil.which("Rscript") or subprocess.run(has, check=False, capture_output=True).returncode:
        raise NotHere("R with its package survey is not installed")
    return _elsewhere(folder, ["Rscript", str(Path(__file__).with_name("in_survey.R"))])


def _elsewhere(folder: Path, command: list[str]) -> Work:
    """Another program, which reads the rows, does FEW questions and prints its seconds without the reading."""
    rows = folder / "few.csv"
    questions = ", ".join(f"q{i}" for i in range(FEW))
    answers.opened(folder).execute(
        f"copy (select {questions}, area, gender, age_band, year(day) as year, w, h, h || '-' || u as hu"
        f" from core.answers) to '{rows}' (header, nullstr 'NA')"
    )

    def work() -> Told:
        done = subprocess.run([*command, str(rows), str(FEW)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        return Told(float(done.stdout.split()[-1]) * answers.QUESTIONS / FEW)

    return work
