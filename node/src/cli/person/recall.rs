//! `soxa person recall`: a secondment ends early, and with it what the person may sign at the host.
//!
//! A recall is an act on the person's record; the right to sign is an appointment, which a cut alone ends, made by who gave it or by
//! somebody above. So whoever may do both does both with one passphrase; whoever may not is told which offices are left and how they end.
//! What ends is what names this person's record; an office of the name alone may be a namesake's, so it is told and stays.

use soxa_lang::text;
use soxa_ledger::operation::OpRef;
use soxa_ledger::role::StatementKind;
use soxa_ledger::statement::{Cut, CutReason, Fact};
use soxa_records::compose::Composer;
use soxa_records::person::PersonOperation;
use soxa_records::person::secondment::SecondmentAct;

use super::find;
use super::secondment::{StepArgs, day, latest};
use crate::cli::Session;
use crate::cli::acting::{Acting, Signer};
use crate::cli::kept::through_now;
use crate::cli::key::holders::{Held, offices_of, tell_left};
use crate::cli::sign::{Done, Prepared, carry_through, official};
use crate::cli::statements::make_as;
use crate::control::protocol::Request;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;

/// Ends a secondment early, with the offices at the host where the signer may end them.
pub fn recall(args: &StepArgs, session: &mut Session) -> Result<Exit, Failure> {
    let person = find(session, &args.person)?;
    let secondment = latest(&person)?;
    let units = session.units()?;
    let (home, host) = (units.path(&person.home), units.path(&secondment.host));
    let (offices, perhaps) = offices_of(session, person.read.id, &person.view, &host)?;
    let (mut signer, acting) = official(session, &args.act, &["person.recall"], |acting: &Acting| {
        acting.is_at_or_above(&home) || acting.is_at_or_above(&host)
    })?;
    // Whoever is of the host alone speaks for it; all others for the home.
    let unit = match acting.is_at_or_above(&home) {
        true => person.home,
        false => secondment.host,
    };
    let step = SecondmentAct {
        secondment: OpRef::Id(secondment.id),
        unit,
        date: day(args.date)?,
        note: args.reason.clone(),
    };
    let mut composer = Composer::new();
    composer.on_person(&mut person.read.at()?, PersonOperation::Recall(step));
    let prepared = [Prepared::of(composer)];
    let mut done = Done::default();
    let carried = carry_through(session, &args.act, &mut signer, &acting, &prepared, &mut done);
    let exit = done.report(session.lang, &args.act.read)?;
    carried?;
    let left = match args.act.dry_run {
        true => offices,
        false => end(session, &mut signer, offices)?,
    };
    tell_left(session.lang, "office_left", &left);
    tell_left(session.lang, "office_perhaps", &perhaps);
    Ok(match left.is_empty() && perhaps.is_empty() {
        true => exit,
        false => Exit::Findings,
    })
}

/// Ends the offices that the signer may end: shown, asked for, and signed with the key that is open already. Gives back the others.
fn end(session: &mut Session, signer: &mut Signer, offices: Vec<Held>) -> Result<Vec<Held>, Failure> {
    let lang = session.lang;
    let may = |office: &Held| signer.may_make(StatementKind::Cut, &office.path);
    let (own, left): (Vec<Held>, Vec<Held>) = offices.into_iter().partition(may);
    if own.is_empty() {
        return Ok(left);
    }
    let (mut facts, mut preview) = (Vec::new(), Vec::new());
    let reason = text(lang, "preview.reason.transfer", &[]);
    for office in &own {
        let found = session.client()?.positions(Request::Positions {
            target: office.id.to_string(),
            before_ms: None,
        })?;
        let (stands, kept) = through_now(lang, found)?;
        let values: [(&str, &dyn std::fmt::Display); 2] = [("about", &office.said), ("reason", &reason)];
        preview.extend([text(lang, "preview.cut", &values), kept]);
        facts.push(Fact::Cut(Cut {
            target: office.id,
            reason: CutReason::Transfer,
            remark: String::new(),
            stands,
        }));
    }
    make_as(session, signer, &facts, preview, |acting| {
        own.iter().all(|office| acting.is_at_or_above(&office.path))
    })?;
    for office in &own {
        say(&text(lang, "cli.answer.office_ended", &[("says", &office.said)]));
    }
    Ok(left)
}
