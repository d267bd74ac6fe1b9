//! Dossiers: who may do what when, who reads it, the clock, the control slip.

use soxa_ledger::ids::{FileHash, OpId, RecordId};
use soxa_ledger::{OpRef, Scope, Time};
use soxa_records::compose::Composer;
use soxa_records::dossier::view::{Clock, DossierView, Punctuality};
use soxa_records::dossier::*;
use soxa_records::reference::ReferenceTable;
use soxa_records::working_days::{WorkingDays, WorkingTime, at};
use soxa_records::{Illegality, OpVerdict, TypedOperation, decode};

use crate::province::{Official, Province};
use crate::references::version;

/// Noon of a day of November 2025; the 3rd is a Monday.
fn noon(day: u8) -> Time {
    at(format!("2025-11-{day:02}").parse().unwrap(), 12 * 3_600_000).unwrap()
}

fn office(of: &Official) -> Office {
    let (unit, above) = of.unit_path.split_last().unwrap();
    Office {
        unit: *unit,
        above: above.to_vec(),
    }
}

/// A province with a published procedure and one dossier at commune A.
struct Desk {
    p: Province,
    procedure: OpId,
    dossier: RecordId,
    scope: Scope,
}

fn registration(receiving: &Official, competent: &Official) -> DossierRegister {
    DossierRegister {
        procedure: "1.001193".to_owned(),
        receiving: office(receiving),
        competent: office(competent),
        residence: Some(competent.unit()),
        province: String::new(),
        channel: Channel::Counter,
        submitted: noon(3),
        components: vec![Component {
            name: "Giấy chứng sinh".to_owned(),
            form: PaperForm::Original,
            copies: 1,
            original_held_by: String::new(),
        }],
        fee: Some(50_000),
        applicant: Some([7; 32]),
        assisted_by: String::new(),
    }
}

impl Desk {
    fn new() -> Self {
        let mut p = Province::new();
        let (top, centre, a) = (p.top.clone(), p.centre.clone(), p.a.clone());
        let birth = version(
            ReferenceTable::Procedure,
            "1.001193",
            "2025-07-01",
            &[("name", "Khai sinh"), ("limit_days", "5")],
        );
        let procedure = p.act(&top, |c| {
            c.publish(birth);
        });
        let register = registration(&centre, &a);
        let scope = register.scope().unwrap();
        let mut desk = Self {
            p,
            procedure,
            dossier: RecordId([0; 32]),
            scope,
        };
        desk.dossier = desk.register(&centre, register).into();
        desk.p.expect_valid(desk.dossier.into());
        desk
    }

    fn register(&mut self, by: &Official, register: DossierRegister) -> OpId {
        let scope = register.scope().unwrap();
        let mut composer = Composer::new();
        composer.register_dossier(register, OpRef::Id(self.procedure));
        self.commit(by, composer, &scope)
    }

    fn commit(&mut self, by: &Official, composer: Composer, scope: &Scope) -> OpId {
        let facts = self.p.facts_in(by, composer, scope);
        let id = facts[0].id;
        self.p.learn(facts);
        id
    }

    fn act(&mut self, by: &Official, operation: DossierOperation) -> OpId {
        let (mut at, mut composer) = (self.p.at(self.dossier), Composer::new());
        composer.on_dossier(&mut at, operation);
        let scope = self.scope.clone();
        self.commit(by, composer, &scope)
    }

    fn decide(&mut self, by: &Official, operation: DecisionOperation) -> OpId {
        let (mut at, mut composer) = (self.p.at(self.dossier), Composer::new());
        composer.decide(&mut at, operation);
        let scope = self.scope.clone();
        self.commit(by, composer, &scope)
    }

    fn view(&self) -> DossierView {
        DossierView::of(self.p.history(self.dossier).state()).unwrap()
    }

    fn status(&self) -> DossierStatus {
        *self.view().status.one().unwrap()
    }

    fn clock(&self, now: Time) -> Clock {
        self.view().clock(now, &WorkingDays::default())
    }

    #[track_caller]
    fn expect(&self, op: OpId, illegality: Illegality) {
        self.p.expect_illegal(op, illegality);
    }
}

fn remark(day: u8) -> Remark {
    Remark {
        at: noon(day),
        note: String::new(),
    }
}

fn receive(day: u8, due: u8) -> DossierOperation {
    DossierOperation::Receive(DossierReceive {
        code: format!("H49.03847-25{day:04}-0001"),
        received: noon(day),
        due: Some(noon(due)),
    })
}

