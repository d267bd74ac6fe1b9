//! Handovers from draft to effect: every act, by the right party, in the right stage, with the right minutes.

use soxa_ledger::ids::RecordId;
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::operation::OpRef;
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};
use soxa_ledger::{OpId, StatementId};
use soxa_records::compose::Composer;
use soxa_records::handover::minutes::{SigningParty, latest_minutes, minutes_payload, sign_minutes};
use soxa_records::handover::{CountRow, HandoverDraft, HandoverEffect, HandoverOperation, HandoverStage};
use soxa_records::verdict::RefNeed;
use soxa_records::{Illegality, LinkId, OpMissing, OpVerdict, OpVoid, Quantity, TypedOperation};

use crate::province::{Official, Province, subject_of};

fn stage(p: &Province, handover: RecordId) -> HandoverStage {
    p.handover_view(handover).stage
}

pub(crate) fn in_stage(found: HandoverStage) -> Illegality {
    Illegality::HandoverStage { found }
}

fn not_party(party: Party, of: &Official) -> Illegality {
    Illegality::NotParty {
        party,
        unit: of.unit(),
    }
}

fn refusal(line: u32) -> RefusedLine {
    RefusedLine {
        line,
        reason: "not there".to_owned(),
    }
}

fn count_rows(line: u32) -> Vec<CountRow> {
    vec![CountRow {
        line,
        quantity: Quantity::whole(1),
        condition: "worn".to_owned(),
        remark: String::new(),
    }]
}

/// One act on a handover at its heads.
pub(crate) fn act(
    p: &mut Province,
    by: &Official,
    handover: RecordId,
    operation: &HandoverOperation,
    minutes: &[&Minutes],
) -> OpId {
    let mut at = p.at(handover);
    p.act(by, |c| {
        for minutes in minutes {
            c.carry(minutes);
        }
        c.act(&mut at, &TypedOperation::Handover(operation.clone()), vec![]);
    })
}

fn effect_of(draft: &HandoverDraft, refused: &[RefusedLine]) -> HandoverEffect {
    HandoverEffect {
        minutes: 0,
        kind: draft.kind,
        giver: draft.giver.unit,
        receiver: draft.receiver.unit,
        lines: draft.accepted_lines(refused),
    }
}

#[test]
fn the_whole_way_with_counting_and_a_refused_line() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let assets = [p.asset(&a, "House"), p.asset(&a, "Car"), p.asset(&a, "Printer")];
    let (_, composer) = p.draft(&a, &b, &assets);
    let handover = RecordId::from(p.commit(&a, composer)[0]);
    assert_eq!(stage(&p, handover), HandoverStage::Draft);
    let minutes = p.signed(handover, &a, Party::Giver, &[]);
    let mut at = p.at(handover);
    p.act(&a, |c| {
        c.offer(&mut at, &minutes);
    });
    assert_eq!(stage(&p, handover), HandoverStage::Offered);
    let mut at = p.at(handover);
    let counted = p.act(&b, |c| {
        c.count(&mut at, count_rows(2));
    });
    p.expect_valid(counted);
    assert_eq!(stage(&p, handover), HandoverStage::Counted);
    let composer = p.acceptance(handover, &b, &[refusal(3)]);
    let ops = p.commit(&b, composer);
    assert_eq!(ops.len(), 4, "accept, effect and the custody of two lines");
    for op in ops {
        p.expect_valid(op);
    }
    let view = p.handover_view(handover);
    assert_eq!(view.stage, HandoverStage::Effective);
    assert!(!view.withdrawn_too_late);
    assert_eq!(
        view.lines.iter().map(|l| l.moved).collect::<Vec<_>>(),
        [true, true, false]
    );
    assert_eq!(view.lines[1].counts[0].condition, "worn");
    assert_eq!(view.lines[2].refusals[0].reason, "not there");
    assert_eq!(
        view.signatures.iter().map(|s| s.party).collect::<Vec<_>>(),
        [Party::Giver, Party::Receiver]
    );
    assert!(view.has_signed(Party::Receiver) && !view.has_signed(Party::Witness));
    let custodians = assets.map(|asset| p.asset_view(asset).custody.custodian.unwrap());
    assert_eq!(custodians, [b.unit(), b.unit(), a.unit()]);
}

