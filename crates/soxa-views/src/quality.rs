//! The report on the data themselves: right, sufficient, clean (đúng, đủ, sạch).
//!
//! A record is *right* when officials do not disagree on it; *sufficient* when it says what its form asks for; *clean* when no other
//! record stands for the same thing, as far as codes, and of people name and year of birth, tell. Only what a node reads is counted,
//! and only what is at work: units that are open, people in service, assets in the books.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::RecordId;
use soxa_records::asset::AssetView;
use soxa_records::dossier::view::DossierView;
use soxa_records::person::view::PersonView;
use soxa_records::unit::UnitStage;
use soxa_records::unit::view::UnitView;
use soxa_records::{Date, Field, RecordKind};

use crate::asked::Asked;
use crate::figure::{Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines};
use crate::limits::PLACES;

/// What a report looks at in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityRow {
    /// What sort of record it is.
    pub kind: RecordKind,
    /// The units whose record it is: several where two hold one thing.
    pub units: Vec<RecordId>,
    /// Whether officials disagree on it.
    pub disputed: bool,
    /// What its form asks for and nobody wrote, by the names of fields.
    pub lacks: Vec<&'static str>,
    /// What no other record of the sort should say; none when it says nothing of that.
    pub identity: Option<Vec<String>>,
}

fn is_written(field: &Field<String>) -> bool {
    field.distinct().iter().any(|text| !text.trim().is_empty())
}

