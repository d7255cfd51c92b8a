-- Facts as the kernel reads them: whatever is missing is read from the log.
DROP TABLE history;
DROP TABLE opening;
DROP TABLE look;
DELETE FROM meta WHERE name = 'asked';
