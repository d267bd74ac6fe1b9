//! What a checked proof says, in words: what is proven, by whom, in what capacity, when, and what is not.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use soxa_lang::{Lang, text};
use soxa_ledger::proof::{Fault, Part, ProofError, Proven};
use soxa_ledger::statement::{Fact, Issuer};
use soxa_ledger::verdict::Verdict;
use soxa_ledger::{RecordId, Statement, StatementId};
use soxa_records::OpVerdict;
use soxa_records::handover::proof::{
    HandoverFault, HandoverProof, HandoverProofError, Outcome, ProvenHandover, ProvenRuling, ProvenSigner,
    Stands,
};

use crate::cli::fields;
use crate::cli::proof::cosigned;
use crate::clock;
use crate::daemon::objections::{Names, of_operation, of_statement};
use crate::failure::Sentence;
use crate::output::{Cell, Listing, Sheet, short};

/// The word for what a proof comes to.
pub fn outcome(says: &HandoverProof) -> &'static str {
    match says.outcome() {
        Outcome::Proven => "proven",
        Outcome::Contested => "contested",
        Outcome::SetAside => "set_aside",
    }
}

/// Units as the file itself names them: the province in the genesis, the parties in the minutes.
struct Units(BTreeMap<RecordId, String>);

impl Names for Units {
    fn name(&self, record: &RecordId) -> String {
        self.0.get(record).cloned().unwrap_or_else(|| record.short())
    }
}

impl Units {
    fn of(proven: &Proven, says: &HandoverProof) -> Self {
        let mut names = BTreeMap::new();
        for handover in says.rivals.iter().chain([&says.handover]) {
            let draft = &handover.draft;
            for party in [&draft.giver, &draft.receiver] {
                names.insert(party.unit, party.name.clone());
            }
            names.extend(
                draft
                    .witness
                    .as_ref()
                    .map(|witness| (witness.unit, witness.name.clone())),
            );
        }
        if let Some(genesis) = proven.authority.genesis() {
            names.insert(proven.network.province_unit(), genesis.name.clone());
        }
        Self(names)
    }

    fn of_path(&self, path: &[RecordId]) -> String {
        path.last().map(|unit| self.name(unit)).unwrap_or_default()
    }
}

/// Everything about one proof.
pub fn sheet(lang: Lang, file: &Path, proven: &Proven, says: &HandoverProof) -> Sheet {
    let units = Units::of(proven, says);
    let handover = &says.handover;
    let draft = &handover.draft;
    let party = |party: &soxa_records::handover::HandoverParty| {
        Cell::word(party.name.clone(), &party.unit.to_string())
    };
    let mut sheet = Sheet::new("proven");
    sheet
        .field("file", "cli.label.file", Cell::text(file.display().to_string()))
        .field(
            "outcome",
            "proof.label.outcome",
            fields::translated(lang, "proof.outcome", outcome(says)),
        )
        .field(
            "network",
            "cli.status.network",
            Cell::text(proven.network.to_string()),
        )
        .field(
            "handover",
            "cli.label.handover",
            Cell::text(handover.id.to_string()),
        )
        .field(
            "kind",
            "records.field.kind",
            fields::translated(lang, "records.handover_kind", draft.kind.as_str()),
        )
        .field("giver", "records.field.giver", party(&draft.giver))
        .field("receiver", "records.field.receiver", party(&draft.receiver))
        .field(
            "witness",
            "records.field.witness",
            draft.witness.as_ref().map_or_else(Cell::none, |witness| {
                Cell::word(witness.name.clone(), &witness.unit.to_string())
            }),
        )
        .field("date", "records.field.date", fields::day_cell(draft.date))
        .field("place", "records.field.place", Cell::text(draft.place.clone()))
        .field(
            "basis",
            "records.field.legal_basis",
            Cell::text(draft.basis.clone()),
        )
        .field("entered", "proof.label.entered", Cell::moment(handover.time().0))
        .list(sentences(
            "proven",
            "proof.label.says",
            said(lang, &units, proven, says),
        ))
        .list(sentences(
            "not_proven",
            "proof.label.open",
            left_open(lang, proven, says),
        ))
        .list(lines(lang, says))
        .list(signers(lang, &units, proven, handover))
        .list(cosigned::listing(lang, proven))
        .list(statements(lang, &units, proven));
    sheet
}

fn sentences(name: &'static str, heading: &'static str, sentences: Vec<String>) -> Listing {
    let mut listing = Listing::new(name, &[("sentence", heading)]);
    for sentence in sentences {
        listing.push(vec![Cell::text(sentence)]);
    }
    listing
}

