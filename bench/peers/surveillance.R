# The tasks of bench/watch.py done by the R packages surveillance and EpiEstim, on less of the same work.
#   Rscript surveillance.R OUT.csv
# Writes task,units,cpu: seconds of user and system time for so many units (see R_UNITS in bench/watch.py).
suppressMessages(suppressWarnings({
  library(surveillance)
  library(EpiEstim)
}))
set.seed(1)
weekly <- function(n, length) {
  lapply(seq_len(n), function(i) {
    mean <- exp(runif(1, 0, 4) + 0.5 * cos(2 * pi * seq_len(length) / 52))
    sts(observed = rpois(length, mean * rgamma(length, 5, 5)), start = c(2001, 1), frequency = 52)
  })
}
year <- function(s) (nrow(s) - 51):nrow(s)
noufaily <- list(noPeriods = 10, pastWeeksNotIncluded = 26, pThresholdTrend = 1, alpha = 0.01)
quiet <- function(work) invisible(suppressMessages(suppressWarnings(capture.output(work))))
rows <- list()
timed <- function(task, units, work) {
  spent <- system.time(quiet(work()))
  rows[[length(rows) + 1]] <<- data.frame(task, units, cpu = sum(spent[c("user.self", "sys.self")]))
}
some <- weekly(2, 416)
flexible <- function(control) for (s in some) farringtonFlexible(s, c(control, list(range = year(s))))
timed("farrington_flexible nbPlugin", 104, function() flexible(c(noufaily, thresholdMethod = "nbPlugin")))
timed("farrington_flexible delta, trend tested", 104, function() {
  flexible(modifyList(noufaily, list(thresholdMethod = "delta", pThresholdTrend = 0.05)))
})
timed("farrington_flexible defaults", 104, function() flexible(list()))
timed("farrington of 1996", 104, function() for (s in some) farrington(s, list(range = year(s))))
daily <- weekly(20, 365)
for (method in c("C1", "C2", "C3")) {
  timed(paste("ears", method), 20, function() for (s in daily) earsC(s, list(method = method)))
}
several <- weekly(50, 416)
timed("cusum, seasonal mean", 50, function() {
  for (s in several) algo.cusum(sts2disProg(s), list(range = year(s), k = 1.04, h = 2.26, m = "glm", trans = "rossi"))
})
timed("glr_nb, fitted inside", 50, function() {
  for (s in several) glrnb(s, list(range = year(s), c.ARL = 5, ret = "value"))
})
cases <- lapply(1:5, function(i) data.frame(local = rpois(200, 20), imported = rpois(200, 1)))
timed("Rt", 5, function() {
  for (one in cases) estimate_R(one, "parametric_si", config = make_config(list(mean_si = 5, std_si = 1.9)))
})
timed("Rt, uncertain interval", 1, function() {
  unsure <- list(
    mean_si = 5, std_mean_si = 1, min_mean_si = 3, max_mean_si = 7,
    std_si = 2, std_std_si = 0.5, min_std_si = 1, max_std_si = 3, n1 = 500, n2 = 50
  )
  estimate_R(cases[[1]], "uncertain_si", config = make_config(unsure))
})
onset <- rep(as.Date("2026-01-01") + 0:39, rpois(40, 20))
list_of <- data.frame(dHospital = onset, dReport = onset + rnbinom(length(onset), 3, 0.4))
today <- as.Date("2026-01-30")
for (method in c("bayes.trunc", "lawless")) {
  timed(paste("nowcast", method), 1, function() {
    prior <- structure("poisgamma", mean.lambda = 50, var.lambda = 3000)
    control <- list(
      dRange = range(as.Date("2026-01-01"), today), alpha = 0.05, nSamples = 1000,
      N.tInf.prior = prior, N.tInf.max = 300, predPMF = TRUE
    )
    nowcast(today, today - 14:0, list_of, "dHospital", "dReport", method, D = 15, control = control)
  })
}
n <- 5000
x <- runif(n); y <- runif(n); t <- sort(runif(n, 0, n))
timed("stcd, 5,000", 1, function() stcd(x, y, t, 0.05, 0.5, 1, rep(pi * 0.05^2, n), 1000))
here <- sample(n, 1000)
timed("knox", 1, function() {
  knox(dist(t[here]), dist(cbind(x, y)[here, ]), 30, 0.1, simulate.p.value = TRUE, B = 999)
})
write.csv(do.call(rbind, rows), commandArgs(trailingOnly = TRUE)[1], row.names = FALSE)
