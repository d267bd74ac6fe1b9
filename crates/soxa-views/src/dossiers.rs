//! The report on dossiers: what was taken in, decided and returned, how it kept its time, what it waits for.
//!
//! A period is that of taking in: each share says what became of the dossiers taken in during it. What was decided before its
//! due day is early, on that day in time; a dossier without a time limit is neither. Only what a node reads is counted.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::{RecordId, Time};
use soxa_records::Date;
use soxa_records::dossier::view::{Act, DossierView, Punctuality};
use soxa_records::dossier::{Channel, DossierStatus, PaperForm};
use soxa_records::unit::UnitKind;
use soxa_records::working_days::{WorkingDays, WorkingTime, at, day_of};

use crate::asked::Asked;
use crate::figure::{
    Amount, Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines, plain, word_group,
};
pub use crate::late::Cause;
use crate::limits::{PLACES, PLACES_OF_PEOPLE};
use crate::units::Units;

/// How a dossier has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has not.
    Open,
    /// It was not taken in.
    Refused,
    /// The applicant took it back.
    Withdrawn,
    /// It was stopped.
    Stopped,
    /// It was decided.
    Decided,
}

/// Where an applicant lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// In a unit of the province.
    Here(RecordId),
    /// In another province.
    Elsewhere(String),
    /// Nobody has said.
    Unknown,
}

impl Home {
    fn of(view: &DossierView) -> Self {
        let province = view.province.distinct().into_iter().next();
        let unit = view.residence.distinct().into_iter().next();
        match (unit, province) {
            (Some(unit), _) => Self::Here(*unit),
            (None, Some(province)) => Self::Elsewhere(province.clone()),
            (None, None) => Self::Unknown,
        }
    }

    /// The province: of a unit here the uppermost one above it.
    fn province(&self, units: &Units) -> Group {
        match self {
            Self::Here(unit) => {
                let above = units.get(*unit).and_then(|known| known.path.first().copied());
                Group::Unit(above.unwrap_or(*unit))
            }
            Self::Elsewhere(province) => Group::Text(province.clone()),
            Self::Unknown => Group::None,
        }
    }
}

/// What a report looks at in a dossier, as of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierRow {
    /// The unit that took it in.
    pub receiving: Option<RecordId>,
    /// The unit that decides.
    pub competent: Option<RecordId>,
    /// All units that deal or dealt with it.
    pub offices: Vec<RecordId>,
    /// Where the applicant lives.
    pub home: Home,
    /// The procedure's code.
    pub procedure: Group,
    /// Its status.
    pub status: Group,
    /// Whether it came online.
    pub online: bool,
    /// The day on which it was handed in.
    pub submitted: Option<Date>,
    /// The day on which it was taken in.
    pub received: Option<Date>,
    /// Who took it in.
    pub official: Option<String>,
    /// How it has ended.
    pub end: End,
    /// Whether the result was returned.
    pub returned: bool,
    /// How it kept its time.
    pub punctuality: Punctuality,
    /// Why it is late, when it is.
    pub late: Option<Cause>,
    /// The fee that is due, in đồng.
    pub fee: i64,
    /// What was paid online, in đồng.
    pub paid_online: i64,
    /// Its papers.
    pub papers: u64,
    /// Those of them that are electronic or were scanned.
    pub digitised: u64,
    /// Whether another system has acknowledged it.
    pub synced: bool,
    /// Whether it waits for papers.
    pub awaits_papers: bool,
    /// Whether it waits for a payment.
    pub awaits_payment: bool,
    /// Whether its decision waits for a signature.
    pub awaits_signature: bool,
    /// Who holds original papers of it, each once.
    pub originals: BTreeSet<String>,
}

