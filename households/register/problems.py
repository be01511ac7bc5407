"""What can be wrong with a row or a file, in words a person can act on."""

from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from households.masking import mask_digits


class Weight(StrEnum):
    """What a problem does to its row: keeps it out, leaves it to a person, drops one cell."""

    REFUSED = "refused"
    DOUBTFUL = "doubtful"
    REMARKED = "remarked"


class Problem(NamedTuple):
    """A problem of one row: its code, the heading of the column, and what stands there."""

    code: str
    heading: str = ""
    value: str = ""


# The facts that a difference can concern, as pages and messages call them.
FACTS: dict[str, Any] = {
    "name": _("Name"),
    "identity_number": _("identity number"),
    "birth_date": _("birth date"),
    "sex": _("sex"),
    "note": _("note"),
    "died_on": _("died on"),
    "phone": _("phone"),
    "care": _("care tag"),
    "kind": _("kind"),
    "relation": _("relation to head"),
    "is_head": _("head of household"),
    "since": _("since"),
    "until": _("left on"),
    "occupancy": _("occupancy"),
    "grid": _("grid"),
    "household_note": _("note on the household"),
    "position": _("position"),
    "longitude": _("longitude"),
    "latitude": _("latitude"),
    "address": _("address"),
    "household": _("household"),
}

SENTENCES: dict[str, tuple[Weight, Any]] = {
    # The row is kept out until it is corrected.
    "name_missing": (Weight.REFUSED, _("The name is missing.")),
    "name_long": (Weight.REFUSED, _("The name is longer than 60 characters.")),
    "shape": (
        Weight.REFUSED,
        _(
            "“%(heading)s”: an identity number has 18 characters, 17 digits and a digit or X. Correct it or empty the cell."
        ),
    ),
    "identity_date": (
        Weight.REFUSED,
        _("“%(heading)s”: digits 7 to 14 are not a birth date. Compare with the card."),
    ),
    "check": (
        Weight.REFUSED,
        _(
            "“%(heading)s”: the last character does not fit the others, so at least one is wrong. Compare with the card."
        ),
    ),
    "rounded": (
        Weight.REFUSED,
        _(
            "“%(heading)s”: Excel has rounded this number and its last digits are lost. Set the column to Text and type the number again from the card."
        ),
    ),
    "address_missing": (
        Weight.REFUSED,
        _(
            "The address is missing, and no row above gives one. Write estate, building, unit and room."
        ),
    ),
    "address_building": (
        Weight.REFUSED,
        _("The address names no building. Write it like 幸福家园3号楼2单元502室."),
    ),
    "address_room": (
        Weight.REFUSED,
        _("The address names no room. Write it like 幸福家园3号楼2单元502室."),
    ),
    "address_elsewhere": (Weight.REFUSED, _("The address lies outside this community.")),
    "address_long": (Weight.REFUSED, _("A part of the address is too long. Shorten it.")),
    "address_is_date": (
        Weight.REFUSED,
        _(
            "“%(heading)s”: Excel has turned this into a date. Set the column to Text and type it again."
        ),
    ),
    "other_community": (
        Weight.REFUSED,
        _("This row belongs to another community (%(value)s). Import it there."),
    ),
    # A person has to decide.
    "maybe_rounded": (
        Weight.DOUBTFUL,
        _(
            "“%(heading)s”: it ends in 000, as numbers do that Excel has rounded. Compare with the card. If it is right, write “yes” under “Checked”."
        ),
    ),
    "twice": (
        Weight.DOUBTFUL,
        _(
            "The same person stands more than once in this file (rows %(value)s). Keep the row that is right and delete the others."
        ),
    ),
    "twice_by_name": (
        Weight.DOUBTFUL,
        _(
            "Several rows at this door have the same name and no identity number (rows %(value)s). Add the numbers, or delete the extra rows."
        ),
    ),
    "several_matches": (
        Weight.DOUBTFUL,
        _("The register has several people of this name at this door. Add the identity number."),
    ),
    "other_identity": (
        Weight.DOUBTFUL,
        _(
            "The register has a person of this name at this door with another identity number. Compare with the card. If they are two people, write “yes” under “Checked”."
        ),
    ),
    "other_birth_date": (
        Weight.DOUBTFUL,
        _(
            "The register has a person of this name at this door with another birth date. Correct the date, or add the identity number."
        ),
    ),
    "known_elsewhere": (
        Weight.DOUBTFUL,
        _(
            "This person is in the register of another community with a different %(value)s. Agree with that community which is right."
        ),
    ),
    "died_without_date": (
        Weight.DOUBTFUL,
        _("“%(heading)s”: the row says that the person has died, but not when. Add the date."),
    ),
    # The rest of the row is imported.
    "phone": (
        Weight.REMARKED,
        _("“%(heading)s”: “%(value)s” is not a phone number. Correct it or delete it."),
    ),
    "date": (
        Weight.REMARKED,
        _("“%(heading)s”: “%(value)s” is not a date. Write it like 1980-01-31."),
    ),
    "date_range": (
        Weight.REMARKED,
        _("“%(heading)s”: %(value)s lies in the future or before 1880. Correct it."),
    ),
    "dates_reversed": (
        Weight.REMARKED,
        _("The day of moving out lies before the day of moving in. Correct one of them."),
    ),
    "yes_no": (Weight.REMARKED, _("“%(heading)s”: write yes or no instead of “%(value)s”.")),
    "sex": (Weight.REMARKED, _("“%(heading)s”: write 男 or 女 instead of “%(value)s”.")),
    "birth_differs": (
        Weight.REMARKED,
        _("“%(heading)s” differs from the identity number, whose date was taken."),
    ),
    "sex_differs": (
        Weight.REMARKED,
        _("“%(heading)s” differs from the identity number, whose sex was taken."),
    ),
    "foreign": (
        Weight.REMARKED,
        _(
            "“%(heading)s”: only identity numbers of 18 characters are kept; this other document was left out."
        ),
    ),
    "occupancy_differs": (
        Weight.REMARKED,
        _("“%(heading)s” says something else than another row of the same door, which was taken."),
    ),
    "position_half": (
        Weight.REMARKED,
        _("The position is left out: its %(heading)s is missing. Write both, or neither."),
    ),
    "position_number": (
        Weight.REMARKED,
        _(
            "The position is left out: longitude and latitude are not both numbers. Write degrees such as 116.41 and 39.92."
        ),
    ),
    "position_swapped": (
        Weight.REMARKED,
        _(
            "The position is left out: longitude and latitude are swapped. In China the longitude is the larger number."
        ),
    ),
    "position_range": (
        Weight.REMARKED,
        _(
            "The position is left out: it is no place. Write longitude and latitude in degrees such as 116.41 and 39.92, or empty the cells."
        ),
    ),
    "datum": (
        Weight.REMARKED,
        _(
            "“%(heading)s”: “%(value)s” is not a coordinate system known here, so the position is left out. Write WGS-84, GCJ-02 or BD-09."
        ),
    ),
    "position_differs": (
        Weight.REMARKED,
        _(
            "Another row puts this building more than half a kilometre away, and that position was taken. Compare them on a map."
        ),
    ),
    "grid_differs": (
        Weight.REMARKED,
        _(
            "The household stays in %(value)s. To move it, open the other grid and choose “Add households”."
        ),
    ),
}

