//! Handovers: what waits for whom and how long, control totals.

use soxa_ledger::RecordId;
use soxa_ledger::minutes::Party;
use soxa_records::dossier::PaperForm;
use soxa_records::handover::view::{Counted, HandoverLine, HandoverView, Reasoned, SignatureShown};
use soxa_records::handover::{
    ConditionBasis, DraftLine, HandoverKind, HandoverParty, HandoverStage, LineOf, Paper, Subject,
    WitnessCapacity, WitnessParty,
};
use soxa_records::working_days::at;
use soxa_records::{LinkId, Quantity};
use soxa_views::handovers::handovers;
use soxa_views::{Amount, Base, By, Group, Name};

use crate::make::{check, day, id, line, on, op};

/// A handover in effect of lines that cost so much.
pub fn effective(handover: RecordId, costs: &[i64]) -> HandoverView {
    let line = |(number, cost): (u32, &i64)| HandoverLine {
        line: number,
        content: DraftLine {
            condition: "tốt".to_owned(),
            cost: *cost,
            ..DraftLine::new(
                LineOf::Subject(Subject {
                    record: id(6, number),
                    prev: LinkId([0; 32]),
                    depth: 1,
                }),
                String::new(),
            )
        },
        counts: Vec::new(),
        refusals: Vec::new(),
        moved: true,
    };
    let party = |unit: u32, name: &str| HandoverParty {
        unit: id(1, unit),
        name: name.to_owned(),
    };
    HandoverView {
        kind: HandoverKind::Assets,
        giver: party(0, "Trạm"),
        receiver: party(1, "Trung tâm"),
        witness: None,
        corrects: None,
        basis: String::new(),
        condition_basis: ConditionBasis::AsIs,
        place: String::new(),
        date: day("2025-11-15"),
        expires: None,
        duties: String::new(),
        stage: HandoverStage::Effective,
        lines: (1..).zip(costs).map(line).collect(),
        signatures: Vec::new(),
        withdrawals: Vec::new(),
        refusals: Vec::new(),
        effects: vec![op(handover.0[0].into())],
        withdrawn_too_late: false,
    }
}

fn signed(mut view: HandoverView, party: Party, text: &str) -> HandoverView {
    view.signatures.push(SignatureShown {
        party,
        person: String::new(),
        key: soxa_ledger::PublicKey([7; 32]),
        op: op(3),
        at: at(day(text), 0).unwrap(),
        remark: String::new(),
    });
    view
}

#[test]
fn what_was_given_is_what_was_received_and_refused() {
    let mut all = vec![(id(7, 0), effective(id(7, 0), &[100, 20, 3]))];
    let refused = &mut all[0].1.lines[1];
    refused.moved = false;
    refused.refusals.push(Reasoned {
        op: op(4),
        reason: "không có".to_owned(),
    });
    all[0].1.lines[2].counts.push(Counted {
        op: op(5),
        quantity: Quantity::whole(2),
        condition: "tốt".to_owned(),
        remark: "thừa 1".to_owned(),
    });
    // A line that neither came nor was refused: the subject had moved on.
    let mut odd = effective(id(7, 1), &[5]);
    odd.lines[0].moved = false;
    odd.kind = HandoverKind::Staff;
    all.push((id(7, 1), odd));
    let report = handovers(&on("2025-11-30"), all);
    check(
        &report,
        Name::Effective,
        Base::HandoversEffective,
        Amount::Count(2),
    );
    for (name, lines, cost, dong) in [
        (Name::LinesGiven, 4, Name::CostGiven, 128),
        (Name::LinesReceived, 2, Name::CostReceived, 103),
        (Name::LinesRefused, 1, Name::CostRefused, 20),
    ] {
        check(&report, name, Base::LinesEffective, Amount::Count(lines));
        check(&report, cost, Base::LinesEffective, Amount::Dong(dong));
    }
    let differ = report
        .figure(Name::TotalsDiffer, Base::HandoversEffective)
        .unwrap();
    assert_eq!(differ.behind.len(), 1);
    assert_eq!(differ.behind[0].record, id(7, 1));
    check(
        &report,
        Name::LinesWithRemarks,
        Base::LinesEffective,
        Amount::Count(1),
    );
    check(
        &report,
        Name::LinesCountedOtherwise,
        Base::LinesEffective,
        Amount::Count(1),
    );
    assert_eq!(
        line(&report, By::HandoverKind, &Group::Word("staff"))[0],
        Amount::Count(1)
    );
}