/// A register says: received on a day, due on the 10th, in this status since a day.
fn transcribe(status: DossierStatus, since: Option<u8>) -> DossierTranscribe {
    DossierTranscribe {
        code: "34/SHS".to_owned(),
        office: String::new(),
        received: noon(3),
        due: Some(noon(10)),
        status,
        since: since.map(noon),
        returned: since.map(noon).filter(|_| status == DossierStatus::Returned),
        result: "Giấy khai sinh".to_owned(),
        number: None,
        day: None,
        paid: Some(8_000),
        note: String::new(),
    }
}

fn recode(day: u8) -> DossierOperation {
    DossierOperation::Recode(DossierRecode {
        at: noon(day),
        code: "H49.03847-250003-0002".to_owned(),
        reason: "cấp trùng".to_owned(),
    })
}

fn ask(day: u8) -> DossierOperation {
    DossierOperation::Ask(DossierAsk {
        what: Asked::Papers,
        at: noon(day),
        reason: "thiếu giấy chứng sinh".to_owned(),
    })
}

fn sign(day: u8) -> DecisionOperation {
    DecisionOperation::Sign(DecisionSign {
        at: noon(day),
        outcome: Outcome::Granted,
        title: "Giấy khai sinh".to_owned(),
        document: Some([9; 32]),
    })
}

fn give_back(day: u8) -> DossierOperation {
    DossierOperation::Return(DossierReturn {
        at: noon(day),
        channel: Channel::Counter,
        note: String::new(),
    })
}

#[test]
fn a_dossier_goes_from_its_receipt_to_its_return() {
    let mut desk = Desk::new();
    let (centre, a) = (desk.p.centre.clone(), desk.p.a.clone());
    assert_eq!(desk.status().number(), 1);
    desk.act(&centre, receive(3, 10));
    assert_eq!(desk.status().number(), 2);
    desk.act(&centre, DossierOperation::Process(remark(3)));
    let propose = DossierPropose {
        at: noon(4),
        title: "Giấy khai sinh".to_owned(),
        document: None,
    };
    desk.act(&centre, DossierOperation::Propose(propose));
    assert!(desk.view().awaits_signature());
    let early = desk.act(&centre, give_back(5));
    let found = vec![DossierStatus::Processing];
    desk.expect(early, Illegality::DossierStatus { found });
    desk.decide(&a, sign(5));
    assert!(!desk.view().awaits_signature());
    assert_eq!(desk.status().number(), 9);
    let issue = DecisionIssue {
        number: "12/KS".to_owned(),
        day: "2025-11-05".parse().unwrap(),
    };
    desk.decide(&a, DecisionOperation::Issue(issue));
    let back = desk.act(&centre, give_back(6));
    desk.p.expect_valid(back);
    assert_eq!(desk.status().number(), 10);
    assert_eq!(
        desk.view().decision_number.one().map(String::as_str),
        Some("12/KS")
    );
    assert_eq!(desk.clock(noon(28)).punctuality(noon(28)), Punctuality::Early);
}

#[test]
fn each_status_allows_what_the_lifecycle_says_and_nothing_else() {
    use DossierStatus::*;
    // How to come to each status from `submitted`.
    let paths: [(DossierStatus, &[&str]); 9] = [
        (Submitted, &[]),
        (Received, &["receive"]),
        (Refused, &["refuse"]),
        (Processing, &["receive", "process"]),
        (AwaitingPapers, &["receive", "process", "ask"]),
        (Withdrawn, &["withdraw"]),
        (Stopped, &["receive", "process", "stop"]),
        (Decided, &["receive", "process", "sign"]),
        (Returned, &["receive", "process", "sign", "return"]),
    ];
    let legal: &[(&str, &[DossierStatus])] = &[
        ("receive", &[Submitted]),
        ("transcribe", &[Submitted]),
        (
            "recode",
            &[Received, Processing, AwaitingPapers, Stopped, Decided, Returned],
        ),
        ("refuse", &[Submitted]),
        ("process", &[Received]),
        ("ask", &[Processing]),
        ("resume", &[AwaitingPapers]),
        ("stop", &[Processing]),
        ("withdraw", &[Submitted, Received, Processing, AwaitingPapers]),
        ("sign", &[Processing]),
        ("return", &[Decided]),
    ];
    for (status, path) in paths {
        for (act, from) in legal {
            let mut desk = Desk::new();
            for step in path {
                let op = step_of(&mut desk, step);
                desk.p.expect_valid(op);
            }
            assert_eq!(desk.status(), status);
            let op = step_of(&mut desk, act);
            assert_eq!(
                desk.p.verdict(op).is_valid(),
                from.contains(&status),
                "{act} from {status}"
            );
        }
    }
}

