//! Stories of invites and of the nodes that they admit, told with the words of [`super::story`].

use soxa_ledger::statement::{Admission, Cut, CutReason, Fact, Invite, Issuer};
use soxa_ledger::verdict::{Missing, Position, Verdict, VoidReason};
use soxa_ledger::{RecordId, StatementId, Time};

use super::story::{Story, at, up_to};
use super::world::WORLD;

/// An invite of the root for the unit 1 through the node 0, until the entries number 7; its key is the official 4's.
fn invite(node: usize) -> Invite {
    Invite {
        key: WORLD.officials[4].public(),
        node: WORLD.nodes[node].node(),
        unit_path: WORLD.units[1].clone(),
        name: "máy xã".to_owned(),
        expires: Time(70),
    }
}

impl Story {
    fn use_invite(&mut self, id: StatementId, fact: Fact, at: Position) -> StatementId {
        let statement = WORLD.sign(Issuer::Under(id), &fact, &[&WORLD.officials[4]]);
        self.touched = self.authority.insert(&statement, at);
        statement.id
    }

    fn unit_of(&self, node: usize) -> Option<RecordId> {
        self.authority.unit_of_node(&WORLD.nodes[node].node())
    }
}

#[test]
fn invite_admits_the_first_node_that_its_node_takes_in() {
    let mut s = Story::new();
    let said = invite(0);
    let id = s.say(Issuer::Root, &Fact::Invite(said.clone()), at(0, 1));
    let second = s.use_invite(
        id,
        Fact::Admission(said.admission(WORLD.nodes[1].node())),
        at(0, 5),
    );
    assert_eq!(s.standing(second), Verdict::Valid);
    assert_eq!(s.unit_of(1), WORLD.units[1].last().copied());
    // The same payload by another node: neither a use nor an earlier one, whatever time it claims.
    let elsewhere = said.admission(WORLD.nodes[2].node());
    let elsewhere = s.use_invite(id, Fact::Admission(elsewhere), at(1, 1));
    assert_eq!(s.standing(elsewhere), Verdict::Pending(Missing::Entry));
    assert_eq!(s.unit_of(1), WORLD.units[1].last().copied());
    assert!(!s.authority.knows_node(&WORLD.nodes[2].node()));
    s.use_invite(
        id,
        Fact::Admission(said.admission(WORLD.nodes[2].node())),
        at(0, 6),
    );
    assert_eq!(
        s.standing(elsewhere),
        Verdict::Void(VoidReason::InviteUsed(second))
    );
    // Had the node taken it in earlier, it would have been the first, in whatever order the entries come.
    s.use_invite(
        id,
        Fact::Admission(said.admission(WORLD.nodes[2].node())),
        at(0, 4),
    );
    assert_eq!(s.standing(elsewhere), Verdict::Valid);
    assert_eq!(
        s.standing(second),
        Verdict::Void(VoidReason::InviteUsed(elsewhere))
    );
    assert_eq!(s.unit_of(1), None);
    assert_eq!(
        s.touched.nodes,
        [1, 2].map(|node| WORLD.nodes[node].node()).into()
    );
}

#[test]
fn invite_lets_one_say_nothing_else() {
    let mut s = Story::new();
    let said = invite(0);
    let id = s.say(Issuer::Root, &Fact::Invite(said.clone()), at(0, 1));
    let late = s.use_invite(
        id,
        Fact::Admission(said.admission(WORLD.nodes[1].node())),
        at(0, 7),
    );
    assert_eq!(s.standing(late), Verdict::Void(VoidReason::OutsideTerm));
    let other_unit = Admission {
        unit_path: WORLD.units[2].clone(),
        ..said.admission(WORLD.nodes[2].node())
    };
    let other_unit = s.use_invite(id, Fact::Admission(other_unit), at(0, 3));
    assert_eq!(
        s.standing(other_unit),
        Verdict::Void(VoidReason::RoleForbidsStatement)
    );
    let again = s.use_invite(id, Fact::Invite(said), at(0, 3));
    assert_eq!(s.standing(again), Verdict::Void(VoidReason::NotAnAppointment(id)));
    let cut = Fact::Cut(Cut {
        target: id,
        reason: CutReason::Revocation,
        remark: String::new(),
        stands: Vec::new(),
    });
    let cut = s.use_invite(id, cut, at(0, 3));
    assert_eq!(s.standing(cut), Verdict::Void(VoidReason::NotAnAppointment(id)));
}

#[test]
fn withdrawn_invite_admits_nobody_and_what_came_before_stands() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let officer = s.appoint(Issuer::Under(head), 1, "officer", at(0, 1));
    let by_officer = s.say(Issuer::Under(officer), &Fact::Invite(invite(0)), at(0, 2));
    assert_eq!(
        s.standing(by_officer),
        Verdict::Void(VoidReason::RoleForbidsStatement),
        "who may not admit may not invite"
    );
    let id = s.say(Issuer::Under(head), &Fact::Invite(invite(0)), at(0, 2));
    let fact = Fact::Admission(invite(0).admission(WORLD.nodes[1].node()));
    let used = s.use_invite(id, fact, at(0, 4));
    s.cut(Issuer::Under(head), id, vec![up_to(0, 4)], at(0, 5));
    assert_eq!(s.standing(used), Verdict::Valid);
    let by_root = s.cut(Issuer::Root, id, vec![up_to(0, 3)], at(0, 5));
    assert_eq!(s.standing(used), Verdict::Void(VoidReason::Cut(by_root)));
    assert!(s.authority.knows_node(&WORLD.nodes[1].node()));
}

#[test]
fn who_stands_above_an_invite_may_retire_the_node() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let other = s.appoint(Issuer::Root, 1, "head", at(0, 1));
    let id = s.say(Issuer::Under(head), &Fact::Invite(invite(0)), at(0, 2));
    let fact = Fact::Admission(invite(0).admission(WORLD.nodes[1].node()));
    let used = s.use_invite(id, fact, at(0, 3));
    let strange = s.cut(Issuer::Under(other), used, vec![up_to(0, 4)], at(0, 5));
    assert_eq!(s.standing(strange), Verdict::Void(VoidReason::NotAbove));
    let cut = s.cut(Issuer::Under(head), used, vec![up_to(1, 4)], at(0, 5));
    assert_eq!(s.standing(cut), Verdict::Valid);
    assert_eq!(s.unit_of(1), None);
}