fn role(lang: Lang, role: &soxa_ledger::Role) -> String {
    fields::translation(lang, "records.role", role.as_str())
}

/// A text of the minutes, or a dash where they say nothing.
fn or_dash(content: &str) -> &str {
    if content.is_empty() { "–" } else { content }
}

fn said(lang: Lang, units: &Units, proven: &Proven, says: &HandoverProof) -> Vec<String> {
    let handover = &says.handover;
    let draft = &handover.draft;
    let mut sentences = vec![text(
        lang,
        "proof.says.handover",
        &[
            ("date", &fields::day(draft.date)),
            ("giver", &draft.giver.name),
            ("receiver", &draft.receiver.name),
            (
                "kind",
                &fields::translation(lang, "records.handover_kind", draft.kind.as_str()),
            ),
            ("moved", &handover.moved.len()),
            ("lines", &draft.lines.len()),
            ("basis", &or_dash(&draft.basis)),
        ],
    )];
    for signer in &handover.signers {
        sentences.push(text(
            lang,
            "proof.says.signed",
            &[
                (
                    "party",
                    &fields::translation(lang, "records.field", signer.party.as_str()),
                ),
                ("person", &signer.actor.person),
                ("role", &role(lang, &signer.actor.role)),
                ("unit", &units.of_path(&signer.actor.unit_path)),
                ("time", &clock::moment(signer.time.0)),
                ("basis", &or_dash(&signer.basis)),
            ],
        ));
        if !signer.remark.is_empty() {
            let values: [(&str, &dyn Display); 2] =
                [("person", &signer.actor.person), ("remark", &signer.remark)];
            sentences.push(text(lang, "proof.says.remark", &values));
        }
        for cut in &signer.cuts {
            let time = entered(proven, cut).map(clock::moment).unwrap_or_default();
            let values: [(&str, &dyn Display); 2] = [("person", &signer.actor.person), ("time", &time)];
            sentences.push(text(lang, "proof.says.cut", &values));
        }
    }
    let author = &handover.author;
    sentences.push(text(
        lang,
        "proof.says.effect",
        &[
            ("person", &author.person),
            ("role", &role(lang, &author.role)),
            ("unit", &units.of_path(&author.unit_path)),
            ("time", &clock::moment(handover.time().0)),
        ],
    ));
    for rival in &says.rivals {
        let key = match says.rulings_between(rival).next() {
            Some(_) => "proof.says.rival",
            None => "proof.says.contested",
        };
        let shared: Vec<String> = handover.shared_with(rival).map(|line| line.to_string()).collect();
        let signers: Vec<&str> = rival.signers.iter().map(|s| s.actor.person.as_str()).collect();
        sentences.push(text(
            lang,
            key,
            &[
                ("lines", &shared.join(", ")),
                ("receiver", &rival.draft.receiver.name),
                ("date", &fields::day(rival.draft.date)),
                ("time", &clock::moment(rival.time().0)),
                ("signers", &signers.join(", ")),
                ("handover", &short(&rival.id.to_string())),
            ],
        ));
    }
    for ruling in &says.rulings {
        sentences.push(ruled(lang, units, ruling));
    }
    let corrections = says
        .corrections
        .iter()
        .map(|one| ("proof.says.corrected", one, one));
    let corrected = says
        .corrected
        .as_deref()
        .map(|first| ("proof.says.corrects", first, handover));
    for (key, other, correction) in corrections.chain(corrected) {
        sentences.push(correcting(lang, key, other, correction));
    }
    sentences.extend(cosigned::sentence(lang, proven));
    if let Some(genesis) = proven.authority.genesis() {
        let founding = proven.authority.statement(&StatementId(proven.network.0));
        let signed = founding.map_or(0, |statement| {
            genesis
                .roots
                .iter()
                .filter(|root| statement.signers.contains(root))
                .count()
        });
        sentences.push(text(
            lang,
            "proof.says.authority",
            &[
                ("province", &genesis.name),
                ("network", &short(&proven.network.to_string())),
                ("signed", &signed),
                ("roots", &genesis.roots.len()),
            ],
        ));
    }
    sentences.extend(changed_roots(lang, proven));
    sentences.extend(adoptions(lang, proven));
    sentences
}

