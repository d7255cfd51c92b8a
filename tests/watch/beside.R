# Runs detectors of the R package surveillance on series and settings it is given.
#   Rscript beside.R SERIES.csv CALLS.R OUT.csv
# CALLS.R makes a list `calls` of list(method, name, control); the last weeks are judged, `weeks` of them.
suppressMessages(suppressWarnings(library(surveillance)))
files <- commandArgs(trailingOnly = TRUE)
table <- read.csv(files[1], colClasses = c(series_id = "character"))
source(files[2])
judge <- function(method, control, series, range) {
  ranged <- c(control, list(range = range))
  old <- function(f) {
    out <- f(sts2disProg(series), control = ranged)
    list(as.numeric(out$upperbound), as.numeric(out$alarm))
  }
  new <- function(out) list(upperbound(out)[, 1], alarms(out)[, 1])
  switch(method,
    farrington_flexible = new(farringtonFlexible(series, control = ranged)),
    farrington = new(farrington(series, control = ranged)),
    ears = new(earsC(series, control = ranged)),
    cusum = old(algo.cusum),
    bayes = old(algo.bayes),
    rki = old(algo.rki),
    glr_nb = new(glrnb(series, control = ranged))
  )
}
rows <- list()
for (id in unique(table$series_id)) {
  one <- table[table$series_id == id, ]
  series <- sts(observed = one$observed, start = c(2001, 1), frequency = 52)
  range <- (nrow(one) - weeks + 1):nrow(one)
  for (call in calls) {
    found <- suppressMessages(suppressWarnings(judge(call[[1]], call[[3]], series, range)))
    rows[[length(rows) + 1]] <- data.frame(
      method = call[[1]], config_id = call[[2]], series_id = id, t = range,
      upperbound = sprintf("%.17g", as.numeric(found[[1]])), alarm = as.integer(found[[2]])
    )
  }
}
write.csv(do.call(rbind, rows), files[3], row.names = FALSE, quote = FALSE)
