"""The import of a register, from workbook to rows in the database.

Reading, in this order:
reader   opens the file and yields its sheets, refusing what is broken or too large
columns  finds the row of headings and says what each column holds
sheets   turns a sheet into lines below its headings, and passes over those that hold nobody
values   reads one cell: a date, phones, an identity number, yes or no
doors    says which door a line belongs to: its own address or one carried over
rows     reads one line into typed facts and names what is wrong with it
reading  all of this for a whole file, and who stands in it twice

Comparing and writing:
known    what the database holds about the people and doors of some rows
plan     compares rows with that and says what would change
steps    what a plan consists of: steps to write, entries to show
write    puts the steps into the database in one transaction
undo     takes them back
run      the whole way from file to database; jobs starts it in the background

Shown to people:
problems the sentence for everything that can be wrong
pages    keeps what was found, preview shows it
report   makes the workbook of problems and the template
forms    takes the upload
"""
