//! Dossiers: what may be done when, the clock, the papers.

use soxa_ledger::ids::{FileHash, OpId};
use soxa_records::dossier::view::Punctuality;
use soxa_records::dossier::*;
use soxa_records::working_days::WorkingTime;
use soxa_records::{Illegality, TypedOperation, decode};

use crate::dossier_samples::*;

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
