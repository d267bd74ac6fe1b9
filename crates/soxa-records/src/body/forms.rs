//! The forms of the parts of bodies: how each is written, and which values it has.

use soxa_ledger::Time;
use soxa_ledger::cbor::{CborError, Item, Reader, Writer};
use soxa_ledger::ids::{OpId, PublicKey, RecordId};
use soxa_ledger::operation::{OpRef, RecordRef};

use super::{Body, Form};
use crate::limits::{CODE_BYTES_MAX, DEPTH_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX, YEARS};
use crate::measure::{Date, LinkId, Quantity};

/// A word of an enumeration.
pub(crate) struct Word;
/// A text that says something.
pub(crate) struct Name;
/// A code that says something.
pub(crate) struct Code;
/// A code that may be empty.
pub(crate) struct CodeOrNone;
/// A text that may be empty.
pub(crate) struct Text;
/// A text as long as any, that says something.
pub(crate) struct Reason;
/// A day.
pub(crate) struct Day;
/// A year.
pub(crate) struct Year;
/// A moment.
pub(crate) struct Moment;
/// An amount in thousandths.
pub(crate) struct Amount;
/// A sum in đồng, never negative.
pub(crate) struct Dong;
/// 32 bytes that name or hash something.
pub(crate) struct Id;
/// An operation of this or another commit: an index or 32 bytes.
pub(crate) struct Op;
/// An existing record, of this or another commit: an index or 32 bytes.
pub(crate) struct Rec;
/// A number of 32 bits.
pub(crate) struct Small;
/// The number of a line, from 1.
pub(crate) struct Line;
/// The depth of a link that a handover makes: at least 1.
pub(crate) struct Depth;
/// Yes or no.
pub(crate) struct Flag;
/// A body inside a body.
pub(crate) struct Part;
/// Something or null.
pub(crate) struct Opt<F>(F);
/// An array of at most so many.
pub(crate) struct List<F, const MAX: usize>(F);
/// At most so many different units.
pub(crate) struct Path<const MAX: usize>;

fn wrong<T>(field: &'static str, what: &'static str) -> Result<T, CborError> {
    Err(CborError::Value { field, what })
}

/// Declares the forms that are texts of at most so many bytes.
macro_rules! texts {
    ($($form:ident <= $max:ident $($required:ident)?),+ $(,)?) => {$(
        impl Form<String> for $form {
            fn write(w: &mut Writer, value: &String) {
                w.text(value);
            }

            fn read(r: &mut Reader<'_>, field: &'static str) -> Result<String, CborError> {
                let text = r.text(field, $max)?;
                $($required(text, field)?;)?
                Ok(text.to_owned())
            }
        }
    )+};
}
texts!(
    Name <= NAME_BYTES_MAX required,
    Code <= CODE_BYTES_MAX required,
    CodeOrNone <= CODE_BYTES_MAX,
    Text <= TEXT_BYTES_MAX,
    Reason <= TEXT_BYTES_MAX required,
);

fn required(text: &str, field: &'static str) -> Result<(), CborError> {
    if text.trim().is_empty() {
        wrong(field, "an empty text")
    } else {
        Ok(())
    }
}

