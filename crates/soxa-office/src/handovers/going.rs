//! What goes to whom: the lines of a table that minutes are drafted from.

use soxa_ledger::RecordId;
use soxa_records::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX};

use crate::columns::{Column, Form, column, required};
use crate::plan::Places;
use crate::problems::Reason;
use crate::take::Taking;

/// The columns of such a table: the lines of one receiver, witness and place are one minutes.
pub const COLUMNS: &[Column] = &[
    required(column(
        "subject",
        "records.field.code",
        Form::Text,
        &[
            "ma so",
            "ma tai san",
            "ma ts",
            "tai san",
            "ho ten",
            "ho va ten",
            "noi dung ban giao",
            "asset",
            "person",
        ],
    )),
    required(column(
        "receiver",
        "records.field.receiver",
        Form::Text,
        &[
            "ben nhan",
            "don vi nhan",
            "don vi tiep nhan",
            "giao cho",
            "noi nhan",
            "ma don vi nhan",
        ],
    )),
    column(
        "witness",
        "records.field.witness",
        Form::Text,
        &["ben chung kien", "don vi chung kien", "chung kien"],
    ),
    column(
        "place",
        "records.field.place",
        Form::Text,
        &["dia diem", "dia diem ban giao", "noi giao", "noi ban giao"],
    ),
];

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going<S> {
    /// What goes.
    pub subject: S,
    /// To whom.
    pub receiver: RecordId,
    /// The third party, where the line names one.
    pub witness: Option<RecordId>,
    /// The place, where the line names one.
    pub place: String,
}

/// What a line says; `subject` finds what goes by its code, name or id. None when something is wrong, which is noted then.
pub fn read<S>(
    line: &mut Taking<'_, '_>,
    places: &mut Places<'_>,
    subject: impl FnOnce(&str) -> Result<S, Reason>,
) -> Option<Going<S>> {
    let text = line.required_text("subject", NAME_BYTES_MAX);
    let found = Some(text)
        .filter(|text| !text.is_empty())
        .map(|text| subject(&text));
    let subject = found.and_then(|found| found.map_err(|reason| line.refuse("subject", reason)).ok());
    let receiver = places.required_in(line, "receiver");
    let witness = places.in_column(line, "witness");
    let place = line.text("place", TEXT_BYTES_MAX);
    line.is_whole().then_some(())?;
    Some(Going {
        subject: subject?,
        receiver: receiver?,
        witness: witness?,
        place,
    })
}