impl DossierRow {
    /// The row of a dossier as of a moment; none when it was handed in later. `official` says who signed an act.
    #[must_use]
    pub fn of(
        mut view: DossierView,
        as_of: Time,
        days: &WorkingDays,
        official: impl Fn(&Act) -> Option<String>,
    ) -> Option<Self> {
        let day = |time: Time| day_of(time).map(|(day, _)| day);
        let submitted = view.submitted.distinct().into_iter().min().copied();
        if submitted.is_some_and(|submitted| submitted > as_of) {
            return None;
        }
        let mut later = view.acts.iter().any(|act| act.at.is_some_and(|at| at > as_of));
        view.acts.retain(|act| act.at.is_none_or(|at| at <= as_of));
        for said in view.acts.iter_mut().filter_map(|act| act.transcribed.as_mut()) {
            let then = said.as_of(as_of);
            later |= then != *said;
            *said = then;
        }
        let clock = view.clock(as_of, days);
        let did = |what: &str| view.acts.iter().find(|act| act.act == what);
        // What a register says was done by nobody who signed here.
        let transcribed = view.transcribed();
        let said = transcribed
            .and_then(|act| act.transcribed)
            .map(|said| said.status);
        let is = |act: &str, status| did(act).is_some() || said == Some(status);
        let returned = view.returned().is_some();
        let end = if returned || is("decision.sign", DossierStatus::Decided) {
            End::Decided
        } else if is("dossier.withdraw", DossierStatus::Withdrawn) {
            End::Withdrawn
        } else if is("dossier.stop", DossierStatus::Stopped) {
            End::Stopped
        } else if is("dossier.refuse", DossierStatus::Refused) {
            End::Refused
        } else {
            End::Open
        };
        let punctuality = clock.punctuality(as_of);
        let received = did("dossier.receive").or(transcribed);
        let stands = clock.standing_since.is_some() && end == End::Open;
        let awaits = |status| stands && view.status.distinct().contains(&&status);
        let status = match later {
            false => word_group(&view.status, |status: &DossierStatus| status.as_str()),
            // What the field says came later; this is what the acts until then come to.
            true => Group::Word(DossierStatus::as_str(match end {
                End::Decided if returned => DossierStatus::Returned,
                End::Decided => DossierStatus::Decided,
                End::Withdrawn => DossierStatus::Withdrawn,
                End::Stopped => DossierStatus::Stopped,
                End::Refused => DossierStatus::Refused,
                End::Open if did("dossier.process").is_some() => DossierStatus::Processing,
                End::Open if let Some(said) = said => said,
                End::Open if received.is_some() => DossierStatus::Received,
                End::Open => DossierStatus::Submitted,
            })),
        };
        let online = view
            .acts
            .iter()
            .filter(|act| act.channel == Some(Channel::Online));
        let digital = |paper: &&soxa_records::dossier::view::Paper| {
            paper.scan.is_some() || paper.component.form == PaperForm::Electronic
        };
        let offices = [view.receiving, view.competent];
        Some(Self {
            receiving: view.receiving,
            competent: view.competent,
            offices: offices
                .into_iter()
                .flatten()
                .chain(view.forwarded.iter().copied())
                .collect(),
            home: Home::of(&view),
            procedure: crate::figure::text_group(&view.procedure),
            status,
            online: view.channel.distinct().contains(&&Channel::Online),
            submitted: submitted.and_then(day),
            received: received.and_then(|act| act.at).and_then(day),
            official: did("dossier.receive").and_then(official),
            end,
            returned,
            late: (punctuality == Punctuality::Late).then(|| Cause::of(&view, &clock, as_of)),
            punctuality,
            fee: view.fee.distinct().into_iter().max().copied().unwrap_or(0),
            paid_online: online.filter_map(|act| act.amount).fold(0, i64::saturating_add),
            papers: view.papers.len() as u64,
            digitised: view.papers.iter().filter(digital).count() as u64,
            synced: view
                .acts
                .iter()
                .any(|act| act.act == "dossier.report" && !act.note.is_empty()),
            awaits_papers: awaits(DossierStatus::AwaitingPapers),
            awaits_payment: awaits(DossierStatus::AwaitingPayment),
            awaits_signature: end == End::Open && view.awaits_signature(),
            originals: view
                .originals_elsewhere()
                .map(|paper| paper.component.original_held_by.clone())
                .collect(),
        })
    }

