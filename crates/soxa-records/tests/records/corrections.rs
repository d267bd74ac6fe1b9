//! Correction minutes: of the same parties and witness, about lines of the first; and lines of papers.

use soxa_ledger::ids::RecordId;
use soxa_ledger::minutes::{Party, RefusedLine};
use soxa_ledger::operation::OpRef;
use soxa_ledger::{OpId, StatementId};
use soxa_records::compose::{Composer, draft_line};
use soxa_records::dossier::PaperForm;
use soxa_records::handover::{
    DraftLine, HandoverDraft, HandoverKind, HandoverStage, LineOf, Paper, WitnessCapacity, WitnessParty,
};
use soxa_records::verdict::RefNeed;
use soxa_records::{Illegality, Quantity};

use crate::province::{Official, Province};

fn restated(line: u32) -> DraftLine {
    DraftLine {
        quantity: Quantity::whole(10),
        ..DraftLine::new(LineOf::Restated(line), "Ghế".to_owned())
    }
}

fn paper(name: &str) -> DraftLine {
    let of = LineOf::Paper(Paper {
        form: PaperForm::Original,
        about: None,
        hash: None,
    });
    DraftLine::new(of, name.to_owned())
}

/// A handed two assets over to B; the second line was refused.
struct Handed {
    p: Province,
    a: Official,
    b: Official,
    assets: [RecordId; 2],
    first: RecordId,
    effect: OpId,
}

impl Handed {
    fn over() -> Self {
        let mut p = Province::new();
        let (a, b) = (p.a.clone(), p.b.clone());
        let assets = [p.asset(&a, "Chairs"), p.asset(&a, "Car")];
        let first = p.offered(&a, &b, &assets);
        let refused = [RefusedLine {
            line: 2,
            reason: "hỏng".to_owned(),
        }];
        let ops = p.accept(first, &b, &refused);
        Self {
            effect: ops[1],
            p,
            a,
            b,
            assets,
            first,
        }
    }

    /// Correction minutes with these lines; the giver drafts.
    fn draft(&self, giver: &Official, receiver: &Official, lines: Vec<DraftLine>) -> HandoverDraft {
        let (first, _) = self.p.draft(giver, receiver, &self.assets[1..]);
        HandoverDraft {
            corrects: Some(self.first),
            lines,
            ..first
        }
    }

    fn drafted(&mut self, by: &Official, draft: &HandoverDraft, links: Vec<OpRef>) -> OpId {
        let effect = self.effect;
        self.p.act(by, |c| {
            c.draft_correction(draft.clone(), effect, links);
        })
    }

    #[track_caller]
    fn refuse(&mut self, by: &Official, draft: &HandoverDraft, illegality: Illegality) {
        let op = self.drafted(by, draft, Vec::new());
        self.p.expect_illegal(op, illegality);
    }

    /// The parties sign.
    #[track_caller]
    fn signed(&mut self, handover: RecordId, giver: &Official, receiver: &Official) {
        let minutes = self.p.signed(handover, giver, Party::Giver, &[]);
        let mut at = self.p.at(handover);
        self.p.act(giver, |c| {
            c.offer(&mut at, &minutes);
        });
        for op in self.p.accept(handover, receiver, &[]) {
            self.p.expect_valid(op);
        }
    }
}

#[test]
fn lines_are_restated_by_both_parties_and_the_first_stays_as_it_was() {
    let mut h = Handed::over();
    let before = h.p.handover_view(h.first);
    let (a, b) = (h.a.clone(), h.b.clone());
    let draft = h.draft(&a, &b, vec![restated(1), paper("Sổ đăng ký xe")]);
    let op = h.drafted(&a, &draft, Vec::new());
    h.p.expect_valid(op);
    h.signed(op.into(), &a, &b);
    let view = h.p.handover_view(op.into());
    assert_eq!(
        (view.stage, view.corrects),
        (HandoverStage::Effective, Some(h.first))
    );
    assert_eq!(view.lines[0].content, restated(1));
    assert!(!view.lines[0].moved && !view.lines[1].moved);
    assert_eq!(h.p.handover_view(h.first), before);
    assert_eq!(h.p.asset_view(h.assets[0]).custody.custodian, Some(b.unit()));
}

#[test]
fn a_wrongly_listed_subject_is_handed_back() {
    let mut h = Handed::over();
    let (a, b, asset) = (h.a.clone(), h.b.clone(), h.assets[0]);
    let (line, link) = draft_line(asset, h.p.history(asset).state()).unwrap();
    let draft = h.draft(&b, &a, vec![line]);
    let op = h.drafted(&b, &draft, vec![link]);
    h.p.expect_valid(op);
    h.signed(op.into(), &b, &a);
    assert_eq!(h.p.asset_view(asset).custody.custodian, Some(a.unit()));
    assert!(h.p.handover_view(op.into()).lines[0].moved);

    // What the first did not hand over, and what its giver gives once more, is no correction.
    let other = h.p.asset(&b, "Table");
    for (giver, receiver, asset) in [(&b, &a, other), (&a, &b, asset)] {
        let (line, link) = draft_line(asset, h.p.history(asset).state()).unwrap();
        let draft = h.draft(giver, receiver, vec![line]);
        let op = h.drafted(giver, &draft, vec![link]);
        h.p.expect_illegal(op, Illegality::NotOfCorrected { line: 1 });
    }
}

