"""The JSON Schemas that help editors with surveys/*.yml, registers/*.yml and interviews/*.yml.

`python -m surveys.schema` refreshes them beside the others; a test holds them fresh. How a schema is made from a model
is in `theory_of_change.schema`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from surveys.corpora.corpus import Corpus
from surveys.questionnaire import Survey
from surveys.registers import Register
from theory_of_change.schema import FOLDER, write_schema

SCHEMAS: Mapping[str, tuple[type[BaseModel], str]] = {
    "survey.json": (Survey, "Survey / Questionario"),
    "register.json": (Register, "Register / Registro"),
    "interviews.json": (Corpus, "Interviews and documents / Interviste e documenti"),
}


def main() -> None:
    for name, (model, title) in SCHEMAS.items():
        write_schema(model, FOLDER / name, title)
        print(FOLDER / name)


if __name__ == "__main__":
    main()
