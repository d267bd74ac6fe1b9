//! A person in public service as people read it: class, unit, secondments, departure, allowances, wishes.

use soxa_ledger::ids::{OpId, RecordId};

use crate::custody::CustodyView;
use crate::measure::Date;
use crate::person::secondment::{Secondment, secondments_of};
use crate::person::service::Ground;
use crate::person::{PersonClass, WorkField};
use crate::state::CanonicalState;
use crate::typed::RecordKind;
use crate::value::{Field, counting};

/// A person as the record's state shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonView {
    /// The name.
    pub name: Field<String>,
    /// The year of birth.
    pub birth_year: Field<u16>,
    /// The class of service.
    pub class: Field<PersonClass>,
    /// The field of work.
    pub field: Field<WorkField>,
    /// The rank.
    pub rank: Field<String>,
    /// The way to work in kilometres; 0 when it is not known.
    pub commute_km: Field<u32>,
    /// The unit that has the person.
    pub custody: CustodyView,
    /// Secondments, in causal order.
    pub secondments: Vec<Secondment>,
    /// The departure; several when officials decided concurrently.
    pub departures: Vec<Departure>,
    /// Allowances.
    pub allowances: Vec<Allowance>,
    /// Where the person would like to go, the first wish first.
    pub preferences: Vec<Preference>,
}

/// A departure from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The operation, which is its id.
    pub id: OpId,
    /// Why.
    pub ground: Ground,
    /// The decree.
    pub decree: String,
    /// The decision.
    pub decision: String,
    /// The last day in service.
    pub last_day: Date,
    /// What is to be paid, in đồng.
    pub amount: Option<i64>,
    /// The unit that pays it beside the one that has the person and those above it.
    pub payer: Option<RecordId>,
    /// What was paid: amount, day, voucher.
    pub payments: Vec<(i64, Date, String)>,
}

impl Departure {
    /// What was paid together, in đồng.
    #[must_use]
    pub fn paid(&self) -> i64 {
        let amounts = self.payments.iter().map(|(amount, ..)| *amount);
        amounts.fold(0, i64::saturating_add)
    }
}

/// An allowance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The operation.
    pub op: OpId,
    /// What it is called.
    pub name: String,
    /// How much a month, in đồng.
    pub monthly: i64,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Option<Date>,
    /// The text that orders it.
    pub basis: String,
}

/// A wish for a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Where to.
    pub unit: RecordId,
    /// When it was said.
    pub date: Date,
    /// Why.
    pub reason: String,
}

impl PersonView {
    /// The person of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        (state.kind == Some(RecordKind::Person)).then(|| Self {
            name: state.field("name"),
            birth_year: state.field("birth_year"),
            class: state.field("class"),
            field: state.field("field"),
            rank: state.field("rank"),
            commute_km: state.field("commute_km"),
            custody: CustodyView::of(state),
            secondments: secondments_of(state),
            departures: departures_of(state),
            allowances: allowances_of(state),
            preferences: preferences_of(state),
        })
    }

    /// The secondment on which the person is on a day.
    #[must_use]
    pub fn seconded_on(&self, day: Date) -> Option<&Secondment> {
        self.secondments.iter().find(|one| one.is_active_on(day))
    }

    /// Whether the person has left the service before a day.
    #[must_use]
    pub fn has_left_by(&self, day: Date) -> bool {
        self.departures.iter().any(|one| one.last_day < day)
    }
}

pub(crate) fn departures_of(state: &CanonicalState) -> Vec<Departure> {
    let payments = |departure: OpId| {
        let rows = state.list("payments").iter();
        let own = rows.filter(move |row| row.get("departure") == Some(departure));
        own.filter_map(|row| Some((row.get("amount")?, row.get("date")?, row.text("receipt"))))
            .collect()
    };
    let departures = counting(state, "departures").filter_map(|row| {
        Some(Departure {
            id: row.op,
            ground: row.get("ground")?,
            decree: row.text("decree"),
            decision: row.text("decision"),
            last_day: row.get("last_day")?,
            amount: row.get("amount"),
            payer: row.get("payer"),
            payments: payments(row.op),
        })
    });
    departures.collect()
}

fn allowances_of(state: &CanonicalState) -> Vec<Allowance> {
    let allowances = counting(state, "allowances").filter_map(|row| {
        Some(Allowance {
            op: row.op,
            name: row.text("name"),
            monthly: row.get("monthly")?,
            from: row.get("from")?,
            until: row.get("until"),
            basis: row.text("basis"),
        })
    });
    allowances.collect()
}

fn preferences_of(state: &CanonicalState) -> Vec<Preference> {
    let preferences = counting(state, "preferences").filter_map(|row| {
        Some(Preference {
            unit: row.get("unit")?,
            date: row.get("date")?,
            reason: row.text("reason"),
        })
    });
    preferences.collect()
}
