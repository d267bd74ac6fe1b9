//! Secondments (biệt phái): somebody works at another unit for a time, and keeps the post at home, where they count.
//!
//! The home decides, or a unit above it; the host takes the person or does not; either may end it early; at its end the host
//! rates the work and the home confirms. Each step is a row in causal order. Nothing ends with a clock: that a term is over is
//! what its last day says, and what the secondee may sign at the host ends with the term of the appointment there.

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::operation::OpRef;

use crate::body::{Day, Id, Name, Op, Text, Word, body, words};
use crate::legality::{Scene, Stop};
use crate::measure::Date;
use crate::person::{WorkField, departed_on, expect_home};
use crate::state::CanonicalState;
use crate::value::{Change, Row, append, counting, replace, word_values};
use crate::verdict::Illegality;

words! {
    /// How far a secondment has come.
    SecondmentStage, "stage of a secondment" {
        /// Decided by the home or a unit above.
        Decided = "decided",
        /// The host does not take the person.
        Declined = "declined",
        /// The host takes the person.
        Accepted = "accepted",
        /// Ended before its last day.
        Ended = "ended",
        /// The host has rated the work.
        Evaluated = "evaluated",
        /// The home has confirmed the rating.
        Confirmed = "confirmed",
    }
}

words! {
    /// How work is rated.
    Rating, "rating" {
        /// Hoàn thành xuất sắc nhiệm vụ.
        Excellent = "excellent",
        /// Hoàn thành tốt nhiệm vụ.
        Good = "good",
        /// Hoàn thành nhiệm vụ.
        Completed = "completed",
        /// Không hoàn thành nhiệm vụ.
        Failed = "failed",
    }
}
word_values!(SecondmentStage, Rating);

body! {
    /// Body of `person.second`: `[home, host, field, programme, from, until, payer, decision]`.
    Second = "person.second" checked by check_second {
        /// The unit that has the person.
        home: RecordId => Id,
        /// Where the person works meanwhile.
        host: RecordId => Id,
        /// The field of work there.
        field: WorkField => Word,
        /// The programme, if it is part of one.
        programme: String => Text,
        /// First day.
        from: Date => Day,
        /// Last day.
        until: Date => Day,
        /// Who pays meanwhile.
        payer: String => Name,
        /// The decision.
        decision: String => Text,
    }
}

body! {
    /// Body of `person.accept`, `person.decline`, `person.recall`, `person.confirm`: `[secondment, unit, date, note]`.
    SecondmentAct = "act on a secondment" {
        /// The operation that decided it.
        secondment: OpRef => Op,
        /// The unit that is spoken for: the host or the home.
        unit: RecordId => Id,
        /// From which day.
        date: Date => Day,
        /// Why, or a remark.
        note: String => Text,
    }
}

body! {
    /// Body of `person.evaluate`: `[secondment, host, rating, date, note]`.
    Evaluate = "person.evaluate" {
        /// The operation that decided it.
        secondment: OpRef => Op,
        /// The host.
        unit: RecordId => Id,
        /// The rating.
        rating: Rating => Word,
        /// On which day.
        date: Date => Day,
        /// What was done.
        note: String => Text,
    }
}

fn check_second(second: &Second) -> Result<(), CborError> {
    if second.home == second.host {
        return Err(CborError::Value {
            field: "host",
            what: "the home itself",
        });
    }
    crate::body::check_days(second.from, Some(second.until))
}

/// A secondment as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secondment {
    /// The operation that decided it, which is its id.
    pub id: OpId,
    /// The unit that had the person.
    pub home: RecordId,
    /// Where the person works.
    pub host: RecordId,
    /// The field of work.
    pub field: WorkField,
    /// The programme.
    pub programme: String,
    /// First day.
    pub from: Date,
    /// Last day as decided.
    pub until: Date,
    /// Who pays.
    pub payer: String,
    /// The decision.
    pub decision: String,
    /// What was done since, in causal order.
    pub steps: Vec<Step>,
}

/// A step of a secondment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The operation.
    pub op: OpId,
    /// What it came to.
    pub stage: SecondmentStage,
    /// The unit spoken for.
    pub unit: RecordId,
    /// From which day.
    pub date: Date,
    /// The rating, where there is one.
    pub rating: Option<Rating>,
    /// Whether a later rating took the place of this one.
    pub replaced: bool,
    /// A remark.
    pub note: String,
}

impl Secondment {
    /// How far it has come: the furthest step that anybody took. Whoever accepted without knowing that a colleague
    /// declined goes before the colleague, and both are shown.
    #[must_use]
    pub fn stage(&self) -> SecondmentStage {
        let stages = self.steps.iter().map(|step| step.stage);
        stages.max().unwrap_or(SecondmentStage::Decided)
    }

    /// Whether the host took the person.
    #[must_use]
    pub fn was_accepted(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.stage == SecondmentStage::Accepted)
    }

    /// Its last day: as decided, or the day it was ended early.
    #[must_use]
    pub fn last_day(&self) -> Date {
        let ended = self
            .steps
            .iter()
            .filter(|step| step.stage == SecondmentStage::Ended);
        ended
            .map(|step| step.date)
            .min()
            .unwrap_or(self.until)
            .min(self.until)
    }

    /// Whether the person works at the host on a day.
    #[must_use]
    pub fn is_active_on(&self, day: Date) -> bool {
        self.was_accepted() && self.from <= day && day <= self.last_day()
    }

    /// The ratings that count: several when officials rated without knowing of each other.
    #[must_use]
    pub fn ratings(&self) -> Vec<Rating> {
        let counting = self.steps.iter().filter(|step| !step.replaced);
        counting.filter_map(|step| step.rating).collect()
    }

    /// Whether officials rated it differently.
    #[must_use]
    pub fn is_rated_differently(&self) -> bool {
        let ratings = self.ratings();
        ratings.iter().any(|rating| Some(rating) != ratings.first())
    }
}

