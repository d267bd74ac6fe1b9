//! Dossiers between desks and offices: who may act on one, who reads it, how it is given on and taken over.

use soxa_ledger::{OpRef, Scope};
use soxa_records::compose::Composer;
use soxa_records::dossier::*;
use soxa_records::{Illegality, OpVerdict};

use crate::dossier_samples::*;

#[test]
fn a_hop_of_the_control_slip_is_signed_by_who_gives_and_by_who_takes_once() {
    let mut desk = Desk::new();
    let (centre, a) = (desk.p.centre.clone(), desk.p.a.clone());
    let pass = DossierPass {
        at: noon(3),
        to: "Bộ phận hộ tịch".to_owned(),
        note: String::new(),
    };
    let pass = desk.act(&centre, DossierOperation::Pass(pass));
    assert!(desk.view().hops().next().unwrap().take.is_none());
    let take = |pass| {
        DossierOperation::Take(DossierTake {
            pass: OpRef::Id(pass),
            at: noon(4),
            note: String::new(),
        })
    };
    let taken = desk.act(&a, take(pass));
    desk.p.expect_valid(taken);
    assert_eq!(desk.view().hops().next().unwrap().take.unwrap().op, taken);
    let again = desk.act(&a, take(pass));
    desk.expect(again, Illegality::NoSuchPass(pass));
    let registration = desk.dossier.into();
    let of_nothing = desk.act(&a, take(registration));
    desk.expect(of_nothing, Illegality::NoSuchPass(registration));
}

#[test]
fn only_offices_of_the_dossier_act_on_it() {
    let mut desk = Desk::new();
    let (b, top) = (desk.p.b.clone(), desk.p.top.clone());
    let stranger = desk.act(&b, receive(3, 10));
    desk.expect(
        stranger,
        Illegality::NotAnOffice {
            actor: Some(b.unit()),
        },
    );
    let superior = desk.act(&top, receive(3, 10));
    desk.p.expect_valid(superior);
}

#[test]
fn an_office_at_the_province_gives_no_commune_the_right_to_act() {
    let mut desk = Desk::new();
    let (a, c, top) = (desk.p.a.clone(), desk.p.c.clone(), desk.p.top.clone());
    let register = registration(&a, &top);
    desk.scope = register.scope().unwrap();
    desk.dossier = desk.register(&a, register).into();
    desk.p.expect_valid(desk.dossier.into());
    let stranger = desk.act(&c, receive(3, 10));
    desk.expect(
        stranger,
        Illegality::NotAnOffice {
            actor: Some(c.unit()),
        },
    );
    for (by, operation) in [(&a, receive(3, 10)), (&top, DossierOperation::Process(remark(3)))] {
        let op = desk.act(by, operation);
        desk.p.expect_valid(op);
    }
    // Who receives does not decide.
    let op = desk.decide(&a, sign(5));
    assert!(desk.p.verdict(op).is_void());
    let op = desk.decide(&top, sign(5));
    desk.p.expect_valid(op);
}

#[test]
fn readers_are_the_communes_of_the_offices_and_the_province() {
    let mut desk = Desk::new();
    let (centre, a, top) = (desk.p.centre.clone(), desk.p.a.clone(), desk.p.top.clone());
    assert_eq!(desk.scope, Scope::of([top.unit(), a.unit()]).unwrap());
    for scope in [
        Scope::all_nodes(),
        Scope::of([top.unit()]).unwrap(),
        Scope::of([top.unit(), a.unit(), desk.p.b.unit()]).unwrap(),
    ] {
        let (mut at, mut composer) = (desk.p.at(desk.dossier), Composer::new());
        composer.on_dossier(&mut at, receive(3, 10));
        let op = desk.commit(&centre, composer, &scope);
        desk.expect(op, Illegality::OtherReaders);
        let mut composer = Composer::new();
        composer.register_dossier(registration(&centre, &a), OpRef::Id(desk.procedure));
        let op = desk.commit(&centre, composer, &scope);
        desk.expect(op, Illegality::OtherReaders);
    }
}

#[test]
fn forwarding_gives_another_commune_the_right_to_read_and_to_act() {
    let mut desk = Desk::new();
    let (centre, b, top, a) = (
        desk.p.centre.clone(),
        desk.p.b.clone(),
        desk.p.top.clone(),
        desk.p.a.clone(),
    );
    desk.act(&centre, receive(3, 10));
    let forward = DossierForward {
        at: noon(4),
        office: office(&b),
        reason: "người dân cư trú tại Thuận Châu".to_owned(),
    };
    let op = desk.act(&centre, DossierOperation::Forward(forward));
    desk.p.expect_valid(op);
    let wider = Scope::of([top.unit(), a.unit(), b.unit()]).unwrap();
    assert_eq!(desk.view().readers, wider);
    desk.scope = wider;
    let op = desk.act(&b, DossierOperation::Process(remark(4)));
    desk.p.expect_valid(op);
    let op = desk.decide(&b, sign(5));
    desk.p.expect_valid(op);
    // Who did not know of it goes on with the old readers.
    desk.scope = Scope::of([top.unit(), a.unit()]).unwrap();
    let op = desk.act(&centre, give_back(6));
    desk.p.expect_valid(op);
}

