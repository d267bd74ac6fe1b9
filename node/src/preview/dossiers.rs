//! Acts on dossiers and reference records in plain words: the act, and everything that it says.

use soxa_lang::{Lang, number, text};
use soxa_records::dossier::{
    Component, DecisionOperation, DossierOperation, DossierRegister, DossierTranscribe, Remark,
};
use soxa_records::reference::ReferenceOperation;

use super::said::Said;
use super::{Names, day};

impl Said<'_> {
    fn remark(&mut self, remark: &Remark) {
        self.moment("at", remark.at);
        self.add("note", &remark.note);
    }

    fn paper(&mut self, paper: &Component) {
        let form = text(self.lang, &format!("records.paper_form.{}", paper.form), &[]);
        let count = number(self.lang, paper.copies);
        let mut value = format!("{} ({form} × {count})", paper.name);
        if !paper.original_held_by.is_empty() {
            let held = text(self.lang, "preview.part.original_held_by", &[]);
            value = format!("{value}, {held}: {}", paper.original_held_by);
        }
        self.add("paper", &value);
    }

    fn registration(&mut self, register: &DossierRegister) {
        self.add("procedure", &register.procedure);
        self.unit("receiving", &register.receiving.unit);
        self.unit("competent", &register.competent.unit);
        self.unit_if("residence", register.residence.as_ref());
        self.add("province", &register.province);
        self.word("channel", "channel", register.channel.as_str());
        self.moment("submitted", register.submitted);
        register.components.iter().for_each(|paper| self.paper(paper));
        if let Some(fee) = register.fee {
            self.sum("fee", fee);
        }
        self.hash("applicant", register.applicant.as_ref());
        self.add("assisted_by", &register.assisted_by);
    }

    fn transcribed(&mut self, said: &DossierTranscribe) {
        self.add("code", &said.code);
        self.add("receiving", &said.office);
        self.moment("at", said.received);
        if let Some(due) = said.due {
            self.moment("due", due);
        }
        self.word("status", "dossier_status", said.status.as_str());
        if let Some(since) = said.since {
            self.moment("since", since);
        }
        if let Some(returned) = said.returned {
            self.moment("returned", returned);
        }
        self.add("result", &said.result);
        self.add("number", said.number.as_deref().unwrap_or_default());
        self.day("day", said.day);
        if let Some(paid) = said.paid {
            self.sum("amount", paid);
        }
        self.add("note", &said.note);
    }
}

/// An act on a dossier.
pub fn of_dossier(
    lang: Lang,
    names: &Names<'_>,
    record: &str,
    operation: &DossierOperation,
    kind: &str,
) -> String {
    use DossierOperation as Op;
    let mut said = Said::new(lang, names);
    match operation {
        Op::Register(register) => said.registration(register),
        Op::Receive(receive) => {
            said.add("code", &receive.code);
            said.moment("at", receive.received);
            if let Some(due) = receive.due {
                said.moment("due", due);
            }
        }
        Op::Transcribe(transcribed) => said.transcribed(transcribed),
        Op::Recode(recode) => {
            said.add("code", &recode.code);
            said.moment("at", recode.at);
            said.add("note", &recode.reason);
        }
        Op::Refuse(remark)
        | Op::Process(remark)
        | Op::Resume(remark)
        | Op::Stop(remark)
        | Op::Withdraw(remark) => {
            said.remark(remark);
        }
        Op::Ask(ask) => {
            said.word("asked", "asked", ask.what.as_str());
            said.moment("at", ask.at);
            said.add("note", &ask.reason);
        }
        Op::Extend(extend) => {
            said.moment("at", extend.at);
            said.moment("due", extend.due);
            said.add("note", &extend.reason);
        }
        Op::Pass(pass) => {
            said.moment("at", pass.at);
            said.add("to", &pass.to);
            said.add("note", &pass.note);
        }
        Op::Take(take) => {
            said.moment("at", take.at);
            said.add("note", &take.note);
        }
        Op::Paper(paper) => {
            said.moment("at", paper.at);
            if let Some(line) = paper.number {
                said.add("number", &number(lang, line));
            }
            said.paper(&paper.component);
            said.hash("scan", paper.scan.as_ref());
        }
        Op::Pay(pay) => {
            said.moment("at", pay.at);
            said.sum("amount", pay.amount);
            said.word("channel", "channel", pay.channel.as_str());
            said.add("note", &pay.receipt);
        }
        Op::Propose(propose) => {
            said.moment("at", propose.at);
            said.add("title", &propose.title);
            said.hash("document", propose.document.as_ref());
        }
        Op::Return(back) => {
            said.moment("at", back.at);
            said.word("channel", "channel", back.channel.as_str());
            said.add("note", &back.note);
        }
        Op::Report(report) => {
            said.moment("at", report.at);
            said.add("to", &report.target);
            said.add("answer", &report.answer);
        }
        Op::Forward(forward) => {
            said.moment("at", forward.at);
            said.unit("to", &forward.office.unit);
            said.add("note", &forward.reason);
        }
    }
    said.sentence(record, kind)
}

/// A decision on a dossier.
pub fn of_decision(
    lang: Lang,
    names: &Names<'_>,
    record: &str,
    operation: &DecisionOperation,
    kind: &str,
) -> String {
    let mut said = Said::new(lang, names);
    match operation {
        DecisionOperation::Sign(sign) => {
            said.word("outcome", "outcome", sign.outcome.as_str());
            said.add("title", &sign.title);
            said.moment("at", sign.at);
            said.hash("document", sign.document.as_ref());
        }
        DecisionOperation::Issue(issue) => {
            said.add("number", &issue.number);
            said.add("day", &day(issue.day));
        }
        DecisionOperation::Erase(erase) => {
            said.hash("file", Some(&erase.file));
            said.word("ground", "erasure_ground", erase.ground.as_str());
            said.add("basis", &erase.basis);
            said.moment("at", erase.at);
        }
    }
    said.sentence(record, kind)
}

/// A publication.
pub fn of_reference(
    lang: Lang,
    names: &Names<'_>,
    record: &str,
    operation: &ReferenceOperation,
    kind: &str,
) -> String {
    let mut said = Said::new(lang, names);
    let version = operation.version();
    said.word("table", "reference_table", version.table.as_str());
    said.add("key", &version.key);
    said.add("from", &day(version.from));
    said.add("until", &version.until.map(day).unwrap_or_default());
    for part in &version.parts {
        said.add_named(&part.name, &part.text);
    }
    said.add("basis", &version.basis);
    said.sentence(record, kind)
}