/// That a handover is corrected by others, or corrects another: with what the correction says of which lines.
fn correcting(lang: Lang, key: &str, other: &ProvenHandover, correction: &ProvenHandover) -> String {
    let refused = |number: u32| correction.refused.iter().any(|refused| refused.line == number);
    let lines = correction
        .draft
        .numbered()
        .filter(|(number, _)| !refused(*number));
    let changes: Vec<String> = lines
        .map(|(_, line)| {
            let quantity = format!(
                "{} {}",
                soxa_lang::amount(lang, line.quantity.thousandths),
                line.measure
            );
            let values: [(&str, &dyn Display); 5] = [
                ("line", &line.of.restated().unwrap_or_default()),
                ("name", &line.name),
                ("quantity", &quantity.trim()),
                ("condition", &or_dash(&line.condition)),
                ("cost", &soxa_lang::money(lang, line.cost)),
            ];
            text(lang, &format!("proof.change.{}", line.of.word()), &values)
        })
        .collect();
    let signers: Vec<&str> = other.signers.iter().map(|s| s.actor.person.as_str()).collect();
    text(
        lang,
        key,
        &[
            ("date", &fields::day(other.draft.date)),
            ("time", &clock::moment(other.time().0)),
            ("signers", &signers.join(", ")),
            ("handover", &short(&other.id.to_string())),
            ("changes", &changes.join("; ")),
        ],
    )
}

/// That the root keys were changed, if they were.
fn changed_roots(lang: Lang, proven: &Proven) -> Option<String> {
    let changes = proven.authority.root_sets_in_order().count().saturating_sub(1);
    let (keys, _) = proven.authority.root_keys()?;
    let values: [(&str, &dyn Display); 2] = [("changes", &changes), ("keys", &keys.len())];
    (changes > 0).then(|| text(lang, "proof.says.changed_roots", &values))
}

/// Who answers for commits of the file that had lost their own authority.
fn adoptions(lang: Lang, proven: &Proven) -> Vec<String> {
    let adopted = proven.statements().filter_map(|statement| {
        let Fact::Adoption(adoption) = &statement.fact else {
            return None;
        };
        let person = match statement.issuer {
            Issuer::Root => text(lang, "records.role.root", &[]),
            Issuer::Under(issuer) => holder(proven, &issuer),
        };
        let time = entered(proven, &statement.id)
            .map(clock::moment)
            .unwrap_or_default();
        let remark = or_dash(&adoption.remark);
        let values: [(&str, &dyn Display); 3] = [("person", &person), ("remark", &remark), ("time", &time)];
        Some(text(lang, "proof.says.adopted", &values))
    });
    adopted.collect()
}

/// Who ruled on a line, and what stands.
fn ruled(lang: Lang, units: &Units, ruling: &ProvenRuling) -> String {
    let stands = match ruling.stands {
        Stands::This => text(lang, "proof.stands.this", &[]),
        Stands::Rival(rival) => {
            let handover = short(&rival.to_string());
            text(lang, "proof.stands.rival", &[("handover", &handover)])
        }
        Stands::Neither => text(lang, "proof.stands.neither", &[]),
    };
    text(
        lang,
        "proof.says.ruled",
        &[
            ("line", &ruling.line),
            ("person", &ruling.author.person),
            ("role", &role(lang, &ruling.author.role)),
            ("unit", &units.of_path(&ruling.author.unit_path)),
            ("time", &clock::moment(ruling.time.0)),
            ("stands", &stands),
            ("reason", &or_dash(&ruling.reason)),
        ],
    )
}

fn left_open(lang: Lang, proven: &Proven, says: &HandoverProof) -> Vec<String> {
    let (handover, rulings) = (&says.handover, !says.rulings.is_empty());
    let time = clock::moment(proven.newest.0);
    let mut sentences = vec![
        text(lang, "proof.open.unknown_cuts", &[("time", &time)]),
        text(lang, "proof.open.before", &[]),
        text(lang, "proof.open.withdrawn", &[]),
        text(lang, "proof.open.legal", &[]),
    ];
    sentences.extend(cosigned::sentence(lang, proven).err());
    if rulings {
        sentences.push(text(lang, "proof.open.other_rulings", &[]));
    }
    if handover.other_signatures > 0 {
        let values: [(&str, &dyn Display); 1] = [("count", &handover.other_signatures)];
        sentences.push(text(lang, "proof.open.other_signatures", &values));
    }
    sentences
}

