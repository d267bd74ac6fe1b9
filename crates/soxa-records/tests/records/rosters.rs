//! Rosters and persons: posts, holders, heads.

use soxa_ledger::OpId;
use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::{OpRef, RecordRef};
use soxa_records::compose::{Composer, current_link};
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, PersonSet, WorkField};
use soxa_records::roster::view::RosterView;
use soxa_records::roster::{Assign, AssignmentKind, PostAdd, QuotaSet, Release, RosterCreate};
use soxa_records::{Illegality, TypedOperation};

use crate::province::{Official, Province, date, person_of};

fn post(code: &str, head: bool) -> PostAdd {
    PostAdd {
        code: code.to_owned(),
        title: "Post".to_owned(),
        field: WorkField::Culture,
        head,
    }
}

fn assign(post: OpRef, person: RecordRef, kind: AssignmentKind) -> Assign {
    Assign {
        post,
        person,
        kind,
        from: date(),
        until: None,
        decision: "QĐ 12".to_owned(),
    }
}

/// A roster of A with one post, and the post.
fn roster(p: &mut Province) -> (RecordId, OpId) {
    let a = p.a.clone();
    let mut c = Composer::new();
    let mut at = c.create_roster(RosterCreate {
        unit: a.unit(),
        path: vec![p.top.unit()],
    });
    c.add_post(&mut at, post("VH-1", true));
    let ops = p.commit(&a, c);
    p.expect_valid(ops[0]);
    p.expect_valid(ops[1]);
    (ops[0].into(), ops[1])
}

fn view(p: &Province, roster: RecordId) -> RosterView {
    RosterView::of(p.history(roster).state()).unwrap()
}

fn give(
    p: &mut Province,
    by: &Official,
    roster: RecordId,
    post: OpId,
    person: RecordId,
    kind: AssignmentKind,
) -> OpId {
    let mut at = p.at(roster);
    let link = OpRef::Id(current_link(p.history(person).state()).unwrap());
    p.act(by, |c| {
        c.assign(
            &mut at,
            assign(OpRef::Id(post), RecordRef::Id(person), kind),
            link,
        );
    })
}

#[test]
fn one_commit_may_register_people_and_give_them_posts() {
    let mut p = Province::new();
    let a = p.a.clone();
    let mut c = Composer::new();
    let mut at = c.create_roster(RosterCreate {
        unit: a.unit(),
        path: vec![p.top.unit()],
    });
    let first = c.add_post(&mut at, post("VH-1", true));
    c.add_post(&mut at, post("VH-2", false));
    let person = c.register_person(person_of(a.unit(), "Lò Văn An"));
    c.assign(
        &mut at,
        assign(first, person.record, AssignmentKind::Regular),
        person.heads[0],
    );
    let ops = p.commit(&a, c);
    for op in &ops {
        p.expect_valid(*op);
    }
    let roster = view(&p, ops[0].into());
    assert_eq!(roster.unit.one(), Some(&a.unit()));
    assert_eq!(
        roster.heads().map(|term| term.person).collect::<Vec<_>>(),
        [RecordId::from(ops[3])]
    );
    assert_eq!(
        roster
            .vacancies()
            .map(|post| post.code.as_str())
            .collect::<Vec<_>>(),
        ["VH-2"]
    );
    assert_eq!(roster.counts(|_| true).get(&WorkField::Culture), Some(&1));
    assert!(roster.double_postings().is_empty());
}

#[test]
fn a_roster_is_made_and_kept_from_its_unit_or_above() {
    let mut p = Province::new();
    let (a, b, top) = (p.a.clone(), p.b.clone(), p.top.clone());
    let path = vec![top.unit()];
    let op = p.act(&b, |c| {
        c.create_roster(RosterCreate {
            unit: a.unit(),
            path: path.clone(),
        });
    });
    let not_above = Illegality::NotAbove {
        unit: a.unit(),
        actor: Some(b.unit()),
    };
    p.expect_illegal(op, not_above.clone());
    let op = p.act(&top, |c| {
        c.create_roster(RosterCreate {
            unit: a.unit(),
            path: vec![],
        });
    });
    p.expect_illegal(op, Illegality::PathMismatch);
    let (roster, _) = roster(&mut p);
    let mut at = p.at(roster);
    let op = p.act(&b, |c| {
        c.add_post(&mut at, post("X", false));
    });
    p.expect_illegal(op, not_above);
    let mut at = p.at(roster);
    let op = p.act(&top, |c| {
        c.add_post(&mut at, post("X", false));
    });
    p.expect_valid(op);
}

