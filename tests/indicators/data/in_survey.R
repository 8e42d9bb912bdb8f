# The numbers of in_survey.csv, by R's survey package, from the tables beside this file: Rscript in_survey.R > in_survey.csv
# The engine is held against them in test_survey_reference.py. Quantiles: the smallest value whose cumulated share of the
# weight reaches p, with Woodruff's interval; shares: svyciprop(method = "logit"); degrees of freedom: degf of the
# design, of a group those of its subset.
suppressMessages(library(survey))
rows <- function(name) read.csv(paste0(name, ".csv"), na.strings = "", stringsAsFactors = FALSE)
number <- function(x) if (length(x) == 0 || is.na(x)) "" else format(x, digits = 15)
told <- function(design, statistic, group, value, error, low = NA, high = NA, df = NA) {
  cells <- c(design, statistic, group, number(value), number(error), number(low), number(high), number(df))
  cat(paste(cells, collapse = ","), "\n", sep = "")
}
statistic <- function(name, what, label, group, estimate, df) {
  bounds <- if (df >= 1) confint(estimate, df = df) else c(NA, NA)
  told(name, what, group, coef(estimate)[[1]], SE(estimate)[[1]], bounds[1], bounds[2], df)
}
# The package's own rule "math" means the same, but takes the second smallest value where the smallest reaches p already
# (seen in survey 4.1-1), so that the lower end of an interval is too high in small samples.
reached <- function(x, w, p) {
  x <- x[w > 0]; w <- w[w > 0]
  ranked <- order(x)
  x[ranked][cumsum(w[ranked]) >= p * sum(w) * (1 - 1e-12)][1]
}
# Means, totals, ratios, shares and quantiles of one design, or of a group of it.
described <- function(name, d, y, x, share, group = "all", spread = TRUE) {
  df <- degf(d)
  statistic(name, "mean", y, group, svymean(make.formula(y), d, na.rm = TRUE), df)
  statistic(name, "sum", y, group, svytotal(make.formula(y), d, na.rm = TRUE), df)
  if (!is.null(x)) statistic(name, "ratio", y, group, svyratio(make.formula(y), make.formula(x), d, na.rm = TRUE), df)
  if (!is.null(share)) {
    p <- svyciprop(as.formula(paste0("~I(", share, ")")), d, method = "logit", df = df)
    error <- SE(svymean(as.formula(paste0("~I(as.numeric(", share, "))")), d, na.rm = TRUE))[[1]]
    told(name, "share", group, coef(p)[[1]], error, attr(p, "ci")[[1]], attr(p, "ci")[[2]], df)
  }
  if (spread) for (q in c(0.25, 0.5, 0.75)) {
    found <- svyquantile(make.formula(y), d, q, ci = TRUE, interval.type = "mean", qrule = reached, na.rm = TRUE, df = df)
    one <- found[[1]]
    told(name, paste0("quantile ", q), group, one[1, "quantile"], one[1, "se"], one[1, "ci.2.5"], one[1, "ci.97.5"], df)
  }
}
by_group <- function(name, d, y, x, share, column, spread = TRUE) {
  for (g in sort(unique(d$variables[[column]]))) {
    here <- d$variables[[column]] == g
    described(name, subset(d, !is.na(here) & here), y, x, share, g, spread)
  }
}
# The first group less the second, with the covariance that the design gives them.
difference <- function(name, d, what, call, column, ...) {
  both <- call(..., make.formula(column), d, covmat = TRUE, na.rm = TRUE)
  first <- setNames(c(1, -1), rownames(both))
  found <- svycontrast(both, first)
  told(name, paste("difference of", what), column, coef(found)[[1]], SE(found)[[1]])
}