/// The list of the steps of a person's secondments.
const STEPS: &str = "secondment_steps";

/// The secondments of a person, in causal order.
pub(crate) fn secondments_of(state: &CanonicalState) -> Vec<Secondment> {
    let secondments = state.list("secondments").iter().filter_map(|row| {
        Some(Secondment {
            id: row.op,
            home: row.get("home")?,
            host: row.get("host")?,
            field: row.get("field")?,
            programme: row.text("programme"),
            from: row.get("from")?,
            until: row.get("until")?,
            payer: row.text("payer"),
            decision: row.text("decision"),
            steps: steps_of(state, row.op),
        })
    });
    secondments.collect()
}

fn steps_of(state: &CanonicalState, secondment: OpId) -> Vec<Step> {
    let steps = state.list(STEPS).iter();
    let own = steps.filter(|row| row.get("secondment") == Some(secondment));
    let counts: Vec<OpId> = counting(state, STEPS).map(|row| row.op).collect();
    let read = own.filter_map(|row| {
        Some(Step {
            op: row.op,
            stage: row.get("stage")?,
            unit: row.get("unit")?,
            date: row.get("date")?,
            rating: row.get("rating"),
            replaced: !counts.contains(&row.op),
            note: row.text("note"),
        })
    });
    read.collect()
}

impl Second {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(2)?;
        expect_home(scene, self.home)?;
        scene.cited_unit_at(1, self.host)?;
        if let Some(on) = departed_on(scene.past).filter(|on| *on < self.until) {
            return Err(Illegality::Departed { on }.into());
        }
        let others = secondments_of(scene.past).into_iter();
        let mut standing = others.filter(|other| other.stage() != SecondmentStage::Declined);
        let meets = |other: &Secondment| self.from <= other.last_day() && other.from <= self.until;
        if let Some(other) = standing.find(meets) {
            return Err(Illegality::Seconded {
                until: other.last_day(),
            }
            .into());
        }
        Ok(vec![append(
            "secondments",
            [
                ("home", self.home.into()),
                ("host", self.host.into()),
                ("field", self.field.into()),
                ("programme", self.programme.as_str().into()),
                ("from", self.from.into()),
                ("until", self.until.into()),
                ("payer", self.payer.as_str().into()),
                ("decision", self.decision.as_str().into()),
            ],
        )])
    }
}

impl SecondmentAct {
    /// The step that brings a secondment to a stage.
    pub(crate) fn judge(&self, scene: &Scene<'_>, to: SecondmentStage) -> Result<Vec<Change>, Stop> {
        let found = named(scene, self.secondment)?;
        match to {
            SecondmentStage::Confirmed => {
                scene.expect_refs(1)?;
                expect_home(scene, self.unit)?;
            }
            SecondmentStage::Ended if self.unit != found.host => {
                scene.expect_refs(1)?;
                expect_home(scene, self.unit)?;
            }
            _ => expect_host(scene, &found, self.unit)?,
        }
        let stage = found.stage();
        if !stage.allows(scene.facts.kind.as_str()) {
            return Err(Illegality::SecondmentStage { found: stage }.into());
        }
        Ok(vec![step(found.id, to, self.unit, self.date, &self.note)])
    }
}

impl Evaluate {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        let found = named(scene, self.secondment)?;
        expect_host(scene, &found, self.unit)?;
        let stage = found.stage();
        let again = found.is_rated_differently();
        if !found.was_accepted() || !(again || stage.allows("person.evaluate")) {
            return Err(Illegality::SecondmentStage { found: stage }.into());
        }
        if self.date < found.last_day() {
            return Err(Illegality::SecondmentRuns {
                until: found.last_day(),
            }
            .into());
        }
        let row = step(
            found.id,
            SecondmentStage::Evaluated,
            self.unit,
            self.date,
            &self.note,
        );
        let rated =
            |row: &Row| row.get("secondment") == Some(found.id) && row.get::<Rating>("rating").is_some();
        let rating = [row.and("rating", Some(self.rating))];
        Ok(rating
            .into_iter()
            .chain(replace(scene.past, STEPS, rated))
            .collect())
    }
}

fn step(secondment: OpId, stage: SecondmentStage, unit: RecordId, date: Date, note: &str) -> Change {
    append(
        STEPS,
        [
            ("secondment", secondment.into()),
            ("stage", stage.into()),
            ("unit", unit.into()),
            ("date", date.into()),
            ("note", note.into()),
        ],
    )
}

fn named(scene: &Scene<'_>, secondment: OpRef) -> Result<Secondment, Stop> {
    let id = secondment.resolve(scene.facts.commit);
    let all = secondments_of(scene.past).into_iter();
    all.into_iter()
        .find(|one| one.id == id)
        .ok_or_else(|| Illegality::NoSuchSecondment(id).into())
}

/// Who acts speaks for the host: of it, or of a unit above.
fn expect_host(scene: &Scene<'_>, secondment: &Secondment, unit: RecordId) -> Result<(), Stop> {
    scene.expect_refs(1)?;
    let path = scene.cited_unit(unit)?;
    if unit != secondment.host {
        return Err(Illegality::NotHost {
            host: secondment.host,
        }
        .into());
    }
    scene.expect_at_or_above(&path)
}
