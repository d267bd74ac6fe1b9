//! A dossier at a desk, and what is done to it, for the tests of dossiers.

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::{OpRef, Scope, Time};
use soxa_records::Illegality;
use soxa_records::compose::Composer;
use soxa_records::dossier::view::{Clock, DossierView};
use soxa_records::dossier::*;
use soxa_records::reference::ReferenceTable;
use soxa_records::working_days::{WorkingDays, at};

use crate::province::{Official, Province};
use crate::references::version;

/// Noon of a day of November 2025; the 3rd is a Monday.
pub fn noon(day: u8) -> Time {
    at(format!("2025-11-{day:02}").parse().unwrap(), 12 * 3_600_000).unwrap()
}

pub fn office(of: &Official) -> Office {
    let (unit, above) = of.unit_path.split_last().unwrap();
    Office {
        unit: *unit,
        above: above.to_vec(),
    }
}

/// A province with a published procedure and one dossier at commune A.
pub struct Desk {
    pub p: Province,
    pub procedure: OpId,
    pub dossier: RecordId,
    pub scope: Scope,
}

pub fn registration(receiving: &Official, competent: &Official) -> DossierRegister {
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
    pub fn new() -> Self {
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

    pub fn register(&mut self, by: &Official, register: DossierRegister) -> OpId {
        let scope = register.scope().unwrap();
        let mut composer = Composer::new();
        composer.register_dossier(register, OpRef::Id(self.procedure));
        self.commit(by, composer, &scope)
    }

    pub fn commit(&mut self, by: &Official, composer: Composer, scope: &Scope) -> OpId {
        let facts = self.p.facts_in(by, composer, scope);
        let id = facts[0].id;
        self.p.learn(facts);
        id
    }

    pub fn act(&mut self, by: &Official, operation: DossierOperation) -> OpId {
        let (mut at, mut composer) = (self.p.at(self.dossier), Composer::new());
        composer.on_dossier(&mut at, operation);
        let scope = self.scope.clone();
        self.commit(by, composer, &scope)
    }

    pub fn decide(&mut self, by: &Official, operation: DecisionOperation) -> OpId {
        let (mut at, mut composer) = (self.p.at(self.dossier), Composer::new());
        composer.decide(&mut at, operation);
        let scope = self.scope.clone();
        self.commit(by, composer, &scope)
    }

    pub fn view(&self) -> DossierView {
        DossierView::of(self.p.history(self.dossier).state()).unwrap()
    }

    pub fn status(&self) -> DossierStatus {
        *self.view().status.one().unwrap()
    }

    pub fn clock(&self, now: Time) -> Clock {
        self.view().clock(now, &WorkingDays::default())
    }

    #[track_caller]
    pub fn expect(&self, op: OpId, illegality: Illegality) {
        self.p.expect_illegal(op, illegality);
    }
}

pub fn remark(day: u8) -> Remark {
    Remark {
        at: noon(day),
        note: String::new(),
    }
}

pub fn receive(day: u8, due: u8) -> DossierOperation {
    DossierOperation::Receive(DossierReceive {
        code: format!("H49.03847-25{day:04}-0001"),
        received: noon(day),
        due: Some(noon(due)),
    })
}

/// A register says: received on a day, due on the 10th, in this status since a day.
pub fn transcribe(status: DossierStatus, since: Option<u8>) -> DossierTranscribe {
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

pub fn recode(day: u8) -> DossierOperation {
    DossierOperation::Recode(DossierRecode {
        at: noon(day),
        code: "H49.03847-250003-0002".to_owned(),
        reason: "cấp trùng".to_owned(),
    })
}

pub fn ask(day: u8) -> DossierOperation {
    DossierOperation::Ask(DossierAsk {
        what: Asked::Papers,
        at: noon(day),
        reason: "thiếu giấy chứng sinh".to_owned(),
    })
}

pub fn sign(day: u8) -> DecisionOperation {
    DecisionOperation::Sign(DecisionSign {
        at: noon(day),
        outcome: Outcome::Granted,
        title: "Giấy khai sinh".to_owned(),
        document: Some([9; 32]),
    })
}

pub fn give_back(day: u8) -> DossierOperation {
    DossierOperation::Return(DossierReturn {
        at: noon(day),
        channel: Channel::Counter,
        note: String::new(),
    })
}