#[test]
fn a_named_witness_signs_before_custody_moves() {
    let mut p = Province::new();
    let (a, b, finance) = (p.a.clone(), p.b.clone(), p.finance.clone());
    let asset = p.asset(&a, "House");
    let (draft, composer) = p.draft_with(&a, &b, Some(&finance), &[asset]);
    let handover = RecordId::from(p.commit(&a, composer)[0]);
    let witness = |p: &mut Province, by: &Official, minutes: &Minutes| {
        let mut composer = Composer::new();
        let mut subjects = p.subjects(&draft);
        composer
            .witness(&mut p.at(handover), handover, &draft, minutes, &mut subjects)
            .unwrap();
        p.commit(by, composer)
    };
    let minutes = p.signed(handover, &a, Party::Giver, &[]);
    let mut at = p.at(handover);
    p.act(&a, |c| {
        c.offer(&mut at, &minutes);
    });
    let early = p.signed(handover, &finance, Party::Witness, &[]);
    let ops = witness(&mut p, &finance, &early);
    p.expect_illegal(ops[0], in_stage(HandoverStage::Offered));
    let needed = vec![Party::Giver, Party::Receiver, Party::Witness];
    p.expect_illegal(
        ops[1],
        Illegality::Signatures {
            needed: needed.clone(),
        },
    );
    p.expect_void(ops[2], OpVoid::RefVoid(ops[1]));

    let composer = p.acceptance(handover, &b, &[]);
    let ops = p.commit(&b, composer);
    assert_eq!(ops.len(), 1, "the effect waits for the witness");
    p.expect_valid(ops[0]);
    assert_eq!(stage(&p, handover), HandoverStage::Accepted);
    assert_eq!(p.asset_view(asset).custody.custodian, Some(a.unit()));

    let full = p.signed(handover, &finance, Party::Witness, &[]);
    let ops = witness(&mut p, &b, &full);
    p.expect_illegal(ops[0], not_party(Party::Witness, &finance));
    p.expect_valid(ops[1]);
    p.expect_valid(ops[2]);
    p.forget(ops[2]);
    p.forget(ops[1]);
    p.forget(ops[0]);
    for op in witness(&mut p, &finance, &full) {
        p.expect_valid(op);
    }
    assert_eq!(stage(&p, handover), HandoverStage::Effective);
    assert_eq!(p.asset_view(asset).custody.custodian, Some(b.unit()));
    assert!(p.handover_view(handover).has_signed(Party::Witness));
}

#[test]
fn a_witness_that_is_not_named_cannot_sign() {
    let mut p = Province::new();
    let (a, b, finance) = (p.a.clone(), p.b.clone(), p.finance.clone());
    let asset = p.asset(&a, "House");
    let handover = p.offered(&a, &b, &[asset]);
    let minutes = p.signed(handover, &finance, Party::Witness, &[]);
    let body = soxa_records::handover::HandoverWitness { minutes: 0 };
    let op = act(
        &mut p,
        &finance,
        handover,
        &HandoverOperation::Witness(body),
        &[&minutes],
    );
    p.expect_illegal(op, Illegality::NoWitness);
}

