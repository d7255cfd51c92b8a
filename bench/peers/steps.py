"""The inbound protocol (14 days central, 7 days at home) as one would write it down for a program of its own.

The peers are told the rules here by hand, once. The engine reads its own protocol file; that all agree
on every obligation is checked on every run.

What the peers may count on, and the engine does not: a person arrives once, has at most one record of a
kind but for tests, no two deeds of a person fall into one second, there are three laboratories with a
reagent each, no clock change falls into the year, and nobody corrects anything. It makes them quicker;
their answers stay right because the made-up input keeps to it.
"""

HOUR, DAY = 3600, 86_400
EAST_OF_UTC = 8 * HOUR  # the wall clock of the whole region
CONFIRM_AFTER = 6 * HOUR

# As the file of facts numbers kinds, results and laboratories.
ARRIVED, SAMPLED, ADMITTED, TESTED, RELEASED, RECEIVED = range(6)
NEGATIVE, POSITIVE = 1, 2
N_LABORATORIES = 3

SAMPLED_WITHIN, TRANSFERRED_WITHIN, RECEIVED_WITHIN = 2 * HOUR, 12 * HOUR, 24 * HOUR
# Days on which a test is due: counted from the day of admission, which is day 1, and from the day of release.
CENTRAL_DAYS, HOME_DAYS = (1, 4, 7, 14), (2, 7)
N_TESTS = len(CENTRAL_DAYS) + len(HOME_DAYS)
# On day 14 the person is also tested negative by two different laboratories, and released.
