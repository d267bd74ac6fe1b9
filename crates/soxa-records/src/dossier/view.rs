//! A dossier as people read it: its offices, papers, control slip, clock, payments and decision.

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::{Scope, Time};

use crate::dossier::rules::{ERASE, FORWARD, PASS, offices_of, readers_of};
use crate::dossier::{Asked, Channel, Component, DossierStatus, ErasureGround, Outcome, PaperForm};
use crate::measure::Date;
use crate::state::CanonicalState;
use crate::typed::RecordKind;
use crate::value::{Field, Row};
use crate::working_days::{WorkingDays, WorkingTime, day_of};

/// A dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierView {
    /// Its status; several when officials took it on concurrently.
    pub status: Field<DossierStatus>,
    /// Its code.
    pub code: Field<String>,
    /// The procedure's code.
    pub procedure: Field<String>,
    /// The unit that took it in.
    pub receiving: Option<RecordId>,
    /// The unit that decides.
    pub competent: Option<RecordId>,
    /// The units it was forwarded to, in causal order.
    pub forwarded: Vec<RecordId>,
    /// Where the applicant lives, when that is a unit of the province.
    pub residence: Field<RecordId>,
    /// The province where the applicant lives, when that is another one.
    pub province: Field<String>,
    /// The units whose nodes read it.
    pub readers: Scope,
    /// How it came.
    pub channel: Field<Channel>,
    /// When it was handed in.
    pub submitted: Field<Time>,
    /// When it was taken in.
    pub received: Field<Time>,
    /// When the result is due, as it was last set; the clock may have moved it since.
    pub due: Field<Time>,
    /// SHA-256 of the sealed file about the applicant.
    pub applicant: Field<[u8; 32]>,
    /// Who filled it in for the applicant.
    pub assisted_by: Field<String>,
    /// The fee that is due, in đồng.
    pub fee: Field<i64>,
    /// Its papers, in the order in which they came.
    pub papers: Vec<Paper>,
    /// What was done, in causal order.
    pub acts: Vec<Act>,
    /// What was decided.
    pub outcome: Field<Outcome>,
    /// The decision's number.
    pub decision_number: Field<String>,
    /// The decision's day.
    pub decision_day: Field<Date>,
}

/// A paper of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// What it is, in which form, how many, and who holds the original.
    pub component: Component,
    /// SHA-256 of its scan.
    pub scan: Option<[u8; 32]>,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The operation; its author is who did it.
    pub op: OpId,
    /// What was done: the operation's kind.
    pub act: String,
    /// When, as the author says.
    pub at: Option<Time>,
    /// Why, what is to be done, or what was answered.
    pub note: String,
    /// To which desk or system.
    pub to: String,
    /// The unit that it was forwarded to.
    pub unit: Option<RecordId>,
    /// The operation that gave it on, when this one took it over.
    pub pass: Option<OpId>,
    /// The due time that it sets.
    pub due: Option<Time>,
    /// A sum paid, in đồng.
    pub amount: Option<i64>,
    /// What the applicant was asked for.
    pub asked: Option<Asked>,
    /// How it was paid or returned.
    pub channel: Option<Channel>,
    /// The title of a draft or decision.
    pub title: String,
    /// SHA-256 of that document, or of the file that was erased.
    pub document: Option<[u8; 32]>,
    /// On what ground a file was erased.
    pub ground: Option<ErasureGround>,
    /// How a register names the office that took it in, when that has closed since.
    pub office: String,
    /// What a register says of the dossier, when this act copied it from there.
    pub transcribed: Option<Transcribed>,
}

/// Where a register that was kept before says that a dossier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transcribed {
    /// Its status.
    pub status: DossierStatus,
    /// Since when, or when it was decided.
    pub since: Option<Time>,
    /// When the result was returned.
    pub returned: Option<Time>,
}

impl Transcribed {
    /// What it said at an earlier moment: it was being processed before it was decided, and decided before it was returned.
    #[must_use]
    pub fn as_of(self, moment: Time) -> Self {
        let known = |time: Option<Time>| time.filter(|time| *time <= moment);
        let (since, returned) = (known(self.since), known(self.returned));
        let status = match self.status {
            _ if since != self.since => DossierStatus::Processing,
            DossierStatus::Returned if returned.is_none() => DossierStatus::Decided,
            status => status,
        };
        Self {
            status,
            since,
            returned,
        }
    }
}

/// One hop of the control slip (form 06): who gave it on to which desk or office, and who took it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop<'a> {
    /// Given on.
    pub pass: &'a Act,
    /// Taken over; none while it waits.
    pub take: Option<&'a Act>,
}

/// A time for which the clock of a dossier stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// What the applicant was asked for.
    pub asked: Option<Asked>,
    /// Since when.
    pub from: Time,
    /// Until when; none while it stands.
    pub until: Option<Time>,
}

/// What the clock of a dossier shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// When the result is due, with all pauses so far.
    pub due: Option<Time>,
    /// Since when the clock stands; none while it runs.
    pub standing_since: Option<Time>,
    /// How long it stood altogether.
    pub paused: WorkingTime,
    /// When the dossier was decided or ended.
    pub ended: Option<Time>,
}