fn step_of(desk: &mut Desk, act: &str) -> OpId {
    let (centre, a) = (desk.p.centre.clone(), desk.p.a.clone());
    let operation = match act {
        "receive" => receive(3, 10),
        "transcribe" => DossierOperation::Transcribe(transcribe(DossierStatus::Processing, None)),
        "recode" => recode(3),
        "refuse" => DossierOperation::Refuse(remark(3)),
        "process" => DossierOperation::Process(remark(3)),
        "ask" => ask(4),
        "resume" => DossierOperation::Resume(remark(5)),
        "stop" => DossierOperation::Stop(remark(5)),
        "withdraw" => DossierOperation::Withdraw(remark(5)),
        "return" => give_back(6),
        _ => return desk.decide(&a, sign(5)),
    };
    desk.act(&centre, operation)
}

#[test]
fn a_register_of_the_time_before_is_copied_and_makes_nobody_the_signer_of_its_decisions() {
    use DossierStatus::*;
    for (status, since, then) in [
        (Processing, None, "sign"),
        (AwaitingPapers, Some(6), "resume"),
        (Decided, Some(6), "return"),
    ] {
        let mut desk = Desk::new();
        let centre = desk.p.centre.clone();
        desk.act(&centre, DossierOperation::Transcribe(transcribe(status, since)));
        assert_eq!(desk.status(), status);
        let view = desk.view();
        assert_eq!((view.paid(), view.outcome.one()), (8_000, None));
        let clock = desk.clock(noon(12));
        let expected = match status {
            // It has stood since Thursday the 6th: four working days.
            AwaitingPapers => (Some(noon(14)), None),
            Decided => (Some(noon(10)), Some(noon(6))),
            _ => (Some(noon(10)), None),
        };
        assert_eq!((clock.due, clock.ended), expected, "{status}");
        // From there on it goes as any other.
        let next = step_of(&mut desk, then);
        desk.p.expect_valid(next);
    }
    let mut desk = Desk::new();
    let centre = desk.p.centre.clone();
    desk.act(
        &centre,
        DossierOperation::Transcribe(transcribe(Returned, Some(10))),
    );
    assert_eq!(desk.view().returned(), Some(noon(10)));
    assert_eq!(desk.clock(noon(28)).punctuality(noon(28)), Punctuality::OnDueDay);
}

#[test]
fn what_no_register_can_say_is_no_body() {
    use DossierStatus::*;
    let decodes = |said: DossierTranscribe| {
        let operation = TypedOperation::Dossier(DossierOperation::Transcribe(said));
        decode(&"dossier.transcribe".parse().unwrap(), 1, &operation.body()).is_ok()
    };
    let good = transcribe(Returned, Some(6));
    assert!(decodes(good.clone()) && decodes(transcribe(Received, None)));
    for bad in [
        transcribe(Submitted, None),
        transcribe(Decided, None),
        DossierTranscribe {
            returned: None,
            ..good.clone()
        },
        DossierTranscribe {
            since: None,
            ..good.clone()
        },
        DossierTranscribe {
            since: Some(noon(2)),
            ..good.clone()
        },
        DossierTranscribe {
            returned: Some(noon(5)),
            ..good.clone()
        },
        DossierTranscribe {
            due: Some(noon(2)),
            ..good.clone()
        },
        DossierTranscribe {
            returned: Some(noon(6)),
            ..transcribe(Decided, Some(6))
        },
    ] {
        assert!(!decodes(bad.clone()), "{bad:?}");
    }
}

#[test]
fn the_clock_stands_while_the_applicant_is_asked_and_an_extension_sets_a_new_time() {
    let mut desk = Desk::new();
    let centre = desk.p.centre.clone();
    // Monday the 3rd, due on Monday the 10th.
    desk.act(&centre, receive(3, 10));
    desk.act(&centre, DossierOperation::Process(remark(3)));
    assert_eq!(desk.clock(noon(4)).due, Some(noon(10)));
    desk.act(&centre, ask(5));
    let standing = desk.clock(noon(7));
    assert_eq!(
        (standing.due, standing.standing_since),
        (Some(noon(12)), Some(noon(5)))
    );
    // From Wednesday to Monday are three working days.
    desk.act(&centre, DossierOperation::Resume(remark(10)));
    let clock = desk.clock(noon(10));
    assert_eq!((clock.due, clock.paused), (Some(noon(13)), WorkingTime::days(3)));
    assert_eq!(clock.punctuality(noon(13)), Punctuality::Running);
    assert_eq!(clock.punctuality(noon(14)), Punctuality::Late);
    let extend = DossierExtend {
        at: noon(12),
        due: noon(20),
        reason: "chờ xác minh".to_owned(),
    };
    desk.act(&centre, DossierOperation::Extend(extend));
    assert_eq!(desk.clock(noon(14)).due, Some(noon(20)));
    let a = desk.p.a.clone();
    desk.decide(&a, sign(20));
    assert_eq!(desk.clock(noon(28)).punctuality(noon(28)), Punctuality::OnDueDay);
}