#[test]
fn what_is_under_way_waits_for_somebody() {
    let stage = |stage, n: u32| {
        let mut view = effective(id(7, n), &[1]);
        view.stage = stage;
        view
    };
    let mut offered = signed(stage(HandoverStage::Offered, 1), Party::Giver, "2025-11-20");
    offered.expires = at(day("2025-11-25"), 0);
    let mut witnessed = signed(stage(HandoverStage::Accepted, 2), Party::Giver, "2025-11-10");
    witnessed = signed(witnessed, Party::Receiver, "2025-11-12");
    witnessed.witness = Some(WitnessParty {
        unit: id(1, 9),
        name: "Sở Tài chính".to_owned(),
        capacity: WitnessCapacity::Witness,
    });
    let mut earlier = stage(HandoverStage::Effective, 4);
    earlier.date = day("2025-06-30");
    let all = [
        (id(7, 0), stage(HandoverStage::Draft, 0)),
        (id(7, 1), offered),
        (id(7, 2), witnessed),
        (id(7, 3), stage(HandoverStage::Returned, 3)),
        (id(7, 4), earlier),
    ];
    let mut asked = on("2025-11-30");
    asked.period.from = Some(day("2025-07-01"));
    let report = handovers(&asked, all);
    for (name, base, count) in [
        (Name::Drafts, Base::Handovers, 1),
        (Name::Waiting, Base::HandoversWaiting, 2),
        (Name::Expired, Base::HandoversWaiting, 1),
        (Name::SentBack, Base::Handovers, 1),
        (Name::Effective, Base::HandoversEffective, 0),
    ] {
        check(&report, name, base, Amount::Count(count));
    }
    check(
        &report,
        Name::LongestWait,
        Base::HandoversWaiting,
        Amount::Days(18),
    );
    let receiver = line(&report, By::WaitingFor, &Group::Unit(id(1, 1)));
    assert_eq!(receiver, [Amount::Count(1), Amount::Days(10)]);
    let witness = line(&report, By::WaitingFor, &Group::Unit(id(1, 9)));
    assert_eq!(witness, [Amount::Count(1), Amount::Days(18)]);
}

fn paper() -> LineOf {
    LineOf::Paper(Paper {
        form: PaperForm::Original,
        about: None,
        hash: None,
    })
}

#[test]
fn papers_and_corrections_are_counted_apart_and_move_nothing() {
    let mut with_paper = effective(id(7, 0), &[100, 0]);
    with_paper.lines[1].content.of = paper();
    with_paper.lines[1].moved = false;
    let mut correction = effective(id(7, 1), &[7]);
    correction.lines[0].content.of = paper();
    correction.corrects = Some(id(7, 0));
    let report = handovers(
        &on("2025-11-30"),
        [(id(7, 0), with_paper), (id(7, 1), correction)],
    );
    check(&report, Name::LinesGiven, Base::LinesEffective, Amount::Count(1));
    check(
        &report,
        Name::LinesOfPapers,
        Base::LinesEffective,
        Amount::Count(2),
    );
    check(
        &report,
        Name::TotalsDiffer,
        Base::HandoversEffective,
        Amount::Count(0),
    );
    let corrections = report
        .figure(Name::Corrections, Base::HandoversEffective)
        .unwrap();
    assert_eq!(corrections.behind.len(), 1);
    assert_eq!(corrections.behind[0].record, id(7, 1));
    assert_eq!(corrections.behind[0].says, id(7, 0).short());
}