#[test]
fn each_act_belongs_to_a_party() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let (draft, composer) = p.draft(&a, &b, &[asset]);
    let op = p.commit(&b, composer)[0];
    p.expect_illegal(op, not_party(Party::Giver, &a));
    let handover = p.offered(&a, &b, &[asset]);
    let full = p.signed(handover, &b, Party::Receiver, &[]);
    use soxa_records::handover::{
        HandoverAccept, HandoverCount, HandoverOffer, HandoverRefuse, HandoverWithdraw,
    };
    let reason = "no".to_owned();
    let acts = [
        (
            HandoverOperation::Offer(HandoverOffer { minutes: 0 }),
            Party::Giver,
            &a,
            &b,
        ),
        (
            HandoverOperation::Count(HandoverCount { rows: count_rows(1) }),
            Party::Receiver,
            &b,
            &a,
        ),
        (
            HandoverOperation::Accept(HandoverAccept { minutes: 0 }),
            Party::Receiver,
            &b,
            &a,
        ),
        (
            HandoverOperation::Refuse(HandoverRefuse {
                reason: reason.clone(),
            }),
            Party::Receiver,
            &b,
            &a,
        ),
        (
            HandoverOperation::Withdraw(HandoverWithdraw { reason }),
            Party::Giver,
            &a,
            &b,
        ),
    ];
    for (operation, party, of, by) in acts {
        let op = act(&mut p, by, handover, &operation, &[&full]);
        p.expect_illegal(op, not_party(party, of));
    }
    let effect = HandoverOperation::Effect(effect_of(&draft, &[]));
    let op = act(&mut p, &c, handover, &effect, &[&full]);
    p.expect_illegal(op, Illegality::NoParty);
    // The giver's program may be the first to see every signature.
    let op = act(&mut p, &a, handover, &effect, &[&full]);
    p.expect_valid(op);
}

#[test]
fn a_draft_builds_on_the_givers_links() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let (asset, foreign, person) = (p.asset(&a, "House"), p.asset(&b, "Car"), p.person(&a, "An"));
    let (good, _) = p.draft(&a, &b, &[asset]);
    let (other, _) = p.draft(&a, &b, &[foreign]);
    let wrong_ref = Illegality::WrongRef {
        index: 0,
        needed: RefNeed::SubjectLink,
    };
    let not_givers = Illegality::LineNotGivers { line: 1 };
    let mut deep = good.clone();
    subject_of(&mut deep.lines[0]).depth = 2;
    let mut link = good.clone();
    subject_of(&mut link.lines[0]).prev = LinkId::of_registration(foreign);
    let mut staff = good.clone();
    staff.kind = soxa_records::handover::HandoverKind::Staff;
    let cases: [(&HandoverDraft, RecordId, Illegality); 6] = [
        (&deep, asset, not_givers.clone()),
        (&link, asset, not_givers.clone()),
        (&other, foreign, not_givers),
        (&good, foreign, wrong_ref.clone()),
        (&good, person, wrong_ref.clone()),
        (&staff, asset, wrong_ref),
    ];
    for (draft, cited, illegality) in cases {
        let op = p.act(&a, |c| {
            c.draft_handover(draft.clone(), vec![OpRef::Id(cited.into())]);
        });
        p.expect_illegal(op, illegality);
    }
    let op = p.act(&a, |c| {
        c.draft_handover(good.clone(), vec![]);
    });
    p.expect_void(
        op,
        OpVoid::Malformed("handover.draft cites 0 operations instead of 1".to_owned()),
    );
    let op = p.act(&a, |c| {
        c.draft_handover(good.clone(), vec![OpRef::Id(asset.into())]);
    });
    p.expect_valid(op);
}