#[test]
fn another_code_takes_the_place_of_the_first() {
    let mut desk = Desk::new();
    let centre = desk.p.centre.clone();
    desk.act(&centre, receive(3, 10));
    desk.act(&centre, recode(4));
    let view = desk.view();
    assert_eq!(view.code.distinct(), [&"H49.03847-250003-0002".to_owned()]);
    assert_eq!(view.acts.last().map(|act| act.note.as_str()), Some("cấp trùng"));
}

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

#[test]
fn papers_are_added_and_changed_by_their_number() {
    let mut desk = Desk::new();
    let centre = desk.p.centre.clone();
    let paper = |number, name: &str, held: &str, scan| {
        DossierOperation::Paper(DossierPaper {
            number,
            component: Component {
                name: name.to_owned(),
                form: PaperForm::Copy,
                copies: 2,
                original_held_by: held.to_owned(),
            },
            scan,
            at: noon(4),
        })
    };
    desk.act(&centre, paper(None, "Sổ đỏ", "Chi nhánh VPĐKĐĐ", None));
    desk.act(&centre, paper(Some(1), "Giấy chứng sinh", "", Some([5; 32])));
    let missing = desk.act(&centre, paper(Some(3), "x", "", None));
    desk.expect(missing, Illegality::NoSuchPaper(3));
    let view = desk.view();
    assert_eq!(view.papers.len(), 2);
    assert_eq!(
        (view.papers[0].scan, view.papers[0].component.copies),
        (Some([5; 32]), 2)
    );
    let elsewhere: Vec<_> = view
        .originals_elsewhere()
        .map(|paper| paper.component.name.as_str())
        .collect();
    assert_eq!(elsewhere, ["Sổ đỏ"]);
}

#[test]
fn a_file_of_the_dossier_is_erased_once_by_who_decides_or_is_above() {
    let mut desk = Desk::new();
    let (centre, a) = (desk.p.centre.clone(), desk.p.a.clone());
    let scan = DossierPaper {
        number: None,
        component: Component {
            name: "Giấy chứng sinh".to_owned(),
            form: PaperForm::Copy,
            copies: 1,
            original_held_by: String::new(),
        },
        scan: Some([5; 32]),
        at: noon(4),
    };
    desk.act(&centre, receive(3, 10));
    desk.act(&centre, DossierOperation::Paper(scan));
    let erase = |file| {
        DecisionOperation::Erase(DecisionErase {
            at: noon(5),
            file,
            ground: ErasureGround::RetentionOver,
            basis: "TT 10".to_owned(),
        })
    };
    // The desk below the deciding commune took it in, and may not.
    let below = desk.decide(&centre, erase([5; 32]));
    desk.expect(
        below,
        Illegality::NotAnOffice {
            actor: Some(centre.unit()),
        },
    );
    let other = desk.decide(&a, erase([6; 32]));
    desk.expect(other, Illegality::NoSuchFile(FileHash([6; 32])));
    assert_eq!(desk.view().erasure(&[5; 32]), None);
    let order = desk.decide(&a, erase([5; 32]));
    desk.p.expect_valid(order);
    let view = desk.view();
    let erasure = view.erasure(&[5; 32]).unwrap();
    assert_eq!(
        (erasure.op, erasure.ground, erasure.note.as_str()),
        (order, Some(ErasureGround::RetentionOver), "TT 10")
    );
    assert_eq!(view.papers.last().unwrap().scan, Some([5; 32]));
    let again = desk.decide(&a, erase([5; 32]));
    desk.expect(again, Illegality::NoSuchFile(FileHash([5; 32])));
}

#[test]
fn a_procedure_that_was_not_published_is_none() {
    let mut desk = Desk::new();
    let (centre, a) = (desk.p.centre.clone(), desk.p.a.clone());
    let mut register = registration(&centre, &a);
    register.procedure = "2.000635".to_owned();
    let op = desk.register(&centre, register);
    assert!(desk.p.verdict(op).is_void());
}