cat("design,statistic,group,value,std_error,ci_low,ci_high,degrees_of_freedom\n")
fpc <- rows("fpc")
described("fpc with replacement", svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, data = fpc, nest = TRUE), "x", NULL, NULL)
without <- svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, data = fpc, nest = TRUE)
described("fpc without replacement", without, "x", NULL, "x > 4")
described("fpc without replacement", subset(without, x > 4), "x", NULL, NULL, "large", FALSE)
mu284 <- rows("mu284")
described("mu284", svydesign(id = ~id1 + id2, fpc = ~n1 + n2, data = mu284), "y1", NULL, "y1 > 40")
scd <- rows("scd")
described("scd", svydesign(id = ~ambulance, strata = ~ESA, weights = ~w, data = scd, nest = TRUE), "alive", "arrests", NULL)
hospital <- rows("hospital")
described("hospital", svydesign(id = ~hospno, strata = ~oblevel, weights = ~weighta, fpc = ~tothosp, data = hospital), "births", NULL, "births > 1000")
crowd <- rows("crowd")
for (lonely in c("certainty", "adjust", "average")) {
  options(survey.lonely.psu = lonely)
  described(paste("crowd", lonely), svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, data = crowd, nest = TRUE), "person", "rooms", NULL)
}
strat <- rows("apistrat")
alone <- strat[c(which(strat$stype == "E")[1:30], which(strat$stype == "M")[1:20], which(strat$stype == "H")[1]), ]
for (lonely in c("certainty", "adjust", "average")) {
  options(survey.lonely.psu = lonely)
  d <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = alone)
  described(paste("lonely", lonely), d, "api00", "api99", "api00 > 600", spread = FALSE)
}
options(survey.lonely.psu = "fail")
election <- rows("election")
described("election", svydesign(id = ~1, weights = ~wt, data = election), "Bush", "votes", "Bush > Kerry")
nhanes <- rows("nhanes")
d <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = nhanes)
described("nhanes", d, "hi_chol", NULL, "hi_chol == 1", spread = FALSE)
by_group("nhanes", d, "hi_chol", NULL, "hi_chol == 1", "agecat", FALSE)
difference("nhanes", subset(d, !is.na(hi_chol)), "means", function(...) svyby(~hi_chol, ..., svymean), "sex")
clus1 <- rows("apiclus1")
d <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = clus1)
described("apiclus1", d, "api00", "api99", "api00 > 600")
by_group("apiclus1", d, "api00", "api99", "api00 > 600", "stype")
difference("apiclus1", d, "means", function(...) svyby(~api00, ..., svymean), "sch_wide")
difference("apiclus1", d, "totals", function(...) svyby(~api00, ..., svytotal), "sch_wide")
difference("apiclus1", d, "ratios", function(...) svyby(~api00, denominator = ~api99, ..., svyratio), "sch_wide")
difference("apiclus1", d, "shares", function(...) svyby(~I(as.numeric(api00 > 600)), ..., svymean), "sch_wide")
change <- svymean(~I(api00 - api99), d)
statistic("apiclus1", "change", "", "all", change, degf(d))
d <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = strat)
described("apistrat", d, "api00", "api99", "api00 > 600")
by_group("apistrat", d, "api00", "api99", "api00 > 600", "sch_wide")
difference("apistrat", d, "means", function(...) svyby(~api00, ..., svymean), "sch_wide")
difference("apistrat", d, "totals", function(...) svyby(~api00, ..., svytotal), "sch_wide")
difference("apistrat", d, "ratios", function(...) svyby(~api00, denominator = ~api99, ..., svyratio), "sch_wide")
difference("apistrat", d, "shares", function(...) svyby(~I(as.numeric(api00 > 600)), ..., svymean), "sch_wide")
d <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = rows("apiclus2"))
described("apiclus2", d, "api00", "api99", "api00 > 600")
by_group("apiclus2", d, "api00", "api99", "api00 > 600", "stype", FALSE)
difference("apiclus2", d, "means", function(...) svyby(~api00, ..., svymean), "sch_wide")
difference("apiclus2", d, "totals", function(...) svyby(~api00, ..., svytotal), "sch_wide")
difference("apiclus2", d, "ratios", function(...) svyby(~api00, denominator = ~api99, ..., svyratio), "sch_wide")