#[test]
fn a_correction_is_of_the_parties_witness_and_lines_of_the_first() {
    let mut h = Handed::over();
    let (a, b, c) = (h.a.clone(), h.b.clone(), h.p.c.clone());
    let good = h.draft(&a, &b, vec![restated(1)]);
    for line in [2, 3] {
        let draft = h.draft(&a, &b, vec![restated(line)]);
        h.refuse(&a, &draft, Illegality::NoSuchLine(line));
    }
    let draft = h.draft(&a, &c, vec![restated(1)]);
    h.refuse(&a, &draft, Illegality::OtherParties);
    let staff = HandoverDraft {
        kind: HandoverKind::Staff,
        ..good.clone()
    };
    h.refuse(&a, &staff, Illegality::OtherParties);
    // Refs that are not the effect and the draft of the first.
    let other = h.p.offered(&a, &b, &[h.assets[1]]);
    let wrong = |index, needed| Illegality::WrongRef { index, needed };
    for (refs, illegality) in [
        (
            [h.first.into(), h.first.into()],
            wrong(0, RefNeed::HandoverEffect),
        ),
        ([h.effect, h.effect], wrong(1, RefNeed::HandoverDraft)),
        ([h.effect, other.into()], wrong(1, RefNeed::HandoverDraft)),
    ] {
        let refs = refs.map(OpRef::Id).to_vec();
        let op = h.p.act(&a, |c| {
            c.draft_handover(good.clone(), refs);
        });
        h.p.expect_illegal(op, illegality);
    }
    let mut elsewhere = good.clone();
    elsewhere.corrects = Some(other);
    let effect = h.effect;
    let op = h.p.act(&a, |c| {
        c.draft_correction(elsewhere, effect, Vec::new());
    });
    h.p.expect_illegal(op, wrong(0, RefNeed::HandoverEffect));
    // Either party may begin.
    let draft = h.draft(&b, &a, vec![restated(1)]);
    let op = h.drafted(&b, &draft, Vec::new());
    h.p.expect_valid(op);
}

#[test]
fn who_witnessed_the_first_signs_its_correction_too() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let (_, composer) = p.draft_with(&a, &b, Some(&c), &[asset]);
    let first: RecordId = p.commit(&a, composer)[0].into();
    let minutes = p.signed(first, &a, Party::Giver, &[]);
    let mut at = p.at(first);
    p.act(&a, |composer| {
        composer.offer(&mut at, &minutes);
    });
    p.accept(first, &b, &[]);
    let minutes = p.signed(first, &c, Party::Witness, &[]);
    let (draft, mut at) = (p.draft_of(first), p.at(first));
    let (mut subjects, mut composer) = (p.subjects(&draft), Composer::new());
    composer
        .witness(&mut at, first, &draft, &minutes, &mut subjects)
        .unwrap();
    let effect = p.commit(&c, composer)[1];
    let (plain, _) = p.draft(&a, &b, &[asset]);
    let witness = |official: &Official| WitnessParty {
        unit: official.unit(),
        name: "Sở".to_owned(),
        capacity: WitnessCapacity::Approver,
    };
    let with = |witness| HandoverDraft {
        corrects: Some(first),
        witness,
        lines: vec![restated(1)],
        ..plain.clone()
    };
    let other = WitnessParty {
        unit: RecordId(StatementId([9; 32]).0),
        ..witness(&c)
    };
    for (draft, legal) in [
        (with(None), false),
        (with(Some(other)), false),
        (with(Some(witness(&c))), true),
    ] {
        let op = p.act(&a, |composer| {
            composer.draft_correction(draft, effect, Vec::new());
        });
        match legal {
            true => p.expect_valid(op),
            false => p.expect_illegal(op, Illegality::OtherParties),
        }
    }
}

#[test]
fn papers_are_handed_over_by_themselves_and_refused_line_by_line() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let (plain, _) = p.draft(&a, &b, &[asset]);
    let draft = HandoverDraft {
        kind: HandoverKind::Papers,
        lines: vec![paper("Hồ sơ 03847-251103-0001"), paper("Sổ địa chính")],
        ..plain
    };
    let op = p.act(&a, |c| {
        c.draft_handover(draft, Vec::new());
    });
    let handover = op.into();
    let minutes = p.signed(handover, &a, Party::Giver, &[]);
    let mut at = p.at(handover);
    p.act(&a, |c| {
        c.offer(&mut at, &minutes);
    });
    let refused = [RefusedLine {
        line: 2,
        reason: "thiếu trang".to_owned(),
    }];
    for op in p.accept(handover, &b, &refused) {
        p.expect_valid(op);
    }
    let view = p.handover_view(handover);
    assert_eq!(view.stage, HandoverStage::Effective);
    assert_eq!(view.totals(), Default::default());
    assert_eq!(view.lines[1].refusals[0].reason, "thiếu trang");
}