#[test]
fn posts_have_codes_of_their_own_and_close_when_vacant() {
    let mut p = Province::new();
    let a = p.a.clone();
    let (roster, first) = roster(&mut p);
    let mut at = p.at(roster);
    let op = p.act(&a, |c| {
        c.add_post(&mut at, post("VH-1", false));
    });
    p.expect_illegal(op, Illegality::PostCodeTaken("VH-1".to_owned()));

    let person = p.person(&a, "An");
    let term = give(&mut p, &a, roster, first, person, AssignmentKind::Regular);
    p.expect_valid(term);
    let close = |p: &mut Province, post: OpId| {
        let mut at = p.at(roster);
        p.act(&p.a.clone(), |c| {
            c.close_post(&mut at, OpRef::Id(post));
        })
    };
    let op = close(&mut p, first);
    p.expect_illegal(op, Illegality::PostHeld { post: first, person });
    let release = |p: &mut Province, assignment: OpId| {
        let mut at = p.at(roster);
        let release = Release {
            assignment: OpRef::Id(assignment),
            date: date(),
            reason: "transfer".to_owned(),
        };
        p.act(&p.a.clone(), |c| {
            c.release(&mut at, release);
        })
    };
    let op = release(&mut p, first);
    p.expect_illegal(op, Illegality::NoSuchAssignment(first));
    let op = release(&mut p, term);
    p.expect_valid(op);
    let op = release(&mut p, term);
    p.expect_illegal(op, Illegality::AssignmentEnded(term));
    let op = close(&mut p, first);
    p.expect_valid(op);
    let op = close(&mut p, first);
    p.expect_illegal(op, Illegality::PostClosed(first));
    let op = close(&mut p, term);
    p.expect_illegal(op, Illegality::NoSuchPost(term));
    let op = give(&mut p, &a, roster, first, person, AssignmentKind::Acting);
    p.expect_illegal(op, Illegality::PostClosed(first));
    // The code is free again.
    let mut at = p.at(roster);
    let op = p.act(&a, |c| {
        c.add_post(&mut at, post("VH-1", false));
    });
    p.expect_valid(op);
}

#[test]
fn a_regular_post_goes_to_the_units_own_people_one_at_a_time() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let (roster, post) = roster(&mut p);
    let (own, other, guest) = (p.person(&a, "An"), p.person(&a, "Bình"), p.person(&b, "Chi"));
    let op = give(&mut p, &a, roster, post, guest, AssignmentKind::Regular);
    p.expect_illegal(
        op,
        Illegality::PersonElsewhere {
            person: guest,
            custodian: b.unit(),
        },
    );
    let op = give(&mut p, &a, roster, post, guest, AssignmentKind::InCharge);
    p.expect_valid(op);
    let op = give(&mut p, &a, roster, post, own, AssignmentKind::Regular);
    p.expect_valid(op);
    let op = give(&mut p, &a, roster, post, other, AssignmentKind::Regular);
    p.expect_illegal(op, Illegality::PostHeld { post, person: own });
    assert_eq!(view(&p, roster).heads().count(), 2);
}

#[test]
fn concurrent_regular_holders_are_shown_as_a_double_posting() {
    let mut p = Province::new();
    let a = p.a.clone();
    let (roster, post) = roster(&mut p);
    let (one, two) = (p.person(&a, "An"), p.person(&a, "Bình"));
    let at = p.at(roster);
    for person in [one, two] {
        let mut at = at.clone();
        let op = p.act(&a, |c| {
            let body = assign(OpRef::Id(post), RecordRef::Id(person), AssignmentKind::Regular);
            c.assign(&mut at, body, OpRef::Id(person.into()));
        });
        p.expect_valid(op);
    }
    let roster = view(&p, roster);
    assert_eq!(roster.double_postings().len(), 1);
    assert_eq!(roster.double_postings()[0].len(), 2);
}

