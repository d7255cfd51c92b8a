"""The deadlines, as the drill knows them: by itself, so that a wrong protocol file is caught by the drill.

Nothing here is read from the protocols. Lengths are in seconds; day numbers are protocol days, the day
of admission being day 1, and a duty of day n is due when that civil day ends. The names of protocols,
duties and roles are the common language of truth and engine; the numbers are the drill's own.

Where they come from: [8] the 8th edition of the COVID-19 plan (联防联控机制综发〔2021〕51号), in force from
2021-05-14; [FHQ] Frontier Health and Quarantine Law; [C] the work plan for imported cold-chain food of
2020-11-08; [ML] cold-chain tracing of Inner Mongolia (蒙冷链); [H] Hohhot notice No. 1 of 2021; [16] order
16 of the State Administration of Work Safety; [WS] Work Safety Law. [D] marks what no text fixes: the
limit the packs propose.
"""

HOUR = 3600
DAY = 24 * HOUR

IN_FORCE = ("2021-05-14", "2022-06-28")  # of [8]; the drill knows no rules before and after

INBOUND = "cn.covid19/inbound"
RETURNEE = "cn.covid19/returnee"
CLOSE = "cn.covid19/close-contact"
SECONDARY = "cn.covid19/secondary-contact"
CASE = "cn.covid19/case"
COLD_CHAIN = "cn.food/cold-chain-import"
HAZARD = "cn.safety/hazard-general"
MAJOR_HAZARD = "cn.safety/hazard-major"

# People in isolation
PORT_SAMPLE_WITHIN = 2 * HOUR  # [FHQ] §4, hours [D]
TRANSFER_WITHIN = 12 * HOUR  # [8], to be verified
CENTRAL_TEST_DAYS = (1, 4, 7, 14)  # [8]
CENTRAL_DAYS = 14  # [8]: release on day 14
HOME_TEST_DAYS = (2, 7)  # [8]: the day of release is day 1
RECEIVED_WITHIN = 24 * HOUR  # [D]
SECONDARY_TEST_DAYS = (1, 4, 7)  # [8], to be verified
SECONDARY_DAYS = 7  # [8]
EXPOSURE_PERIOD = 14 * DAY  # [8]: counted from the last exposure, to the hour
RELEASE_AFTER_PERIOD = 12 * HOUR  # [D]
DOUBLE_TEST_BEFORE = 24 * HOUR  # [8]: two laboratories, two reagents in the day before release
NOTICE_WITHIN = 12 * HOUR  # Law on Prevention of Infectious Diseases §39, hours [D]

# Where a local order asked for five tests of people from medium- and high-risk areas: Hailar, Baotou, Ordos
# and Manzhouli. Area, from and until; the day the last three ended is not printed in what was read [D].
STRICTER = (
    ("150702", "2021-08-06 15:00", "2021-09-06 00:00"),
    ("150200", "2021-10-25 00:00", "2021-11-25 00:00"),
    ("150600", "2021-10-27 00:00", "2021-11-27 00:00"),
    ("150781", "2022-03-31 00:00", "2022-05-01 00:00"),
)
STRICTER_TEST_DAYS = (1, 4, 7, 10, 14)

# Cases
REPORT_WITHIN = 2 * HOUR  # [8]: as for class A
VERIFY_WITHIN = 2 * HOUR  # [8]: each of three levels
CORE_WITHIN = 4 * HOUR  # provincial practice
INVESTIGATE_WITHIN = 24 * HOUR  # from the report; to be verified
HOSPITAL_WITHIN = 2 * HOUR  # to be verified
DISINFECT_WITHIN = 24 * HOUR  # from the admission; to be verified
REVIEW_EVERY = 72 * HOUR  # [D]
DISCHARGE_WITHIN = 24 * HOUR  # [D]

# Imported cold-chain food
ANNOUNCE_BEFORE = 24 * HOUR  # [H]
CARGO_SAMPLE_WITHIN = 24 * HOUR  # [C], hours [D]
CARGO_TEST_WITHIN = 24 * HOUR  # [C], hours [D]
CARGO_DISINFECT_WITHIN = 12 * HOUR  # [C], hours [D]
STORE_WITHIN = 72 * HOUR  # [C], hours [D]
BATCH_TEST_WITHIN = 48 * HOUR  # [ML], hours [D]
CODE_WITHIN = 24 * HOUR  # [ML], hours [D]
EXIT_WITHIN = 48 * HOUR  # exit certificate, hours [D]
SEAL_WITHIN = 2 * HOUR  # to be verified
DISPOSE_WITHIN = 72 * HOUR  # [C], hours [D]

# Hazards
GRADE_WITHIN = 24 * HOUR  # [D]
VERIFY_HAZARD_WITHIN = 72 * HOUR  # [D]
STRIKE_WITHIN = 72 * HOUR  # [D]
LOOK_BACK_WITHIN = 30 * DAY  # [D]
REPORT_MAJOR_WITHIN = 24 * HOUR  # [WS] "in time", hours [D]
CONTROL_WITHIN = 2 * HOUR  # [WS] "at once", hours [D]
PLAN_WITHIN = 7 * DAY  # [16] §15, days [D]
LIST_WITHIN = 7 * DAY  # [D]
EVALUATE_WITHIN = 5 * DAY  # [D]
ACCEPT_DAYS = 10  # [16]: civil days, moved to a working day
MAJOR_LOOK_BACK_OPENS = 30 * DAY  # [D]
MAJOR_LOOK_BACK_WITHIN = 60 * DAY  # [D]