/// How a dossier kept its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Punctuality {
    /// Ended on a day before the due one.
    Early,
    /// Ended on the due day.
    OnDueDay,
    /// Ended later, or not yet and the due time is over.
    Late,
    /// Not ended, and the due time is to come.
    Running,
    /// Nothing is due.
    NoLimit,
}

impl DossierView {
    /// The dossier of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        if state.kind != Some(RecordKind::Dossier) {
            return None;
        }
        let first = |role| {
            offices_of(state, role)
                .first()
                .and_then(|path| path.last().copied())
        };
        let forwarded = offices_of(state, "forwarded");
        Some(Self {
            status: state.field("status"),
            code: state.field("code"),
            procedure: state.field("procedure"),
            receiving: first("receiving"),
            competent: first("competent"),
            forwarded: forwarded.iter().filter_map(|path| path.last().copied()).collect(),
            residence: state.field("residence"),
            province: state.field("province"),
            readers: readers_of(state),
            channel: state.field("channel"),
            submitted: state.field("submitted"),
            received: state.field("received"),
            due: state.field("due"),
            applicant: state.field("applicant"),
            assisted_by: state.field("assisted_by"),
            fee: state.field("fee"),
            papers: papers_of(state),
            acts: state.list("acts").iter().map(act_of).collect(),
            outcome: state.field("outcome"),
            decision_number: state.field("decision_number"),
            decision_day: state.field("decision_day"),
        })
    }

    /// The order by which a file was erased: the first, where several did not know of each other.
    #[must_use]
    pub fn erasure(&self, file: &[u8; 32]) -> Option<&Act> {
        let mut orders = self.acts.iter().filter(|act| act.act == ERASE);
        orders.find(|act| act.document.as_ref() == Some(file))
    }

    /// Whether nothing more is done on it: concurrent ends are all ends.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let status = self.status.distinct();
        !status.is_empty() && status.iter().all(|status| status.is_end())
    }

    /// The office where it lies: the one that it was forwarded to last, otherwise the competent one.
    #[must_use]
    pub fn at_office(&self) -> Option<RecordId> {
        self.forwarded.last().copied().or(self.competent)
    }

    /// The newest forwarding to an office that it has not taken over.
    #[must_use]
    pub fn waiting_at(&self, office: &RecordId) -> Option<Hop<'_>> {
        let waiting = self.hops().filter(|hop| hop.take.is_none());
        waiting
            .filter(|hop| hop.pass.unit.as_ref() == Some(office))
            .last()
    }

    /// The control slip: every hop, to a desk or to another office, with what took it over, in causal order.
    pub fn hops(&self) -> impl Iterator<Item = Hop<'_>> {
        let passes = self
            .acts
            .iter()
            .filter(|act| act.act == PASS || act.act == FORWARD);
        passes.map(|pass| Hop {
            pass,
            take: self.acts.iter().find(|act| act.pass == Some(pass.op)),
        })
    }

    /// The times for which its clock stood, in causal order: each from a request to the applicant until what was asked for came, or
    /// the dossier ended.
    pub fn pauses(&self) -> impl Iterator<Item = Pause> {
        let mut standing: Option<Pause> = None;
        let mut pauses = Vec::new();
        for act in &self.acts {
            let Some(at) = act.at else { continue };
            if let Some(said) = act.transcribed {
                let asked = match said.status {
                    DossierStatus::AwaitingPapers => Some(Asked::Papers),
                    DossierStatus::AwaitingPayment => Some(Asked::Payment),
                    _ => None,
                };
                standing = asked.zip(said.since).map(|(asked, from)| Pause {
                    asked: Some(asked),
                    from,
                    until: None,
                });
            }
            match act.act.as_str() {
                "dossier.ask" if standing.is_none() => {
                    standing = Some(Pause {
                        asked: act.asked,
                        from: at,
                        until: None,
                    });
                }
                "dossier.resume" | "dossier.withdraw" | "dossier.stop" | "decision.sign" => {
                    let until = Some(at);
                    pauses.extend(standing.take().map(|pause| Pause { until, ..pause }));
                }
                _ => {}
            }
        }
        pauses.into_iter().chain(standing)
    }

    /// What has been paid, in đồng.
    #[must_use]
    pub fn paid(&self) -> i64 {
        self.acts
            .iter()
            .filter_map(|act| act.amount)
            .fold(0, i64::saturating_add)
    }

    /// What a register that was kept before says of it, when it was copied from one.
    #[must_use]
    pub fn transcribed(&self) -> Option<&Act> {
        self.acts.iter().find(|act| act.transcribed.is_some())
    }

    /// When the result was returned.
    #[must_use]
    pub fn returned(&self) -> Option<Time> {
        let returned = |act: &Act| match act.transcribed {
            Some(said) => said.returned,
            None => act.at.filter(|_| act.act == "dossier.return"),
        };
        self.acts.iter().find_map(returned)
    }

    /// When nothing was left to do on it: its result was returned, or it was refused, withdrawn or stopped; by the last such act.
    #[must_use]
    pub fn finished(&self) -> Option<Time> {
        let finished = |act: &Act| match act.transcribed {
            Some(said) => said.returned.or(said.since).filter(|_| said.status.is_end()),
            None => act.at.filter(|_| {
                let ends = [
                    "dossier.return",
                    "dossier.refuse",
                    "dossier.withdraw",
                    "dossier.stop",
                ];
                ends.contains(&act.act.as_str())
            }),
        };
        let finished = self.acts.iter().filter_map(finished).max();
        finished.filter(|_| self.has_ended())
    }

    /// Whether a draft of the decision waits for its signature: proposed, and not decided.
    #[must_use]
    pub fn awaits_signature(&self) -> bool {
        self.status.distinct().contains(&&DossierStatus::Processing)
            && self.acts.iter().any(|act| act.act == "dossier.propose")
    }

    /// The papers whose originals somebody else holds.
    pub fn originals_elsewhere(&self) -> impl Iterator<Item = &Paper> {
        self.papers
            .iter()
            .filter(|paper| !paper.component.original_held_by.is_empty())
    }

    /// What the clock shows at a moment. It stands from each request to the applicant until what was asked for has come,
    /// and the due time moves by as much; an extension sets a new due time.
    #[must_use]
    pub fn clock(&self, now: Time, days: &WorkingDays) -> Clock {
        let mut clock = Clock {
            due: None,
            standing_since: None,
            paused: WorkingTime::default(),
            ended: None,
        };
        for act in &self.acts {
            let Some(at) = act.at else { continue };
            if let Some(said) = act.transcribed {
                clock.due = act.due;
                clock.standing_since = said.since.filter(|_| said.status.awaits_applicant());
                clock.ended = said.since.filter(|_| said.status.has_result());
            }
            match act.act.as_str() {
                "dossier.ask" if clock.standing_since.is_none() => clock.standing_since = Some(at),
                "dossier.receive" | "dossier.extend" => clock.due = act.due,
                "dossier.resume" => clock.resume(at, days),
                "dossier.withdraw" | "dossier.stop" | "decision.sign" if clock.ended.is_none() => {
                    clock.resume(at, days);
                    clock.ended = Some(at);
                }
                _ => {}
            }
        }
        if let Some(since) = clock.standing_since {
            let so_far = days.between(since, now);
            clock.due = clock.due.map(|due| days.after(due, so_far));
            clock.paused = clock.paused + so_far;
        }
        clock
    }
}