#[test]
fn an_assignment_cites_the_persons_own_link() {
    let mut p = Province::new();
    let a = p.a.clone();
    let (roster, post) = roster(&mut p);
    let (one, two) = (p.person(&a, "An"), p.person(&a, "Bình"));
    let asset = p.asset(&a, "House");
    let needed = soxa_records::verdict::RefNeed::PersonLink;
    for (person, link) in [(one, two), (one, asset)] {
        let mut at = p.at(roster);
        let op = p.act(&a, |c| {
            let body = assign(OpRef::Id(post), RecordRef::Id(person), AssignmentKind::Acting);
            c.assign(&mut at, body, OpRef::Id(link.into()));
        });
        p.expect_illegal(op, Illegality::WrongRef { index: 0, needed });
    }
}

#[test]
fn a_person_is_registered_from_above_and_edited_by_the_own_unit() {
    let mut p = Province::new();
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    let op = p.act(&b, |c| {
        c.register_person(person_of(a.unit(), "An"));
    });
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(b.unit()),
        },
    );
    let op = p.act(&top, |c| {
        c.register_person(person_of(a.unit(), "An"));
    });
    p.expect_valid(op);
    let person = RecordId::from(op);
    for (by, legal) in [(&a, true), (&b, false), (&top, false)] {
        let mut at = p.at(person);
        let op = p.act(by, |c| {
            c.set_person(&mut at, PersonSet::Field(WorkField::Management));
        });
        if legal {
            p.expect_valid(op);
        } else {
            let custodian = Some(a.unit());
            p.expect_illegal(
                op,
                Illegality::NotCustodian {
                    custodian,
                    actor: Some(by.unit()),
                },
            );
        }
    }
    let view = PersonView::of(p.history(person).state()).unwrap();
    assert_eq!(view.field.one(), Some(&WorkField::Management));
}

#[test]
fn a_staff_handover_moves_a_person() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let person = p.person(&a, "An");
    for op in p.hand_over(&a, &b, &[person]) {
        p.expect_valid(op);
    }
    let view = PersonView::of(p.history(person).state()).unwrap();
    assert_eq!(view.custody.custodian, Some(b.unit()));
    let (roster, post) = roster(&mut p);
    let op = give(&mut p, &a, roster, post, person, AssignmentKind::Regular);
    p.expect_illegal(
        op,
        Illegality::PersonElsewhere {
            person,
            custodian: b.unit(),
        },
    );
}

#[test]
fn an_operation_of_one_kind_does_nothing_to_a_record_of_another() {
    let mut p = Province::new();
    let a = p.a.clone();
    let person = p.person(&a, "An");
    let mut at = p.at(person);
    let op = p.act(&a, |c| {
        let set = soxa_records::asset::AssetSet::Site("x".to_owned());
        c.act(
            &mut at,
            &TypedOperation::Asset(soxa_records::asset::AssetOperation::Set(set)),
            vec![],
        );
    });
    p.expect_illegal(op, Illegality::OtherKind(soxa_records::RecordKind::Person));
}

#[test]
fn the_last_quota_of_a_class_and_year_counts_and_concurrent_ones_are_both_kept() {
    let mut p = Province::new();
    let a = p.a.clone();
    let (roster, _) = roster(&mut p);
    let quota = |class, year, number| QuotaSet {
        class,
        year,
        number,
        decision: "NQ 30".to_owned(),
    };
    let civil = PersonClass::CivilServant;
    for (class, year, number) in [
        (civil, 2025, 20),
        (civil, 2026, 24),
        (PersonClass::Worker, 2026, 3),
    ] {
        let mut at = p.at(roster);
        let op = p.act(&a, |c| {
            c.set_quota(&mut at, quota(class, year, number));
        });
        p.expect_valid(op);
    }
    let at = p.at(roster);
    for number in [22, 23] {
        let mut at = at.clone();
        p.act(&a, |c| {
            c.set_quota(&mut at, quota(civil, 2026, number));
        });
    }
    let found = view(&p, roster);
    assert_eq!(found.quota(civil, 2025), Some(20));
    assert_eq!(found.quotas.len(), 4);
    assert_eq!(found.quota(civil, 2026), Some(22));
    assert_eq!(found.quota(civil, 2027), None);
    let b = p.b.clone();
    let mut at = p.at(roster);
    let op = p.act(&b, |c| {
        c.set_quota(&mut at, quota(civil, 2026, 99));
    });
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(b.unit()),
        },
    );
}
