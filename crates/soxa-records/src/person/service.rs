//! What else happens to somebody in public service: leaving it, what is paid then, allowances, wishes for a transfer.
//!
//! All of it is for the unit that has the person to say, or for a unit above it; a payment also for the unit that the departure names to pay.

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::OpRef;

use crate::body::{Day, Dong, Id, List, Name, Op, Opt, Text, Word, body, check_days, words};
use crate::legality::{Scene, Stop};
use crate::limits::PREFERRED_UNITS_MAX;
use crate::measure::Date;
use crate::person::view::departures_of;
use crate::person::{expect_home, home_path};
use crate::value::{Change, append, replace, word_values};
use crate::verdict::Illegality;

words! {
    /// Why somebody leaves the service.
    Ground, "ground of a departure" {
        /// Nghỉ hưu.
        Retirement = "retirement",
        /// Nghỉ hưu trước tuổi.
        EarlyRetirement = "early_retirement",
        /// Thôi việc.
        Resignation = "resignation",
        /// Tinh giản biên chế.
        Downsizing = "downsizing",
        /// The contract ends.
        ContractEnd = "contract_end",
        /// Buộc thôi việc.
        Dismissal = "dismissal",
        /// Từ trần.
        Death = "death",
        /// Anything else.
        Other = "other",
    }
}
word_values!(Ground);

body! {
    /// Body of `person.depart`: `[home, ground, decree, decision, last day, amount or null, payer or null]`.
    Depart = "person.depart" {
        /// The unit that has the person.
        home: RecordId => Id,
        /// Why.
        ground: Ground => Word,
        /// The decree under which, if there are benefits.
        decree: String => Text,
        /// The decision: number, date, issuer.
        decision: String => Text,
        /// The last day in service.
        last_day: Date => Day,
        /// What is to be paid, in đồng.
        amount: Option<i64> => Opt<Dong>,
        /// Who pays it, when that is neither the unit nor one above it: the department of finance.
        payer: Option<RecordId> => Opt<Id>,
    }
}

body! {
    /// Body of `person.pay`: `[departure, home, amount, date, receipt]`.
    DeparturePay = "person.pay" {
        /// The operation that decided the departure.
        departure: OpRef => Op,
        /// The unit that has the person.
        home: RecordId => Id,
        /// How much, in đồng.
        amount: i64 => Dong,
        /// When.
        date: Date => Day,
        /// The voucher's number.
        receipt: String => Text,
    }
}

body! {
    /// Body of `person.allow`: `[home, name, monthly, from, until or null, basis]`.
    Allow = "person.allow" checked by check_term {
        /// The unit that has the person.
        home: RecordId => Id,
        /// What it is called. A later one of the same name and first day takes the place of an earlier one.
        name: String => Name,
        /// How much a month, in đồng.
        monthly: i64 => Dong,
        /// First day.
        from: Date => Day,
        /// Last day, when it is known.
        until: Option<Date> => Opt<Day>,
        /// The text that orders it.
        basis: String => Text,
    }
}

body! {
    /// Body of `person.prefer`: `[home, [unit…], date, reason]`. It takes the place of what was wished before.
    Prefer = "person.prefer" {
        /// The unit that has the person.
        home: RecordId => Id,
        /// Where the person would like to go, the first wish first; none when there is no wish any more.
        units: Vec<RecordId> => List<Id, PREFERRED_UNITS_MAX>,
        /// When it was said.
        date: Date => Day,
        /// Why.
        reason: String => Text,
    }
}

fn check_term(allow: &Allow) -> Result<(), CborError> {
    check_days(allow.from, allow.until)
}

impl Depart {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(if self.payer.is_some() { 2 } else { 1 })?;
        expect_home(scene, self.home)?;
        if let Some(payer) = self.payer {
            scene.cited_unit_at(1, payer)?;
        }
        // Whoever decides anew knows of the departure before: it was wrong.
        let mut changes: Vec<Change> = replace(scene.past, "departures", |_| true).collect();
        let row = append(
            "departures",
            [
                ("ground", self.ground.into()),
                ("decree", self.decree.as_str().into()),
                ("decision", self.decision.as_str().into()),
                ("last_day", self.last_day.into()),
            ],
        );
        changes.push(row.and("amount", self.amount).and("payer", self.payer));
        Ok(changes)
    }
}

impl DeparturePay {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        let path = home_path(scene, self.home)?;
        let id = self.departure.resolve(scene.facts.commit);
        let departures = departures_of(scene.past);
        let departure = departures.iter().find(|one| one.id == id);
        let departure = departure.ok_or(Illegality::NoSuchDeparture(id))?;
        match departure.payer {
            Some(payer) if scene.actor.unit() == Some(payer) => {}
            Some(payer) if !scene.is_at_or_above(&path) => return Err(Illegality::NotPayer { payer }.into()),
            _ => scene.expect_at_or_above(&path)?,
        }
        Ok(vec![append(
            "payments",
            [
                ("departure", id.into()),
                ("amount", self.amount.into()),
                ("date", self.date.into()),
                ("receipt", self.receipt.as_str().into()),
            ],
        )])
    }
}

impl Allow {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        expect_home(scene, self.home)?;
        let same = |row: &crate::value::Row| {
            row.text("name") == self.name && row.get::<Date>("from") == Some(self.from)
        };
        let mut changes: Vec<Change> = replace(scene.past, "allowances", same).collect();
        let row = append(
            "allowances",
            [
                ("name", self.name.as_str().into()),
                ("monthly", self.monthly.into()),
                ("from", self.from.into()),
                ("basis", self.basis.as_str().into()),
            ],
        );
        changes.push(row.and("until", self.until));
        Ok(changes)
    }
}

impl Prefer {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        expect_home(scene, self.home)?;
        let mut changes: Vec<Change> = replace(scene.past, "preferences", |_| true).collect();
        changes.extend(self.units.iter().map(|unit| {
            append(
                "preferences",
                [
                    ("unit", (*unit).into()),
                    ("date", self.date.into()),
                    ("reason", self.reason.as_str().into()),
                ],
            )
        }));
        Ok(changes)
    }
}
