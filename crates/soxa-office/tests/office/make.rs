//! What the tests of plans share: two units, and records as the ledger shows them.

use soxa_ledger::{OpId, RecordId};
use soxa_office::columns::Column;
use soxa_office::plan::{self, Kind, Places, Plan};
use soxa_office::problems::{Problems, Reason};
use soxa_office::take::{self, Taking};
use soxa_office::{table, workbook};
use soxa_records::custody::{CustodyView, Link};
use soxa_records::measure::LinkId;
use soxa_records::{Field, Written};

pub const COMMUNE: RecordId = RecordId([1; 32]);
pub const OLD_COMMUNE: RecordId = RecordId([3; 32]);
pub const CENTRE: RecordId = RecordId([2; 32]);

/// A ledger with two units.
pub struct Units;

impl plan::Units for Units {
    fn name(&self, unit: RecordId) -> String {
        if unit == COMMUNE {
            "Xã Mường Bú"
        } else {
            "Trung tâm"
        }
        .to_owned()
    }

    /// The old commune has become part of the new one.
    fn at_work(&self, unit: RecordId) -> Result<RecordId, Reason> {
        Ok(if unit == OLD_COMMUNE { COMMUNE } else { unit })
    }

    fn unit(&self, text: &str) -> Result<RecordId, Reason> {
        match text {
            "03847" | "Xã Mường Bú" => Ok(COMMUNE),
            "Trung tâm" => Ok(CENTRE),
            "Xã Tạ Bú" => Ok(OLD_COMMUNE),
            _ => Err(Reason::UnknownUnit {
                value: text.to_owned(),
                near: vec!["Xã Mường Bú".to_owned()],
            }),
        }
    }
}

/// What an import of a file would do.
pub fn planned<K: Kind>(kind: &mut K, bytes: &[u8], unit: Option<RecordId>) -> Plan<K::New> {
    let workbook = workbook::read(bytes).unwrap();
    let sheet = table::choose(&workbook, K::COLUMNS, None).unwrap();
    let table = table::read(sheet, K::COLUMNS).unwrap();
    plan::plan(kind, &table, &mut Places::new(&Units, unit))
}

/// What the lines of a table that is no list of records say, and what is wrong with it.
pub fn lines<T>(
    bytes: &[u8],
    columns: &[Column],
    unit: Option<RecordId>,
    mut read: impl FnMut(&mut Taking<'_, '_>, &mut Places<'_>) -> Option<T>,
) -> (Vec<(u32, T)>, Problems) {
    let workbook = workbook::read(bytes).unwrap();
    let sheet = table::choose(&workbook, columns, None).unwrap();
    let table = table::read(sheet, columns).unwrap();
    let mut places = Places::new(&Units, unit);
    take::lines(&table, |line| read(line, &mut places))
}

/// Row, column and reason of each problem.
pub fn places(problems: &Problems) -> Vec<(u32, String, &'static str)> {
    let place = |p: &soxa_office::problems::Problem| (p.place.row, p.place.letters(), p.reason.key());
    problems.kept.iter().map(place).collect()
}

pub fn field<T>(value: T) -> Field<T> {
    Field {
        values: vec![Written {
            value,
            op: OpId([0; 32]),
        }],
    }
}

/// The custody of a record in the unit that it was registered in.
pub fn held_by(record: RecordId, unit: RecordId) -> CustodyView {
    CustodyView::resolve(
        [Link {
            link: LinkId::of_registration(record),
            prev: None,
            depth: 0,
            from: None,
            to: unit,
            handover: None,
            ops: vec![record.into()],
        }],
        [],
    )
}
