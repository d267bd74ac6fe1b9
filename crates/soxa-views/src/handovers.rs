//! The report on handovers: drafts, what waits for whom and how long, what is in effect, with control totals.

use std::collections::BTreeMap;

use soxa_ledger::{RecordId, Time};
use soxa_records::handover::view::{HandoverLine, HandoverView};
use soxa_records::handover::{ConditionBasis, HandoverKind, HandoverStage, LineOf};
use soxa_records::working_days::day_of;

use crate::asked::{Asked, days_until};
use crate::figure::{Amount, Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines, plain};

/// The unit whose signature comes next; none while only a program has to issue the effect, and for what is over.
#[must_use]
pub fn waits_for(view: &HandoverView) -> Option<RecordId> {
    match view.stage {
        HandoverStage::Draft => Some(view.giver.unit),
        HandoverStage::Offered | HandoverStage::Counted => Some(view.receiver.unit),
        HandoverStage::Accepted => view
            .witness
            .as_ref()
            .filter(|_| !view.has_signed(soxa_ledger::minutes::Party::Witness))
            .map(|witness| witness.unit),
        HandoverStage::Returned | HandoverStage::Withdrawn | HandoverStage::Effective => None,
    }
}

/// Whole days since the last signature, or since the day of the minutes when nobody has signed.
#[must_use]
pub fn waited_days(view: &HandoverView, as_of: Time) -> u64 {
    let signed = view.signatures.iter().map(|signature| signature.at).max();
    let since = signed.and_then(day_of).map_or(view.date, |(day, _)| day);
    let now = day_of(as_of).map_or(since, |(day, _)| day);
    u64::try_from(days_until(since, now)).unwrap_or(0)
}

/// Lines of assets and people, and what they cost: papers and restated lines move nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Total {
    lines: u64,
    cost: i128,
}

impl Total {
    fn add(&mut self, line: &HandoverLine) {
        if line.content.of.subject().is_none() {
            return;
        }
        self.lines += 1;
        self.cost += i128::from(line.content.cost);
    }
}

/// Handovers in effect with their control totals.
#[derive(Debug, Default)]
struct Done {
    effective: Tally,
    as_is: Tally,
    corrections: Tally,
    papers: Tally,
    given: Total,
    received: Total,
    refused: Total,
    differ: Tally,
    remarks: Tally,
    otherwise: Tally,
}

impl Done {
    fn take(&mut self, id: RecordId, view: &HandoverView) {
        self.effective.add(id);
        self.as_is
            .add_if(view.condition_basis == ConditionBasis::AsIs, id);
        if let Some(first) = view.corrects {
            self.corrections.say(id, first.short());
        }
        let (mut given, mut received, mut refused) = (Total::default(), Total::default(), Total::default());
        for line in &view.lines {
            given.add(line);
            if matches!(line.content.of, LineOf::Paper(_)) {
                self.papers.say(id, line.line.to_string());
            }
            if line.moved {
                received.add(line);
            } else if !line.refusals.is_empty() {
                refused.add(line);
            }
            let remarked =
                !line.content.remark.is_empty() || line.counts.iter().any(|count| !count.remark.is_empty());
            if remarked {
                self.remarks.say(id, line.line.to_string());
            }
            let differs = |count: &soxa_records::handover::view::Counted| {
                count.quantity != line.content.quantity || count.condition != line.content.condition
            };
            if line.counts.iter().any(differs) {
                self.otherwise.say(id, line.line.to_string());
            }
        }
        let sum = Total {
            lines: received.lines + refused.lines,
            cost: received.cost + refused.cost,
        };
        self.differ.add_if(sum != given, id);
        for (all, own) in [
            (&mut self.given, given),
            (&mut self.received, received),
            (&mut self.refused, refused),
        ] {
            all.lines += own.lines;
            all.cost += own.cost;
        }
    }

