"""A questionnaire as its tool describes it, turned into the draft of a contract.

Each kind of description (LimeSurvey, XLSForm, SPSS and Stata, a bare table) has a module that makes a `forms.Form` of
it; names are given in `naming`, YAML is written in `writing`. No answer of a person is ever written into a draft.
"""