#[test]
fn an_offer_carries_exactly_the_givers_signature_under_the_drafts_own_minutes() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let clerk = p.official(&a, 40);
    let asset = p.asset(&a, "House");
    let (draft, composer) = p.draft(&a, &b, &[asset]);
    let handover = RecordId::from(p.commit(&a, composer)[0]);
    let offer = HandoverOperation::Offer(soxa_records::handover::HandoverOffer { minutes: 0 });
    let sign = |payload: &[u8], by: &Official, party| {
        let by = SigningParty {
            party,
            appointment: by.appointment(),
            refused: &[],
            remark: "",
            key: &by.key,
        };
        sign_minutes(p.network, payload, None, by).unwrap()
    };
    let payload = minutes_payload(p.network, handover, &draft);
    let elsewhere = minutes_payload(p.network, asset, &draft);
    let cases = [
        (vec![], Illegality::NoMinutes(0)),
        (vec![sign(&elsewhere, &a, Party::Giver)], Illegality::OtherMinutes),
        (
            vec![sign(&payload, &a, Party::Receiver)],
            Illegality::Signatures {
                needed: vec![Party::Giver],
            },
        ),
        (
            vec![sign(&payload, &clerk, Party::Giver)],
            Illegality::SignerNotAuthor(Party::Giver),
        ),
        (
            vec![sign(&payload, &b, Party::Giver)],
            Illegality::SignerUnit {
                party: Party::Giver,
                unit: a.unit(),
            },
        ),
    ];
    let good = sign(&payload, &a, Party::Giver);
    for (minutes, illegality) in cases {
        let op = act(&mut p, &a, handover, &offer, &minutes.iter().collect::<Vec<_>>());
        p.expect_illegal(op, illegality);
    }
    let op = act(&mut p, &a, handover, &offer, &[&good]);
    p.expect_valid(op);
    let op = act(&mut p, &a, handover, &offer, &[&good]);
    p.expect_illegal(op, in_stage(HandoverStage::Offered));
}

#[test]
fn a_signature_without_effect_takes_the_act_with_it() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let ops = p.hand_over(&a, &b, &[asset]);
    p.cut_signatures(&a, &Verdict::Void(VoidReason::OutsideTerm));
    for op in &ops[..2] {
        // The offer is void, so the handover is a draft again: the stage is asked before the signatures.
        assert!(p.verdict(*op).is_void());
    }
    p.expect_void(ops[1], OpVoid::Signer(Party::Giver, VoidReason::OutsideTerm));
    p.expect_void(ops[2], OpVoid::RefVoid(ops[1]));
    let unknown = Missing::Statement(StatementId([9; 32]));
    p.cut_signatures(&a, &Verdict::Pending(unknown.clone()));
    assert_eq!(
        p.verdict(ops[0]),
        &OpVerdict::Pending(OpMissing::Operation(offer_of(&p, ops[0])))
    );
    assert_eq!(
        p.verdict(ops[1]),
        &OpVerdict::Pending(OpMissing::Operation(ops[0]))
    );
    p.cut_signatures(&a, &Verdict::Valid);
    p.cut_signatures(&b, &Verdict::Pending(unknown.clone()));
    assert_eq!(
        p.verdict(ops[0]),
        &OpVerdict::Pending(OpMissing::Authority(unknown))
    );
    assert_eq!(
        p.verdict(ops[1]),
        &OpVerdict::Pending(OpMissing::Operation(ops[0]))
    );
    assert_eq!(
        p.verdict(ops[2]),
        &OpVerdict::Pending(OpMissing::Operation(ops[1]))
    );
    p.cut_signatures(&b, &Verdict::Valid);
    p.expect_valid(ops[2]);
}

fn offer_of(p: &Province, accept: OpId) -> OpId {
    p.ops[&accept].parents[0]
}

#[test]
fn lines_that_are_not_there_cannot_be_counted_or_refused() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let (house, car) = (p.asset(&a, "House"), p.asset(&a, "Car"));
    let handover = p.offered(&a, &b, &[house, car]);
    let mut at = p.at(handover);
    let op = p.act(&b, |c| {
        c.count(&mut at, count_rows(3));
    });
    p.expect_illegal(op, Illegality::NoSuchLine(3));
    let composer = p.acceptance(handover, &b, &[refusal(3)]);
    let op = p.commit(&b, composer)[0];
    p.expect_illegal(op, Illegality::NoSuchLine(3));
    let minutes = p.signed(handover, &b, Party::Receiver, &[refusal(1), refusal(2)]);
    let body = soxa_records::handover::HandoverAccept { minutes: 0 };
    let op = act(
        &mut p,
        &b,
        handover,
        &HandoverOperation::Accept(body),
        &[&minutes],
    );
    p.expect_illegal(op, Illegality::AllRefused);
}

