//! How handovers end: refused, withdrawn, in effect, or two of these at once.

use soxa_records::OpVoid;
use soxa_records::handover::minutes::latest_minutes;
use soxa_records::handover::{HandoverOperation, HandoverStage};

use crate::handovers::{act, in_stage};
use crate::province::Province;

#[test]
fn refusing_or_withdrawing_ends_a_handover() {
    for refuse in [true, false] {
        let mut p = Province::new();
        let (a, b) = (p.a.clone(), p.b.clone());
        let asset = p.asset(&a, "House");
        let handover = p.offered(&a, &b, &[asset]);
        let mut at = p.at(handover);
        let op = if refuse {
            p.act(&b, |c| {
                c.refuse(&mut at, "roof leaks");
            })
        } else {
            p.act(&a, |c| {
                c.withdraw(&mut at, "wrong list");
            })
        };
        p.expect_valid(op);
        let found = if refuse {
            HandoverStage::Returned
        } else {
            HandoverStage::Withdrawn
        };
        let view = p.handover_view(handover);
        assert_eq!(view.stage, found);
        assert_eq!(view.refusals.len() + view.withdrawals.len(), 1);
        let composer = p.acceptance(handover, &b, &[]);
        let ops = p.commit(&b, composer);
        p.expect_illegal(ops[0], in_stage(found));
        p.expect_illegal(ops[1], in_stage(found));
        p.expect_void(ops[2], OpVoid::RefVoid(ops[1]));
        let mut at = p.at(handover);
        let again = p.act(&a, |c| {
            c.withdraw(&mut at, "again");
        });
        p.expect_illegal(again, in_stage(found));
        let mut at = p.at(handover);
        let again = p.act(&b, |c| {
            c.refuse(&mut at, "again");
        });
        p.expect_illegal(again, in_stage(found));
        // The subject is free for another handover.
        for op in p.hand_over(&a, &b, &[asset]) {
            p.expect_valid(op);
        }
    }
}

#[test]
fn what_is_in_effect_cannot_be_withdrawn_or_accepted_again() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let ops = p.hand_over(&a, &b, &[asset]);
    let handover = p.ops[&ops[0]].record;
    let mut at = p.at(handover);
    let op = p.act(&a, |c| {
        c.withdraw(&mut at, "too late");
    });
    p.expect_illegal(op, in_stage(HandoverStage::Effective));
    let minutes = latest_minutes(p.history(handover)).unwrap().clone();
    let body = soxa_records::handover::HandoverAccept { minutes: 0 };
    let op = act(
        &mut p,
        &b,
        handover,
        &HandoverOperation::Accept(body),
        &[&minutes],
    );
    p.expect_illegal(op, in_stage(HandoverStage::Effective));
}

#[test]
fn of_a_concurrent_withdrawal_and_acceptance_both_stand_and_the_effect_wins() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let handover = p.offered(&a, &b, &[asset]);
    let acceptance = p.acceptance(handover, &b, &[]);
    let mut at = p.at(handover);
    let withdrawal = p.act(&a, |c| {
        c.withdraw(&mut at, "wrong list");
    });
    let ops = p.commit(&b, acceptance);
    p.expect_valid(withdrawal);
    for op in ops {
        p.expect_valid(op);
    }
    let view = p.handover_view(handover);
    assert_eq!(view.stage, HandoverStage::Effective);
    assert!(view.withdrawn_too_late);
    assert_eq!(p.asset_view(asset).custody.custodian, Some(b.unit()));
}