fn lines(lang: Lang, says: &HandoverProof) -> Listing {
    let mut listing = Listing::new(
        "lines",
        &[
            ("line", "cli.label.number"),
            ("subject", "records.field.id"),
            ("name", "records.field.name"),
            ("quantity", "records.field.quantity"),
            ("condition", "records.field.condition"),
            ("cost", "records.field.cost"),
            ("moved", "cli.label.moved"),
            ("refused", "cli.label.refused_because"),
            ("contested", "proof.label.contested"),
            ("set_aside", "proof.label.set_aside"),
        ],
    );
    let handover = &says.handover;
    for (number, line) in handover.draft.numbered() {
        let refusal = handover.refused.iter().find(|refused| refused.line == number);
        let moved = handover.moved.contains(&number);
        let contested = says.is_contested(number);
        let aside = says
            .ruling_on(number)
            .is_some_and(|ruling| ruling.stands != Stands::This);
        let tick = |holds: bool| Cell::of(if holds { "✓" } else { "" }, serde_json::json!(holds));
        listing.push(vec![
            Cell::of(number.to_string(), serde_json::json!(number)),
            line.of
                .subject()
                .map_or_else(Cell::none, |subject| Cell::id(&subject.record.to_string())),
            Cell::text(line.name.clone()),
            Cell::amount(lang, line.quantity),
            Cell::text(line.condition.clone()),
            Cell::number(lang, line.cost),
            tick(moved),
            Cell::option(refusal.map(|refused| refused.reason.clone())),
            tick(contested),
            tick(aside),
        ]);
    }
    listing
}

fn signers(lang: Lang, units: &Units, proven: &Proven, handover: &ProvenHandover) -> Listing {
    let mut listing = Listing::new(
        "signers",
        &[
            ("party", "cli.label.capacity"),
            ("person", "cli.label.signer"),
            ("role", "records.field.role"),
            ("unit", "records.field.unit"),
            ("key", "cli.label.public_key"),
            ("appointment", "records.field.legal_basis"),
            ("entered", "proof.label.entered"),
            ("cut", "proof.label.cut"),
        ],
    );
    for ProvenSigner {
        party,
        actor,
        basis,
        time,
        cuts,
        ..
    } in &handover.signers
    {
        let cut = cuts.iter().filter_map(|cut| entered(proven, cut)).min();
        listing.push(vec![
            fields::translated(lang, "records.field", party.as_str()),
            Cell::text(actor.person.clone()),
            fields::translated(lang, "records.role", actor.role.as_str()),
            Cell::text(units.of_path(&actor.unit_path)),
            Cell::id(&actor.key.to_string()),
            Cell::word(basis.clone(), &actor.appointment.to_string()),
            Cell::moment(time.0),
            cut.map_or_else(Cell::none, Cell::moment),
        ]);
    }
    listing
}

fn statements(lang: Lang, units: &Units, proven: &Proven) -> Listing {
    let mut listing = Listing::new(
        "statements",
        &[
            ("id", "records.field.id"),
            ("kind", "records.field.kind"),
            ("says", "cli.label.says"),
            ("issued_by", "proof.label.issued_by"),
            ("entered", "proof.label.entered"),
        ],
    );
    let mut shown: Vec<&Statement> = proven.statements().map(|statement| statement.value()).collect();
    shown.sort_by_key(|statement| (entered(proven, &statement.id), statement.id));
    for statement in shown {
        let (kind, says) = content(lang, units, statement);
        let issuer = match statement.issuer {
            Issuer::Root => text(lang, "records.role.root", &[]),
            Issuer::Under(issuer) => holder(proven, &issuer),
        };
        listing.push(vec![
            Cell::id(&statement.id.to_string()),
            Cell::text(kind),
            Cell::text(says),
            Cell::text(issuer),
            entered(proven, &statement.id).map_or_else(Cell::none, Cell::moment),
        ]);
    }
    listing
}

/// Who holds an appointment.
fn holder(proven: &Proven, appointment: &StatementId) -> String {
    proven
        .authority
        .appointment(appointment)
        .map_or_else(|| short(&appointment.to_string()), |held| held.person.clone())
}

fn content(lang: Lang, units: &Units, statement: &Statement) -> (String, String) {
    let named = |kind: &str, says: String| (fields::translation(lang, "proof.kind", kind), says);
    match &statement.fact {
        Fact::Genesis(genesis) => named("genesis", genesis.name.clone()),
        Fact::Appointment(a) => named(
            "appointment",
            format!(
                "{}, {}, {}",
                a.person,
                role(lang, &a.role),
                units.of_path(&a.unit_path)
            ),
        ),
        Fact::Admission(a) => named("admission", format!("{} ({})", a.name, a.node.short())),
        Fact::Cut(cut) => named("cut", format!("{} {}", cut.target.short(), cut.remark)),
        Fact::Compromise(c) => named("compromise", format!("{} {}", c.key.short(), c.remark)),
        Fact::Invite(i) => named("invite", format!("{}, {}", i.name, units.of_path(&i.unit_path))),
        Fact::Adoption(a) => named("adoption", a.remark.clone()),
        Fact::Roots(change) => named("roots", change.remark.clone()),
        Fact::Unknown { kind } => (kind.clone(), String::new()),
    }
}