impl Form<Date> for Day {
    fn write(w: &mut Writer, value: &Date) {
        w.uint(value.number().into());
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Date, CborError> {
        Date::from_number(r.uint(field)?).or_else(|_| wrong(field, "no day of the calendar"))
    }
}

impl Form<u16> for Year {
    fn write(w: &mut Writer, value: &u16) {
        w.uint((*value).into());
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<u16, CborError> {
        match u16::try_from(r.uint(field)?) {
            Ok(year) if YEARS.contains(&year) => Ok(year),
            _ => wrong(field, "a year that cannot be"),
        }
    }
}

impl Form<Time> for Moment {
    fn write(w: &mut Writer, value: &Time) {
        w.uint(value.0);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Time, CborError> {
        match r.uint(field)? {
            ms if i64::try_from(ms).is_ok() => Ok(Time(ms)),
            _ => wrong(field, "a moment beyond 63 bits"),
        }
    }
}

impl Form<Quantity> for Amount {
    fn write(w: &mut Writer, value: &Quantity) {
        w.uint(value.thousandths);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Quantity, CborError> {
        match r.uint(field)? {
            thousandths if thousandths <= Quantity::MAX.thousandths => Ok(Quantity { thousandths }),
            _ => wrong(field, "an amount beyond 63 bits"),
        }
    }
}

impl Form<i64> for Dong {
    fn write(w: &mut Writer, value: &i64) {
        w.int(*value);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<i64, CborError> {
        i64::try_from(r.uint(field)?).or_else(|_| wrong(field, "a sum beyond 63 bits"))
    }
}

impl Form<RecordId> for Id {
    fn write(w: &mut Writer, value: &RecordId) {
        w.bytes(&value.0);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<RecordId, CborError> {
        r.fixed(field).map(RecordId)
    }
}

impl Form<LinkId> for Id {
    fn write(w: &mut Writer, value: &LinkId) {
        w.bytes(&value.0);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<LinkId, CborError> {
        r.fixed(field).map(LinkId)
    }
}

impl Form<PublicKey> for Id {
    fn write(w: &mut Writer, value: &PublicKey) {
        w.bytes(&value.0);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<PublicKey, CborError> {
        r.fixed(field).map(PublicKey)
    }
}

impl Form<[u8; 32]> for Id {
    fn write(w: &mut Writer, value: &[u8; 32]) {
        w.bytes(value);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<[u8; 32], CborError> {
        r.fixed(field)
    }
}

impl Form<OpRef> for Op {
    fn write(w: &mut Writer, value: &OpRef) {
        match value {
            OpRef::Id(id) => w.bytes(&id.0),
            OpRef::Here(index) => w.uint((*index).into()),
        };
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<OpRef, CborError> {
        if r.peek(field)? == Item::Uint {
            Small::read(r, field).map(OpRef::Here)
        } else {
            r.fixed(field).map(|id| OpRef::Id(OpId(id)))
        }
    }
}

impl Form<RecordRef> for Rec {
    /// [`RecordRef::New`] names no record and is written as null, which no reader accepts.
    fn write(w: &mut Writer, value: &RecordRef) {
        match value {
            RecordRef::New => w.null(),
            RecordRef::Id(id) => w.bytes(&id.0),
            RecordRef::Here(index) => w.uint((*index).into()),
        };
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<RecordRef, CborError> {
        if r.peek(field)? == Item::Uint {
            Small::read(r, field).map(RecordRef::Here)
        } else {
            Id::read(r, field).map(RecordRef::Id)
        }
    }
}

impl Form<u32> for Small {
    fn write(w: &mut Writer, value: &u32) {
        w.uint((*value).into());
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
        u32::try_from(r.uint(field)?).or_else(|_| wrong(field, "a number beyond 32 bits"))
    }
}

impl Form<u32> for Line {
    fn write(w: &mut Writer, value: &u32) {
        Small::write(w, value);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
        match Small::read(r, field)? {
            0 => wrong(field, "lines are numbered from 1"),
            line => Ok(line),
        }
    }
}

impl Form<u32> for Depth {
    fn write(w: &mut Writer, value: &u32) {
        Small::write(w, value);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
        match Small::read(r, field)? {
            depth if (1..=DEPTH_MAX).contains(&depth) => Ok(depth),
            _ => wrong(field, "a depth that no handover makes"),
        }
    }
}

impl Form<bool> for Flag {
    fn write(w: &mut Writer, value: &bool) {
        w.bool(*value);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<bool, CborError> {
        r.bool(field)
    }
}

impl<T: Body> Form<T> for Part {
    fn write(w: &mut Writer, value: &T) {
        value.write(w);
    }

    fn read(r: &mut Reader<'_>, _field: &'static str) -> Result<T, CborError> {
        T::read(r)
    }
}

impl<T, F: Form<T>> Form<Option<T>> for Opt<F> {
    fn write(w: &mut Writer, value: &Option<T>) {
        w.option(value.as_ref(), |w, value| F::write(w, value));
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Option<T>, CborError> {
        r.option(field, |r| F::read(r, field))
    }
}

impl<T, F: Form<T>, const MAX: usize> Form<Vec<T>> for List<F, MAX> {
    fn write(w: &mut Writer, value: &Vec<T>) {
        w.array(value.len());
        value.iter().for_each(|one| F::write(w, one));
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Vec<T>, CborError> {
        r.list(field, MAX, |r| F::read(r, field))
    }
}

impl<const MAX: usize> Form<Vec<RecordId>> for Path<MAX> {
    fn write(w: &mut Writer, value: &Vec<RecordId>) {
        List::<Id, MAX>::write(w, value);
    }

    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Vec<RecordId>, CborError> {
        let path = List::<Id, MAX>::read(r, field)?;
        let twice = path
            .iter()
            .enumerate()
            .any(|(i, unit)| path.iter().take(i).any(|other| other == unit));
        if twice {
            wrong(field, "a unit twice in one path")
        } else {
            Ok(path)
        }
    }
}

/// That a last day, when there is one, is not before the first.
pub(crate) fn check_days(from: Date, until: Option<Date>) -> Result<(), CborError> {
    if until.is_some_and(|until| until < from) {
        wrong("until", "before the first day")
    } else {
        Ok(())
    }
}
