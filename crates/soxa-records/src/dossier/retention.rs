//! How long dossiers are kept, as the province publishes it: after that nothing asks any more that their sealed files are there.
//!
//! A period counts from the end of the year in which the work was finished (“tính từ năm công việc kết thúc”, Circular
//! 10/2022/TT-BNV).

use crate::dossier::view::DossierView;
use crate::measure::Date;
use crate::reference::{BadReference, ReferenceTable, ReferenceVersion};
use crate::typed::RecordKind;
use crate::working_days::day_of;

/// Years of the longest period that is believed; what is kept longer is kept for ever.
const YEARS_MAX: u16 = 200;

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// So many years after the one in which it was finished.
    Years(u16),
    /// Vĩnh viễn.
    Forever,
}

/// A published retention period of dossiers. Parts: `period`, a number of years (`10`, `10 năm`) or `forever` (`vĩnh viễn`);
/// `procedure` and `field`, each as often as there are codes of procedures and fields of work that it is for (none: for all).
/// With `record`, another kind of record, it is none of dossiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// What it is called.
    pub key: String,
    /// How long.
    pub period: Period,
    /// The procedures; empty for all.
    pub procedures: Vec<String>,
    /// The fields of work; empty for all.
    pub fields: Vec<String>,
    /// The text that orders it.
    pub basis: String,
}

/// Until when a dossier is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Until the end of this day.
    Until(Date),
    /// For ever.
    Forever,
    /// So long after it is finished, which it is not.
    NotFinished,
}

impl Retention {
    /// Reads a version of a retention period; none when it is one of other records than dossiers.
    ///
    /// # Errors
    /// When it is no retention period, or a part is missing, doubled or malformed.
    pub fn read(version: &ReferenceVersion) -> Result<Option<Self>, BadReference> {
        if version.table != ReferenceTable::Retention {
            return Err(version.bad("table", "not a retention period"));
        }
        let record: Option<RecordKind> = version.parsed("record", "no kind of record")?;
        let period = period(version.text("period")?);
        let period = period.ok_or_else(|| version.bad("period", "neither 1 to 200 years nor for ever"))?;
        let texts = |name| {
            let texts = version.texts(name).map(|text| text.trim().to_owned());
            texts.collect::<Vec<_>>()
        };
        let is_of_dossiers = record.is_none_or(|record| record == RecordKind::Dossier);
        Ok(is_of_dossiers.then(|| Self {
            key: version.key.clone(),
            period,
            procedures: texts("procedure"),
            fields: texts("field"),
            basis: version.basis.clone(),
        }))
    }

    /// The period for a dossier of a procedure and its field of work: one that names the procedure, else one that names the field,
    /// else one for all; of several the longest. None when none is published.
    #[must_use]
    pub fn of<'a>(published: &'a [Self], procedure: &str, field: &str) -> Option<&'a Self> {
        let named = |names: &[String], name: &str| names.iter().any(|one| one == name);
        let closeness = |one: &Self| match (one.procedures.is_empty(), one.fields.is_empty()) {
            (false, _) => named(&one.procedures, procedure).then_some(2),
            (true, false) => named(&one.fields, field).then_some(1),
            (true, true) => Some(0),
        };
        let fitting = published.iter().filter_map(|one| Some((closeness(one)?, one)));
        let best = fitting.max_by_key(|(closeness, one)| (*closeness, one.period));
        best.map(|(_, one)| one)
    }

    /// Until when it has a dossier kept.
    #[must_use]
    pub fn keeps(&self, dossier: &DossierView) -> Kept {
        let years = match self.period {
            Period::Forever => return Kept::Forever,
            Period::Years(years) => years,
        };
        let finished = dossier.finished().and_then(day_of);
        let last = finished.and_then(|(day, _)| Date::new(day.year().checked_add(years)?, 12, 31).ok());
        last.map_or(Kept::NotFinished, Kept::Until)
    }
}

fn period(text: &str) -> Option<Period> {
    let text = text.trim().to_lowercase();
    if ["forever", "vĩnh viễn"].contains(&text.as_str()) {
        return Some(Period::Forever);
    }
    let number = text.strip_suffix("năm").or_else(|| text.strip_suffix("years"));
    let years = number.unwrap_or(&text).trim().parse().ok();
    years
        .filter(|years| (1..=YEARS_MAX).contains(years))
        .map(Period::Years)
}

impl Kept {
    /// Whether the period was over before a day.
    #[must_use]
    pub fn is_over(self, day: Date) -> bool {
        matches!(self, Self::Until(last) if last < day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::ReferencePart;

    fn version(key: &str, parts: &[(&str, &str)]) -> ReferenceVersion {
        let part = |(name, text): &(&str, &str)| ReferencePart {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        };
        ReferenceVersion {
            table: ReferenceTable::Retention,
            key: key.to_owned(),
            from: Date::new(2025, 7, 1).unwrap(),
            until: None,
            parts: parts.iter().map(part).collect(),
            basis: "QĐ 5".to_owned(),
        }
    }

    #[test]
    fn the_closest_period_holds_and_of_several_the_longest() {
        let read = |key, parts: &[(&str, &str)]| Retention::read(&version(key, parts)).unwrap().unwrap();
        let published = [
            read("all", &[("period", "5")]),
            read(
                "civil",
                &[("period", "20 năm"), ("field", "Hộ tịch"), ("field", "Cư trú")],
            ),
            read("birth", &[("period", "Vĩnh viễn"), ("procedure", "1.001193")]),
            read("death", &[("period", "10"), ("procedure", "1.000656")]),
            read("death again", &[("period", "15"), ("procedure", "1.000656")]),
        ];
        let of = |procedure, field| Retention::of(&published, procedure, field).map(|one| one.key.as_str());
        assert_eq!(of("1.001193", "Hộ tịch"), Some("birth"));
        assert_eq!(of("1.000656", "Hộ tịch"), Some("death again"));
        assert_eq!(of("1.000894", "Cư trú"), Some("civil"));
        assert_eq!(of("2.000635", "Đất đai"), Some("all"));
        assert_eq!(Retention::of(&published[1..], "2.000635", "Đất đai"), None);
    }

    #[test]
    fn what_is_no_period_is_refused_and_that_of_other_records_is_none() {
        let read = |parts: &[(&str, &str)]| Retention::read(&version("x", parts)).map_err(|bad| bad.part);
        assert_eq!(read(&[("record", "asset"), ("period", "5")]), Ok(None));
        for (parts, part) in [
            (&[][..], "period"),
            (&[("record", "file"), ("period", "5")], "record"),
            (&[("period", "0")], "period"),
            (&[("period", "201")], "period"),
            (&[("period", "-5")], "period"),
            (&[("period", "5"), ("period", "forever")], "period"),
            (&[("period", "5 tháng")], "period"),
        ] {
            assert_eq!(read(parts), Err(part), "{parts:?}");
        }
    }
}