/// The node time of the first shown entry that carries a statement.
fn entered(proven: &Proven, statement: &StatementId) -> Option<u64> {
    proven.authority.positions_of(statement).map(|at| at.time.0).min()
}

/// Why a file proves nothing, naming the part.
pub fn ledger_error(lang: Lang, error: &ProofError) -> String {
    let what = |what: &dyn Display, key: &str| text(lang, key, &[("what", what)]);
    let why = match &error.fault {
        Fault::Limit { found, limit } => {
            let values: [(&str, &dyn Display); 2] = [("found", found), ("limit", limit)];
            text(lang, "proof.fault.limit", &values)
        }
        Fault::Form(form) => what(form, "proof.fault.form"),
        Fault::NotCanonical => text(lang, "proof.fault.not_canonical", &[]),
        Fault::Order => text(lang, "proof.fault.order", &[]),
        Fault::NoGenesis => text(lang, "proof.fault.no_genesis", &[]),
        Fault::OtherRoot(key) => text(lang, "proof.fault.other_root", &[("key", &key)]),
        Fault::RootSilent => text(lang, "proof.fault.root_silent", &[]),
        Fault::Broken(entry) => text(lang, "proof.fault.broken", &[("entry", entry)]),
        Fault::Tip(_) => text(lang, "proof.fault.tip", &[]),
        Fault::Body(defect) if defect.is_forgery() => what(defect, "proof.fault.forged"),
        Fault::Body(defect) => what(defect, "proof.fault.form"),
        Fault::Minutes(minutes) => what(minutes, "proof.fault.form"),
        Fault::Fork(fork) => what(fork, "proof.fault.form"),
        Fault::NotCarried => text(lang, "proof.fault.not_carried", &[]),
        Fault::NoEntry => text(lang, "proof.fault.no_entry", &[]),
        Fault::Unneeded => text(lang, "proof.fault.unneeded", &[]),
        Fault::Checkpoint(note) => what(note, "proof.fault.form"),
        Fault::NotHeld => text(lang, "proof.fault.not_held", &[]),
        Fault::NotAdmitted(node) => text(lang, "proof.fault.not_admitted", &[("node", node)]),
        Fault::Verdict(verdict) => without_effect(lang, statement_reason(lang, verdict)),
    };
    format!("{}: {why}", part(lang, error.part))
}

/// Why a checked file shows no handover in effect, naming the part.
pub fn handover_error(lang: Lang, error: &HandoverProofError) -> String {
    let why = match &error.fault {
        HandoverFault::Payload(form) => text(lang, "proof.fault.form", &[("what", form)]),
        HandoverFault::NoEffect => text(lang, "proof.fault.no_effect", &[]),
        HandoverFault::Judged(verdict) => without_effect(lang, operation_reason(lang, verdict)),
        HandoverFault::NoRival => text(lang, "proof.fault.no_rival", &[]),
        HandoverFault::Unneeded => text(lang, "proof.fault.unneeded", &[]),
        HandoverFault::NotAbove => text(lang, "proof.fault.not_above", &[]),
        HandoverFault::TwoRulings { line } => text(lang, "proof.fault.two_rulings", &[("line", line)]),
    };
    format!("{}: {why}", part(lang, error.part))
}

fn without_effect(lang: Lang, why: String) -> String {
    text(lang, "proof.fault.without_effect", &[("why", &why)])
}

fn statement_reason(lang: Lang, verdict: &Verdict) -> String {
    of_statement(verdict).map_or_else(String::new, |objection| Sentence::from(&objection).say(lang))
}

fn operation_reason(lang: Lang, verdict: &OpVerdict) -> String {
    let nobody = Units(BTreeMap::new());
    of_operation(verdict, None, &nobody)
        .map_or_else(String::new, |objection| Sentence::from(&objection).say(lang))
}

fn part(lang: Lang, part: Part) -> String {
    let (key, number, inner) = match part {
        Part::File => ("proof.part.file", 0, 0),
        Part::Statement(number) => ("proof.part.statement", number, 0),
        Part::Minutes(number) => ("proof.part.minutes", number, 0),
        Part::Commit(number) => ("proof.part.commit", number, 0),
        Part::Carrier(number, inner) => ("proof.part.carrier", number, inner),
        Part::Ruling(number) => ("proof.part.ruling", number, 0),
        Part::Chain(number) => ("proof.part.chain", number, 0),
        Part::Fork(number) => ("proof.part.fork", number, 0),
        Part::Checkpoint => ("proof.part.checkpoint", 0, 0),
    };
    text(lang, key, &[("number", &number), ("inner", &inner)])
}