    fn is_decided(&self) -> bool {
        self.end == End::Decided
    }

    fn is_early(&self) -> bool {
        self.is_decided() && self.punctuality == Punctuality::Early
    }

    fn is_on_time(&self) -> bool {
        self.is_early() || (self.is_decided() && self.punctuality == Punctuality::OnDueDay)
    }
}

/// Late dossiers of one cause.
#[derive(Debug, Default)]
struct Late {
    overdue: Tally,
    decided: Tally,
}

impl Late {
    fn figures(self) -> Vec<Figure> {
        vec![
            self.overdue.figure(Name::Overdue, Base::Received),
            self.decided.figure(Name::Late, Base::Resolved),
        ]
    }
}

/// Dossiers of applicants of one province.
#[derive(Debug, Default)]
struct Homes {
    received: Tally,
    boundary_free: Tally,
}

impl Homes {
    fn figures(self) -> Vec<Figure> {
        vec![
            self.received.figure(Name::Received, Base::Received),
            self.boundary_free.figure(Name::BoundaryFree, Base::Received),
        ]
    }
}

/// Dossiers of one sort.
#[derive(Debug, Default)]
struct Kept {
    received: Tally,
    resolved: Tally,
    on_time: Tally,
    overdue: Tally,
}

impl Kept {
    fn take(&mut self, id: RecordId, row: &DossierRow) {
        self.received.add(id);
        self.resolved.add_if(row.is_decided(), id);
        self.on_time.add_if(row.is_on_time(), id);
        let late = row.end == End::Open && row.punctuality == Punctuality::Late;
        self.overdue.add_if(late, id);
    }