    fn figures(self) -> Vec<Figure> {
        let line = |name, total: Total| plain(name, Amount::Count(total.lines), Base::LinesEffective);
        let cost = |name, total: Total| plain(name, Amount::Dong(total.cost), Base::LinesEffective);
        vec![
            self.effective.figure(Name::Effective, Base::HandoversEffective),
            self.as_is.figure(Name::AsIs, Base::HandoversEffective),
            self.corrections
                .figure(Name::Corrections, Base::HandoversEffective),
            line(Name::LinesGiven, self.given),
            line(Name::LinesReceived, self.received),
            line(Name::LinesRefused, self.refused),
            cost(Name::CostGiven, self.given),
            cost(Name::CostReceived, self.received),
            cost(Name::CostRefused, self.refused),
            self.differ.figure(Name::TotalsDiffer, Base::HandoversEffective),
            self.papers.figure(Name::LinesOfPapers, Base::LinesEffective),
            self.remarks.figure(Name::LinesWithRemarks, Base::LinesEffective),
            self.otherwise
                .figure(Name::LinesCountedOtherwise, Base::LinesEffective),
        ]
    }
}

/// Handovers under way.
#[derive(Debug, Default)]
struct Waiting {
    handovers: Tally,
    longest: u64,
}

impl Waiting {
    fn add(&mut self, id: RecordId, days: u64) {
        self.handovers.say(id, days.to_string());
        self.longest = self.longest.max(days);
    }

    fn figures(self) -> Vec<Figure> {
        vec![
            self.handovers.figure(Name::Waiting, Base::HandoversWaiting),
            plain(
                Name::LongestWait,
                Amount::Days(self.longest),
                Base::HandoversWaiting,
            ),
        ]
    }
}

/// The report on handovers. Those that are over count by the day of their minutes, those under way count all.
pub fn handovers(asked: &Asked, handovers: impl IntoIterator<Item = (RecordId, HandoverView)>) -> Report {
    let (mut drafts, mut expired) = (Tally::default(), Tally::default());
    let (mut sent_back, mut taken_back) = (Tally::default(), Tally::default());
    let (mut done, mut waiting) = (Done::default(), Waiting::default());
    let mut kinds: BTreeMap<Group, Done> = BTreeMap::new();
    let mut waiting_for: BTreeMap<Group, Waiting> = BTreeMap::new();
    let mut stages: BTreeMap<Group, Tally> = BTreeMap::new();
    for (id, view) in handovers {
        let parties = [Some(view.giver.unit), Some(view.receiver.unit)];
        let witness = view.witness.as_ref().map(|party| party.unit);
        if !asked.is_about_any(parties.into_iter().chain([witness]).flatten()) {
            continue;
        }
        let over = matches!(
            view.stage,
            HandoverStage::Effective | HandoverStage::Returned | HandoverStage::Withdrawn
        );
        if over && !asked.period.has(view.date) {
            continue;
        }
        let stage = Group::Word(HandoverStage::as_str(view.stage));
        stages.entry(stage).or_default().add(id);
        match view.stage {
            HandoverStage::Draft => drafts.add(id),
            HandoverStage::Offered | HandoverStage::Counted | HandoverStage::Accepted => {
                let days = waited_days(&view, asked.as_of);
                let party = waits_for(&view).map_or(Group::None, Group::Unit);
                waiting.add(id, days);
                waiting_for.entry(party).or_default().add(id, days);
                let ended = view.expires.is_some_and(|expires| expires < asked.as_of);
                expired.add_if(ended && view.stage != HandoverStage::Accepted, id);
            }
            HandoverStage::Returned => sent_back.add(id),
            HandoverStage::Withdrawn => taken_back.add(id),
            HandoverStage::Effective => {
                done.take(id, &view);
                let kind = Group::Word(HandoverKind::as_str(view.kind));
                kinds.entry(kind).or_default().take(id, &view);
            }
        }
    }
    let mut figures = vec![drafts.figure(Name::Drafts, Base::Handovers)];
    figures.extend(waiting.figures());
    figures.extend([
        expired.figure(Name::Expired, Base::HandoversWaiting),
        sent_back.figure(Name::SentBack, Base::Handovers),
        taken_back.figure(Name::TakenBack, Base::Handovers),
    ]);
    figures.extend(done.figures());
    let breakdowns = [
        lines(By::Stage, stages, |handovers| {
            vec![handovers.figure(Name::Handovers, Base::Handovers)]
        }),
        lines(By::WaitingFor, waiting_for, Waiting::figures),
        lines(By::HandoverKind, kinds, Done::figures),
    ];
    Report {
        kind: ReportKind::Handovers,
        figures,
        breakdowns: breakdowns.into_iter().flatten().collect(),
    }
}