#[test]
fn what_was_forwarded_is_taken_over_once_by_the_new_office_alone() {
    let mut desk = Desk::new();
    let (centre, b, top) = (desk.p.centre.clone(), desk.p.b.clone(), desk.p.top.clone());
    desk.act(&centre, receive(3, 10));
    let forward = DossierForward {
        at: noon(4),
        office: office(&b),
        reason: "bàn giao".to_owned(),
    };
    assert_eq!(desk.view().at_office(), desk.view().competent);
    let forward = desk.act(&centre, DossierOperation::Forward(forward));
    desk.scope = desk.view().readers;
    assert_eq!(desk.view().at_office(), Some(b.unit()));
    assert_eq!(desk.view().waiting_at(&b.unit()).unwrap().pass.op, forward);
    assert!(desk.view().waiting_at(&centre.unit()).is_none());
    let take = || {
        DossierOperation::Take(DossierTake {
            pass: OpRef::Id(forward),
            at: noon(5),
            note: String::new(),
        })
    };
    let by_the_old = desk.act(&centre, take());
    desk.expect(
        by_the_old,
        Illegality::NotAnOffice {
            actor: Some(centre.unit()),
        },
    );
    assert!(desk.view().waiting_at(&b.unit()).is_some());
    let by_the_new = desk.act(&b, take());
    desk.p.expect_valid(by_the_new);
    let view = desk.view();
    assert!(view.waiting_at(&b.unit()).is_none());
    assert_eq!(view.hops().next().unwrap().take.unwrap().op, by_the_new);
    let again = desk.act(&top, take());
    desk.expect(again, Illegality::NoSuchPass(forward));
    assert!(!view.has_ended());
}

#[test]
fn what_was_decided_differently_at_once_is_settled_by_one_more_decision() {
    let mut desk = Desk::new();
    let (centre, a) = (desk.p.centre.clone(), desk.p.a.clone());
    desk.act(&centre, receive(3, 10));
    desk.act(&centre, DossierOperation::Process(remark(3)));
    let sign = |day, outcome| {
        DecisionOperation::Sign(DecisionSign {
            at: noon(day),
            outcome,
            title: "Giấy khai sinh".to_owned(),
            document: None,
        })
    };
    let old = desk.p.at(desk.dossier);
    let scope = desk.scope.clone();
    for outcome in [Outcome::Granted, Outcome::Denied] {
        let (mut at, mut composer) = (old.clone(), Composer::new());
        composer.decide(&mut at, sign(4, outcome));
        let signed = desk.commit(&a, composer, &scope);
        desk.p.expect_valid(signed);
    }
    assert!(desk.view().outcome.is_conflict());
    let settled = desk.decide(&a, sign(5, Outcome::Denied));
    desk.p.expect_valid(settled);
    assert_eq!(desk.view().outcome.one(), Some(&Outcome::Denied));
    assert_eq!(desk.status(), DossierStatus::Decided);
    // What stands is not decided a second time.
    let again = desk.decide(&a, sign(6, Outcome::Granted));
    let found = vec![DossierStatus::Decided];
    desk.expect(again, Illegality::DossierStatus { found });
}

#[test]
fn what_two_offices_did_at_once_is_shown_and_settled_by_the_next_act() {
    let mut desk = Desk::new();
    let (centre, a) = (desk.p.centre.clone(), desk.p.a.clone());
    desk.act(&centre, receive(3, 10));
    desk.act(&centre, DossierOperation::Process(remark(3)));
    let old = desk.p.at(desk.dossier);
    let scope = desk.scope.clone();
    let mut ops = Vec::new();
    for (by, operation) in [(&centre, ask(4)), (&a, DossierOperation::Stop(remark(4)))] {
        let (mut at, mut composer) = (old.clone(), Composer::new());
        composer.on_dossier(&mut at, operation);
        ops.push(desk.commit(by, composer, &scope));
    }
    assert!(ops.iter().all(|op| desk.p.verdict(*op) == &OpVerdict::Valid));
    assert!(desk.view().status.is_conflict());
    assert!(
        desk.p
            .history(desk.dossier)
            .state()
            .conflicts()
            .contains_key("status")
    );
    desk.act(&centre, DossierOperation::Resume(remark(5)));
    assert_eq!(desk.status(), DossierStatus::Processing);

    // Two ends have no next step: one of them is said once more.
    let old = desk.p.at(desk.dossier);
    for (by, operation) in [
        (&centre, DossierOperation::Withdraw(remark(6))),
        (&a, DossierOperation::Stop(remark(6))),
    ] {
        let (mut at, mut composer) = (old.clone(), Composer::new());
        composer.on_dossier(&mut at, operation);
        desk.commit(by, composer, &scope);
    }
    assert!(desk.view().status.is_conflict());
    let other = desk.act(&a, DossierOperation::Refuse(remark(7)));
    assert!(!desk.p.verdict(other).is_valid());
    desk.act(&a, DossierOperation::Stop(remark(7)));
    assert_eq!(desk.status(), DossierStatus::Stopped);
}
