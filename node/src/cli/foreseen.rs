//! What a statement would do, in plain words, before anybody signs it.

use std::fmt::Display;

use data_encoding::BASE64;
use soxa_lang::{number, text};
use soxa_ledger::PublicKey;
use soxa_ledger::statement::{Fact, UnsignedStatement};

use super::Session;
use super::key::authority::says_of;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::ForeseenReport;
use crate::failure::{Failure, Sentence};
use crate::output::short;
use crate::preview;

/// Things told one by one; more are told as a count.
const TOLD_ONE_BY_ONE: usize = 12;

/// Whether a statement takes or gives effect to what others did, so that one asks before signing it.
pub fn is_weighty(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Cut(_) | Fact::Compromise(_) | Fact::Adoption(_) | Fact::Roots(_)
    )
}

/// Asks the node what a statement would do if these keys signed it.
///
/// # Errors
/// When the node cannot be asked.
pub fn ask(
    session: &mut Session,
    unsigned: &UnsignedStatement,
    signers: &[PublicKey],
) -> Result<ForeseenReport, Failure> {
    let client = session.client()?;
    let request = Request::Foresee {
        statement: BASE64.encode(unsigned.payload()),
        signers: signers.iter().map(ToString::to_string).collect(),
    };
    match client.call(request)? {
        Reply::Foreseen(report) => Ok(*report),
        other => Err(client.other_reply(&other)),
    }
}

/// What it would do, line by line.
///
/// # Errors
/// When the node cannot be asked.
pub fn lines(session: &mut Session, report: &ForeseenReport) -> Result<Vec<String>, Failure> {
    let lang = session.lang;
    let mut lines = Vec::new();
    if let Some(reason) = &report.reason {
        lines.push(text(
            lang,
            "preview.foreseen.itself",
            &[("reason", &Sentence::from(reason).say(lang))],
        ));
    }
    for one in &report.counts {
        let values: [(&str, &dyn Display); 4] = [
            ("count", &number(lang, one.count)),
            ("act", &preview::act_name(lang, &one.kind)),
            ("records", &number(lang, one.records)),
            (
                "becomes",
                &text(lang, &format!("verdicts.word.{}", one.becomes), &[]),
            ),
        ];
        lines.push(text(lang, "preview.foreseen.count", &values));
    }
    for one in report.custody.iter().take(TOLD_ONE_BY_ONE) {
        let unit = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "?".to_owned());
        let values: [(&str, &dyn Display); 3] = [
            ("name", &one.name),
            ("from", &unit(&one.from)),
            ("to", &unit(&one.to)),
        ];
        let key = match (one.disputed, &one.from, &one.to) {
            (true, ..) => "preview.foreseen.disputed",
            (false, Some(_), Some(_)) => "preview.foreseen.custody",
            (false, None, Some(_)) => "preview.foreseen.comes",
            (false, _, None) => "preview.foreseen.nobody",
        };
        lines.push(text(lang, key, &values));
    }
    if report.custody_count > TOLD_ONE_BY_ONE as u64 {
        let further = report.custody_count - TOLD_ONE_BY_ONE as u64;
        lines.push(text(
            lang,
            "preview.foreseen.more_custody",
            &[("count", &number(lang, further))],
        ));
    }
    for (id, becomes) in report.statements.iter().take(TOLD_ONE_BY_ONE) {
        let values: [(&str, &dyn Display); 2] = [
            ("says", &says_of(session, id)?),
            ("becomes", &text(lang, &format!("verdicts.word.{becomes}"), &[])),
        ];
        lines.push(text(lang, "preview.foreseen.statement", &values));
    }
    if report.statements.len() > TOLD_ONE_BY_ONE {
        let further = (report.statements.len() - TOLD_ONE_BY_ONE) as u64;
        lines.push(text(
            lang,
            "preview.foreseen.more_statements",
            &[("count", &number(lang, further))],
        ));
    }
    for node in &report.dropped {
        lines.push(text(lang, "preview.foreseen.dropped", &[("node", &short(node))]));
    }
    if lines.is_empty() {
        lines.push(text(lang, "preview.foreseen.nothing", &[]));
    }
    Ok(lines)
}