FILE_SENTENCES: dict[str, Any] = {
    "suffix": _("This is not an Excel or CSV file. Save it as .xlsx and upload it again."),
    "empty": _("This file is empty."),
    "too_large": _(
        "This file is larger than %(limit)s MB. Split it, for example by estate, and upload the parts."
    ),
    "too_many_rows": _(
        "This file has more than %(limit)s rows. Split it, for example by estate, and upload the parts."
    ),
    "unpacked": _(
        "Unpacked, this file is larger than %(limit)s MB, so it was not opened. Copy the table into a new workbook and upload that."
    ),
    "far_cell": _(
        "A single cell far away makes this sheet too large to open. Copy the table into a new workbook and upload that."
    ),
    "macro": _(
        "This file contains macros and was not opened. Save it as .xlsx and upload it again."
    ),
    "password": _(
        "This file is protected by a password. Remove the password in Excel and upload it again."
    ),
    "damaged": _(
        "This file is damaged and cannot be opened. Open it in Excel, save it again and upload that."
    ),
    "not_a_workbook": _(
        "This is not an Excel workbook, whatever its name says. Save it as .xlsx and upload it again."
    ),
    "encoding": _(
        "The characters of this file cannot be read. Open it in Excel, save it as .xlsx and upload that."
    ),
    "no_headings": _(
        "No row among the first 20 names the columns. There must be a heading for the name (姓名) and for the address."
    ),
    "no_rows": _("There is a row of headings but nothing below it."),
    "register_changed": _(
        "The register was changed while this was being written, so nothing was written. Upload the file again."
    ),
    "not_confirmed": _("Nobody confirmed this import within 30 days, so the file was deleted."),
    "unexpected": _(
        "Something went wrong while the file was being read. Nothing was changed. Upload it again, and tell the administrator if it happens twice."
    ),
}


def weight_of(problems: list[Problem]) -> Weight | None:
    """Return the heaviest weight among these problems, None for no problem."""
    if not problems:
        return None
    weights = {SENTENCES[problem.code][0] for problem in problems}
    return next((weight for weight in Weight if weight in weights), None)


def problem_text(problem: Problem, *, masked: bool) -> str:
    """Say what is wrong; on pages with the digits of what stands in the cell hidden."""
    value = mask_digits(problem.value) if masked else problem.value
    if problem.code == "known_elsewhere":
        value = ", ".join(str(FACTS[fact]) for fact in value.split(", "))
    heading = FACTS.get(problem.heading, problem.heading)
    return str(SENTENCES[problem.code][1]) % {"heading": heading, "value": value}


def file_text(code: str, values: dict[str, Any]) -> str:
    sentence = FILE_SENTENCES.get(code, FILE_SENTENCES["unexpected"])
    return str(sentence) % values if values else str(sentence)
