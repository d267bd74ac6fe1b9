//! What was counted: the lines of minutes as a list goes out, and comes back with its column of counts filled in.

use std::collections::BTreeMap;

use soxa_records::handover::CountRow;
use soxa_records::limits::TEXT_BYTES_MAX;

use crate::columns::{Column, Form, column, required};
use crate::problems::Reason;
use crate::take::Taking;

/// The columns of the lines of minutes.
pub const COLUMNS: &[Column] = &[
    required(column(
        "line",
        "cli.label.number",
        Form::Count,
        &["stt", "tt", "so tt", "so thu tu", "dong", "line no"],
    )),
    column("sort", "records.field.kind", Form::Text, &[]),
    column("subject", "records.field.id", Form::Text, &[]),
    column("name", "records.field.name", Form::Text, &["ten tai san"]),
    column(
        "quantity",
        "records.field.quantity",
        Form::Amount,
        &["so luong theo bien ban"],
    ),
    column("measure", "records.field.measure", Form::Text, &["dvt"]),
    required(column(
        "counted",
        "cli.label.counted",
        Form::Amount,
        &["so luong thuc te", "thuc te", "thuc nhan", "kiem dem"],
    )),
    column("cost", "records.field.cost", Form::Money, &[]),
    column("residual", "records.field.residual_value", Form::Money, &[]),
    column(
        "condition",
        "records.field.condition",
        Form::Text,
        &["hien trang"],
    ),
    column("remark", "records.field.remark", Form::Text, &["ghi chu"]),
    column("refused", "cli.label.refused_because", Form::Text, &[]),
    column("moved", "cli.label.moved", Form::Text, &[]),
];

/// Reads the lines of one table. A line without a count says nothing.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    rows: BTreeMap<u32, u32>,
}

impl Counted {
    /// What was found on a line. None when nothing was, or something is wrong, which is noted then.
    pub fn read(&mut self, line: &mut Taking<'_, '_>) -> Option<CountRow> {
        let number = line.required("line", Taking::count);
        let quantity = line.amount("counted");
        let (condition, remark) = (
            line.text("condition", TEXT_BYTES_MAX),
            line.text("remark", TEXT_BYTES_MAX),
        );
        let (number, quantity) = (number?, quantity?);
        if number == 0 {
            line.refuse("line", Reason::NoSuchLine(number));
        }
        if let Some(row) = self.rows.insert(number, line.row()) {
            let value = number.to_string();
            line.refuse("line", Reason::Twice { value, row });
        }
        line.is_whole().then_some(CountRow {
            line: number,
            quantity,
            condition,
            remark,
        })
    }
}