impl Clock {
    fn resume(&mut self, at: Time, days: &WorkingDays) {
        if let Some(since) = self.standing_since.take() {
            let stood = days.between(since, at);
            self.due = self.due.map(|due| days.after(due, stood));
            self.paused = self.paused + stood;
        }
    }

    /// How the dossier kept its time, as of a moment.
    #[must_use]
    pub fn punctuality(&self, now: Time) -> Punctuality {
        let Some(due) = self.due else {
            return Punctuality::NoLimit;
        };
        let day = |time| day_of(time).map(|(day, _)| day);
        match self.ended {
            Some(ended) if ended > due && day(ended) != day(due) => Punctuality::Late,
            Some(ended) if day(ended) == day(due) => Punctuality::OnDueDay,
            Some(_) => Punctuality::Early,
            None if now > due => Punctuality::Late,
            None => Punctuality::Running,
        }
    }
}

fn papers_of(state: &CanonicalState) -> Vec<Paper> {
    let mut papers: Vec<Paper> = state.list("papers").iter().filter_map(paper_of).collect();
    for row in state.list("paper_changes") {
        let number: Option<usize> = row.get::<u32>("number").and_then(|n| usize::try_from(n).ok());
        let place = number.and_then(|n| papers.get_mut(n.checked_sub(1)?));
        if let (Some(place), Some(paper)) = (place, paper_of(row)) {
            let scan = paper.scan.or(place.scan);
            *place = Paper { scan, ..paper };
        }
    }
    papers
}

fn paper_of(row: &Row) -> Option<Paper> {
    Some(Paper {
        component: Component {
            name: row.text("name"),
            form: row.get::<PaperForm>("form")?,
            copies: row.get("copies")?,
            original_held_by: row.text("original_held_by"),
        },
        scan: row.get("scan"),
    })
}

fn act_of(row: &Row) -> Act {
    Act {
        op: row.op,
        act: row.text("act"),
        at: row.get("at"),
        note: row.text("note"),
        to: row.text("to"),
        unit: row.get("unit"),
        pass: row.get("pass"),
        due: row.get("due"),
        amount: row.get("amount"),
        asked: row.get("asked"),
        channel: row.get("channel"),
        title: row.text("title"),
        document: row.get("document"),
        ground: row.get("ground"),
        office: row.text("office"),
        transcribed: row.get("status").map(|status| Transcribed {
            status,
            since: row.get("since"),
            returned: row.get("returned"),
        }),
    }
}
