"""The import of a register, from workbook to rows in the database.

reader  opens the file and yields its sheets, refusing what is broken or too large
columns finds the row of headings and says what each column holds
values  reads one cell: a date, phones, an identity number, yes or no
sheets  turns a sheet into rows that stand alone: carried-over addresses, skipped lines
rows    reads one row into typed facts and names what is wrong with it
plan    compares the rows with the database and says what would change
write   puts a plan into the database in one transaction, and undoes it
report  makes the workbook of problems and the template
jobs    runs all this in the background for the browser
"""