#[test]
fn an_effect_says_what_was_signed() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let (house, car) = (p.asset(&a, "House"), p.asset(&a, "Car"));
    let handover = p.offered(&a, &b, &[house, car]);
    let draft = p.draft_of(handover);
    let minutes = p.signed(handover, &b, Party::Receiver, &[refusal(2)]);
    let good = effect_of(&draft, &[refusal(2)]);
    let mut kind = good.clone();
    kind.kind = soxa_records::handover::HandoverKind::Staff;
    let mut receiver = good.clone();
    receiver.receiver = c.unit();
    let mut line = good.clone();
    line.lines[0].depth = 7;
    for wrong in [
        effect_of(&draft, &[]),
        effect_of(&draft, &[refusal(1)]),
        kind,
        receiver,
        line,
    ] {
        let op = act(
            &mut p,
            &b,
            handover,
            &HandoverOperation::Effect(wrong),
            &[&minutes],
        );
        p.expect_illegal(op, Illegality::EffectMismatch);
    }
    let good = HandoverOperation::Effect(good);
    let op = act(&mut p, &b, handover, &good, &[&minutes]);
    p.expect_valid(op);
    // Whoever issues the same once more changes nothing.
    let op = act(&mut p, &a, handover, &good, &[&minutes]);
    p.expect_valid(op);
    assert_eq!(p.handover_view(handover).effects.len(), 2);
    let signers = latest_minutes(p.history(handover)).unwrap().signers().len();
    assert_eq!(signers, 2);
}

#[test]
fn a_custody_operation_says_what_its_effect_lists() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let (house, car) = (p.asset(&a, "House"), p.asset(&a, "Car"));
    let handover = p.offered(&a, &b, &[house, car]);
    let composer = p.acceptance(handover, &b, &[refusal(2)]);
    let ops = p.commit(&b, composer);
    let good = match p.history(house).typed(&ops[2]) {
        Some(TypedOperation::Asset(soxa_records::asset::AssetOperation::Custody(custody))) => custody.clone(),
        other => panic!("no custody but {other:?}"),
    };
    let issue =
        |p: &mut Province, asset: RecordId, custody: &soxa_records::custody::Custody, effect: OpId| {
            let mut at = p.at(asset);
            p.act(&b.clone(), |c| {
                let operation = soxa_records::asset::AssetOperation::Custody(custody.clone());
                c.act(
                    &mut at,
                    &TypedOperation::Asset(operation),
                    vec![OpRef::Id(effect)],
                );
            })
        };
    let mut to = good.clone();
    to.to = c.unit();
    let mut depth = good.clone();
    depth.depth = 9;
    for wrong in [to, depth] {
        let op = issue(&mut p, house, &wrong, ops[1]);
        p.expect_illegal(op, Illegality::NotInEffect { line: 1 });
    }
    let mut refused = good.clone();
    refused.line = 2;
    refused.link = soxa_records::LinkId::of_line(handover, 2);
    refused.prev = soxa_records::LinkId::of_registration(car);
    let op = issue(&mut p, car, &refused, ops[1]);
    p.expect_illegal(op, Illegality::NotInEffect { line: 2 });
    let op = issue(&mut p, house, &good, ops[0]);
    p.expect_illegal(
        op,
        Illegality::WrongRef {
            index: 0,
            needed: RefNeed::HandoverEffect,
        },
    );
    // The same once more is the same link.
    let op = issue(&mut p, house, &good, ops[1]);
    p.expect_valid(op);
    let custody = p.asset_view(house).custody;
    assert_eq!(custody.links.len(), 2);
    assert_eq!(custody.links[1].ops.len(), 2);
    assert_eq!(custody.contested, None);
    assert_eq!(custody.custodian, Some(b.unit()));
}