    fn figures(self) -> Vec<Figure> {
        let received = self.received.count();
        vec![
            self.received.figure(Name::Received, Base::Received),
            self.resolved
                .share(Name::Resolved, received, PLACES, Base::Received),
            self.on_time.share(Name::OnTime, received, PLACES, Base::Received),
            self.overdue.figure(Name::Overdue, Base::Received),
        ]
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
struct Counted {
    all: Kept,
    submitted: u64,
    refused: Tally,
    early: Tally,
    on_due_day: Tally,
    not_early: Tally,
    late: Tally,
    pending: Tally,
    withdrawn: Tally,
    stopped: Tally,
    returned: Tally,
    online: Tally,
    with_fee: u64,
    paid_online: Tally,
    amount_online: i128,
    papers: u64,
    digitised: u64,
    with_papers: u64,
    all_digitised: Tally,
    synced: Tally,
    resolved_synced: Tally,
    boundary_free: Tally,
    elsewhere: Tally,
    papers_missing: Tally,
    payment_missing: Tally,
    originals_missing: Tally,
    unsigned: Tally,
    officials: BTreeSet<String>,
    known_official: u64,
    causes: BTreeMap<Group, Late>,
    homes: BTreeMap<Group, Homes>,
    kinds: BTreeMap<Group, Kept>,
    units: BTreeMap<Group, Kept>,
    procedures: BTreeMap<Group, Kept>,
    statuses: BTreeMap<Group, Tally>,
    holders: BTreeMap<Group, Tally>,
    days: BTreeMap<Group, Tally>,
}

/// The report on dossiers.
pub fn dossiers(
    asked: &Asked,
    units: &Units,
    days: &WorkingDays,
    dossiers: impl IntoIterator<Item = (RecordId, DossierRow)>,
) -> Report {
    let mut counted = Counted::default();
    for (id, row) in dossiers {
        if !asked.is_about_any(row.offices.iter().copied()) {
            continue;
        }
        if row.submitted.is_some_and(|day| asked.period.has(day)) {
            counted.submitted += 1;
            counted.refused.add_if(row.end == End::Refused, id);
        }
        if let Some(day) = row.received.filter(|day| asked.period.has(*day)) {
            counted.take(units, id, day, &row);
        }
    }
    counted.tell(asked, days)
}

impl Counted {
    fn take(&mut self, units: &Units, id: RecordId, day: Date, row: &DossierRow) {
        self.all.take(id, row);
        let decided = row.is_decided();
        self.early.add_if(row.is_early(), id);
        self.not_early.add_if(decided && !row.is_early(), id);
        self.on_due_day.add_if(row.is_on_time() && !row.is_early(), id);
        self.late
            .add_if(decided && row.punctuality == Punctuality::Late, id);
        self.pending.add_if(row.end == End::Open, id);
        self.withdrawn.add_if(row.end == End::Withdrawn, id);
        self.stopped.add_if(row.end == End::Stopped, id);
        self.returned.add_if(row.returned, id);
        self.online.add_if(row.online, id);
        if row.fee > 0 {
            self.with_fee += 1;
            self.paid_online.add_if(row.paid_online >= row.fee, id);
            self.amount_online += i128::from(row.paid_online);
        }
        self.papers += row.papers;
        self.digitised += row.digitised;
        self.with_papers += u64::from(row.papers > 0);
        self.all_digitised
            .add_if(row.papers > 0 && row.digitised == row.papers, id);
        self.synced.add_if(row.synced, id);
        self.resolved_synced.add_if(row.synced && decided, id);
        let boundary_free = row.receiving != row.competent;
        self.boundary_free.add_if(boundary_free, id);
        self.elsewhere.add_if(matches!(row.home, Home::Elsewhere(_)), id);
        let home = self.homes.entry(row.home.province(units)).or_default();
        home.received.add(id);
        home.boundary_free.add_if(boundary_free, id);
        if let (Some(cause), End::Open | End::Decided) = (row.late, row.end) {
            let late = self.causes.entry(Group::Word(cause.as_str())).or_default();
            late.overdue.add_if(!decided, id);
            late.decided.add_if(decided, id);
        }
        self.papers_missing.add_if(row.awaits_papers, id);
        self.payment_missing.add_if(row.awaits_payment, id);
        self.unsigned.add_if(row.awaits_signature, id);
        if row.end == End::Open && !row.originals.is_empty() {
            self.originals_missing.add(id);
            for holder in &row.originals {
                self.holders
                    .entry(Group::Text(holder.clone()))
                    .or_default()
                    .add(id);
            }
        }
        if let Some(official) = &row.official {
            self.officials.insert(official.clone());
            self.known_official += 1;
        }
        let unit = row.receiving.map_or(Group::None, Group::Unit);
        let kind = row
            .receiving
            .and_then(|unit| units.get(unit))
            .and_then(|unit| unit.kind);
        let kind = kind.map_or(Group::None, |kind| Group::Word(UnitKind::as_str(kind)));
        self.kinds.entry(kind).or_default().take(id, row);
        self.units.entry(unit).or_default().take(id, row);
        self.procedures
            .entry(row.procedure.clone())
            .or_default()
            .take(id, row);
        self.statuses.entry(row.status.clone()).or_default().add(id);
        self.days.entry(Group::Day(day)).or_default().add(id);
    }

    fn tell(self, asked: &Asked, days: &WorkingDays) -> Report {
        let (received, resolved) = (self.all.received.count(), self.all.resolved.count());
        let of_received = |tally: Tally, name| tally.share(name, received, PLACES, Base::Received);
        let of_resolved = |tally: Tally, name| tally.share(name, resolved, PLACES, Base::Resolved);
        let counted = |tally: Tally, name| tally.figure(name, Base::Received);
        let mut figures = vec![
            self.refused
                .share(Name::Refused, self.submitted, PLACES, Base::Submitted),
        ];
        let load = load(asked, days, received, &self.days);
        let on_time = self.all.on_time.clone();
        figures.extend(self.all.figures());
        figures.extend([
            of_resolved(on_time, Name::OnTime),
            of_received(self.early.clone(), Name::Early),
            of_resolved(self.early, Name::Early),
            of_resolved(self.on_due_day, Name::OnDueDay),
            of_resolved(self.late, Name::Late),
            of_resolved(self.not_early, Name::NotEarly),
            of_received(self.pending, Name::Pending),
            counted(self.withdrawn, Name::Withdrawn),
            counted(self.stopped, Name::Stopped),
            of_received(self.returned, Name::Returned),
            of_received(self.online, Name::Online),
            self.paid_online
                .share(Name::PaidOnline, self.with_fee, PLACES, Base::ReceivedWithFee),
            plain(
                Name::AmountPaidOnline,
                Amount::Dong(self.amount_online),
                Base::ReceivedWithFee,
            ),
            plain(
                Name::DigitisedPapers,
                Amount::Share {
                    part: self.digitised,
                    of: self.papers,
                    places: PLACES,
                },
                Base::Papers,
            ),
            self.all_digitised.share(
                Name::DigitisedDossiers,
                self.with_papers,
                PLACES,
                Base::ReceivedWithPapers,
            ),
            of_received(self.synced, Name::Synced),
            of_resolved(self.resolved_synced, Name::Synced),
            of_received(self.boundary_free, Name::BoundaryFree),
            of_received(self.elsewhere, Name::FromElsewhere),
            counted(self.papers_missing, Name::AwaitingPapers),
            counted(self.payment_missing, Name::AwaitingPayment),
            counted(self.originals_missing, Name::AwaitingOriginals),
            counted(self.unsigned, Name::AwaitingSignature),
        ]);
        figures.extend(load);
        let per_official = Amount::Mean {
            sum: i128::from(self.known_official),
            over: self.officials.len() as u64,
            places: PLACES_OF_PEOPLE,
        };
        figures.push(plain(Name::PerOfficial, per_official, Base::Officials));
        let one = |tally: Tally, name| vec![tally.figure(name, Base::Received)];
        let breakdowns = [
            lines(By::Status, self.statuses, |all| one(all, Name::Received)),
            lines(By::UnitKind, self.kinds, Kept::figures),
            lines(By::Unit, self.units, Kept::figures),
            lines(By::Procedure, self.procedures, Kept::figures),
            lines(By::Cause, self.causes, Late::figures),
            lines(By::Province, self.homes, Homes::figures),
            lines(By::OriginalHeldBy, self.holders, |all| {
                one(all, Name::AwaitingOriginals)
            }),
            lines(By::Day, self.days, |all| one(all, Name::Received)),
        ];
        Report {
            kind: ReportKind::Dossiers,
            figures,
            breakdowns: breakdowns.into_iter().flatten().collect(),
        }
    }
}

/// The busiest day, and the mean over the working days: those of the period, without an end those from the first dossier on,
/// until the day of the report.
fn load(asked: &Asked, days: &WorkingDays, received: u64, by_day: &BTreeMap<Group, Tally>) -> Vec<Figure> {
    let mut peak = Tally::default();
    let mut most = 0;
    for (day, tally) in by_day {
        if let (Group::Day(day), true) = (day, tally.count() > most) {
            most = tally.count();
            peak = Tally::default();
            for behind in tally.behind() {
                peak.say(behind.record, day.to_string());
            }
        }
    }
    let first = by_day.keys().find_map(|day| match day {
        Group::Day(day) => Some(*day),
        _ => None,
    });
    let last = asked.period.until.map_or(asked.day, |until| until.min(asked.day));
    let worked = asked.period.from.or(first).and_then(|from| {
        let after = at(last, 0)?.0.checked_add(WorkingTime::days(1).ms)?;
        Some(days.between(at(from, 0)?, Time(after)).ms / WorkingTime::days(1).ms)
    });
    let per_day = Amount::Mean {
        sum: i128::from(received),
        over: worked.unwrap_or(0),
        places: PLACES_OF_PEOPLE,
    };
    vec![
        peak.with(Name::PeakDay, Amount::Count(most), Base::Received),
        plain(Name::PerDay, per_day, Base::WorkingDays),
    ]
}