/// The names of what is lacking.
fn lacking<const N: usize>(asked: [(&'static str, bool); N]) -> Vec<&'static str> {
    let lacks = asked.into_iter().filter(|(_, written)| !written);
    lacks.map(|(field, _)| field).collect()
}

/// What all parts of an identity say; none when one says nothing.
fn identity(parts: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    let parts: Vec<String> = parts.into_iter().collect();
    parts.iter().all(|part| !part.is_empty()).then_some(parts)
}

fn text(field: &Field<String>, fold: impl Fn(&str) -> String) -> String {
    field.one().map(|text| fold(text.trim())).unwrap_or_default()
}

impl QualityRow {
    /// The row of an asset in the books; none of one that is not. Two units may give one code.
    #[must_use]
    pub fn asset(view: &AssetView, disputed: bool, fold: impl Fn(&str) -> String) -> Option<Self> {
        if !view.is_in_books() {
            return None;
        }
        let holder = view.custody.custodian;
        let code = text(&view.code, fold);
        Some(Self {
            kind: RecordKind::Asset,
            units: holder
                .into_iter()
                .chain(view.custody.tied.iter().copied())
                .collect(),
            disputed: disputed || view.states.len() > 1,
            lacks: lacking([
                ("code", is_written(&view.code)),
                ("category", is_written(&view.category) || !view.classes.is_empty()),
                ("in_use_year", !view.in_use_year.is_empty()),
                ("condition", is_written(&view.condition)),
                ("site", is_written(&view.site)),
            ]),
            identity: holder.and_then(|unit| identity([unit.to_string(), code])),
        })
    }

    /// The row of somebody in service on a day; none of who has left.
    #[must_use]
    pub fn person(
        view: &PersonView,
        disputed: bool,
        day: Date,
        fold: impl Fn(&str) -> String,
    ) -> Option<Self> {
        if view.has_left_by(day) {
            return None;
        }
        let year = view.birth_year.one().map(ToString::to_string);
        let holder = view.custody.custodian.into_iter();
        Some(Self {
            kind: RecordKind::Person,
            units: holder.chain(view.custody.tied.iter().copied()).collect(),
            disputed,
            lacks: lacking([
                ("birth_year", !view.birth_year.is_empty()),
                ("rank", is_written(&view.rank)),
            ]),
            identity: identity([text(&view.name, fold), year.unwrap_or_default()]),
        })
    }

    /// The row of a dossier.
    #[must_use]
    pub fn dossier(view: &DossierView, disputed: bool, fold: impl Fn(&str) -> String) -> Self {
        let lives = !view.residence.is_empty() || is_written(&view.province);
        Self {
            kind: RecordKind::Dossier,
            units: view.receiving.into_iter().chain(view.competent).collect(),
            disputed,
            lacks: lacking([
                ("code", view.received.is_empty() || is_written(&view.code)),
                ("applicant", !view.applicant.is_empty()),
                ("residence", lives),
                ("papers", !view.papers.is_empty()),
            ]),
            identity: identity([text(&view.code, fold)]),
        }
    }

    /// The row of a unit at work; none of one that is not.
    #[must_use]
    pub fn unit(
        id: RecordId,
        view: &UnitView,
        disputed: bool,
        fold: impl Fn(&str) -> String,
    ) -> Option<Self> {
        (view.stage == UnitStage::Open).then(|| Self {
            kind: RecordKind::Unit,
            units: vec![id],
            disputed,
            lacks: lacking([("code", is_written(&view.code))]),
            identity: identity([text(&view.code, fold)]),
        })
    }
}

/// Records of one sort or unit.
#[derive(Debug, Default)]
struct Checked {
    records: Tally,
    right: Tally,
    sufficient: Tally,
    clean: Tally,
    faultless: Tally,
}

impl Checked {
    fn take(&mut self, id: RecordId, row: &QualityRow, clean: bool) {
        let (right, sufficient) = (!row.disputed, row.lacks.is_empty());
        self.records.add(id);
        self.right.add_if(right, id);
        self.sufficient.add_if(sufficient, id);
        self.clean.add_if(clean, id);
        self.faultless.add_if(right && sufficient && clean, id);
    }

    fn figures(self) -> Vec<Figure> {
        let all = self.records.count();
        let share = |tally: Tally, name| tally.share(name, all, PLACES, Base::Records);
        vec![
            self.records.figure(Name::Records, Base::Records),
            share(self.right, Name::Right),
            share(self.sufficient, Name::Sufficient),
            share(self.clean, Name::Clean),
            share(self.faultless, Name::Faultless),
        ]
    }
}

/// The report on the data.
pub fn quality(asked: &Asked, records: impl IntoIterator<Item = (RecordId, QualityRow)>) -> Report {
    let records: BTreeMap<RecordId, QualityRow> = records.into_iter().collect();
    let mut same: BTreeMap<(RecordKind, &[String]), BTreeSet<RecordId>> = BTreeMap::new();
    for (id, row) in &records {
        if let Some(identity) = &row.identity {
            same.entry((row.kind, identity)).or_default().insert(*id);
        }
    }
    let is_clean = |row: &QualityRow| {
        let own = row.identity.as_ref().and_then(|own| same.get(&(row.kind, own)));
        own.is_none_or(|same| same.len() == 1)
    };
    let mut all = Checked::default();
    let [mut disputed, mut insufficient, mut double]: [Tally; 3] = Default::default();
    let mut kinds: BTreeMap<Group, Checked> = BTreeMap::new();
    let mut units: BTreeMap<Group, Checked> = BTreeMap::new();
    let mut fields: BTreeMap<Group, Tally> = BTreeMap::new();
    for (id, row) in &records {
        if !asked.is_about_any(row.units.iter().copied()) {
            continue;
        }
        let clean = is_clean(row);
        all.take(*id, row, clean);
        let kind = Group::Word(row.kind.as_str());
        kinds.entry(kind).or_default().take(*id, row, clean);
        let unit = match row.units.as_slice() {
            [] => Group::None,
            [first, rest @ ..] if rest.iter().all(|unit| unit == first) => Group::Unit(*first),
            [first, ..] if row.kind == RecordKind::Dossier => Group::Unit(*first),
            _ => Group::Disputed,
        };
        units.entry(unit).or_default().take(*id, row, clean);
        disputed.add_if(row.disputed, *id);
        double.add_if(!clean, *id);
        if !row.lacks.is_empty() {
            insufficient.say(*id, row.lacks.join(", "));
        }
        for field in &row.lacks {
            fields.entry(Group::Word(field)).or_default().add(*id);
        }
    }
    let mut figures = all.figures();
    figures.extend([
        disputed.figure(Name::DisputedValues, Base::Records),
        insufficient.figure(Name::Insufficient, Base::Records),
        double.figure(Name::Doubled, Base::Records),
    ]);
    let breakdowns = [
        lines(By::RecordKind, kinds, Checked::figures),
        lines(By::LackingField, fields, |records| {
            vec![records.figure(Name::Insufficient, Base::Records)]
        }),
        lines(By::Unit, units, Checked::figures),
    ];
    Report {
        kind: ReportKind::Quality,
        figures,
        breakdowns: breakdowns.into_iter().flatten().collect(),
    }
}
