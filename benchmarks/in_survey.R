# The means of a few questions by period and breakdown in R's survey package; prints the seconds without reading.
given <- commandArgs(trailingOnly = TRUE)
suppressPackageStartupMessages(library(survey))
rows <- read.csv(given[1], stringsAsFactors = TRUE)
rows$year <- factor(rows$year)
sets <- list(~year, ~year + area, ~year + gender, ~year + age_band, ~year + area + gender,
             NULL, ~area, ~gender, ~age_band, ~area + gender)
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~hu, strata = ~h, weights = ~w, data = rows)
for (i in seq_len(as.integer(given[2]))) {
  question <- as.formula(paste0("~q", i - 1))
  for (by in sets) {
    if (is.null(by)) svymean(question, design, na.rm = TRUE)
    else svyby(question, by, design, svymean, na.rm = TRUE)
  }
}
cat(proc.time()[["elapsed"]] - start)
