//! `soxa handover sign`: everybody who has not signed yet signs at one machine, one after the other, each with an own key file
//! and passphrase, after reading what is signed.
//!
//! The signatures are gathered in minutes that one commit carries into effect: either all of it is stored or nothing, whoever
//! declines. It is signed by the first key; the others sign the minutes alone, which is all that a party has to sign.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::text;
use soxa_ledger::RecordId;
use soxa_ledger::minutes::{Party, RefusedLine};
use soxa_ledger::operation::OpKind;
use soxa_ledger::role::Permissions;
use soxa_records::compose::{Composer, refused_in};
use soxa_records::handover::HandoverDraft;

use super::opened::{Opened, open};
use super::refusal;
use crate::cli::acting::{Acting, SignArgs, Signer};
use crate::cli::sign::{ActArgs, Prepared, carry_out, expect_no_objection};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{say, short};

/// `soxa handover sign`.
#[derive(Debug, Args)]
pub struct TogetherArgs {
    #[arg(value_name = "HANDOVER")]
    handover: String,
    /// The key files of the others.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    also_key: Vec<PathBuf>,
    /// Lines that the receiver refuses, with the reason.
    #[arg(long, num_args = 1.., value_name = "LINE=REASON", value_parser = refusal)]
    refuse: Vec<RefusedLine>,
    #[command(flatten)]
    act: ActArgs,
}

/// Somebody at the table.
struct Seat {
    party: Party,
    signer: Signer,
    acting: Acting,
}

/// Does what the command says.
///
/// # Errors
/// When nobody at the table can sign for a party, a key is there for nothing, somebody declines, or storing fails.
pub fn sign(args: &TogetherArgs, session: &mut Session) -> Result<Exit, Failure> {
    let mut opened = open(session, &args.handover)?;
    opened.refuse_expired()?;
    let refused = opened.refusing(session.lang, "handover sign", &args.refuse)?;
    let has_signed = |party: &Party| opened.view.has_signed(*party);
    let (signed, missing): (Vec<_>, Vec<_>) = parties(&opened.draft)
        .into_iter()
        .partition(|(party, _)| has_signed(party));
    let signed: Vec<Party> = signed.into_iter().map(|(party, _)| party).collect();
    let earlier = opened.earlier(&signed)?;
    let (mut author, mut others) = seats(args, session, &opened, missing)?;

    let unsigned = |opened: &Opened, seat: &Seat| opened.unsigned(Vec::new(), seat.party, &refused, "");
    // Composed and checked with signatures of the right form, before anybody is asked for a passphrase.
    let mut minutes = unsigned(&opened, &author);
    let forms = others
        .iter()
        .map(|seat| unsigned(&opened, seat).placeholder(&seat.signer, &seat.acting));
    minutes.earlier = earlier.iter().cloned().chain(forms).collect();
    let form = minutes.form(&author.signer, &author.acting)?;
    let mut subjects = opened.subjects(session, refused_in(&form))?;
    let mut composer = Composer::new();
    composer
        .effect(&mut opened.at, opened.id, &opened.draft, &form, &mut subjects)
        .map_err(|e| Failure::internal("handover", e))?;
    let mut prepared = Prepared::with_minutes(composer, minutes);
    expect_no_objection(session, &args.act, &author.signer, &author.acting, &prepared)?;

    let network = session.network()?;
    let units = session.units()?;
    let mut gathered = earlier;
    for seat in &mut others {
        let own = unsigned(&opened, seat);
        let told = [
            vec![seat.acting.preview(session.lang, &units)],
            own.preview(session.lang),
        ]
        .concat();
        if args.act.dry_run {
            told.iter().for_each(|line| say(line));
            continue;
        }
        seat.signer.consent(&told)?;
        let secret = seat.signer.secret_after(&mut author.signer)?;
        gathered.push(own.sign(network, &seat.acting, &secret));
    }
    if !args.act.dry_run {
        for minutes in &mut prepared.minutes {
            minutes.earlier.clone_from(&gathered);
        }
    }
    carry_out(session, &args.act, author.signer, &author.acting, &[prepared])
}

/// Who has to sign, each for its unit.
fn parties(draft: &HandoverDraft) -> Vec<(Party, RecordId)> {
    let witness = draft
        .witness
        .as_ref()
        .map(|witness| (Party::Witness, witness.unit));
    let both = [
        (Party::Giver, draft.giver.unit),
        (Party::Receiver, draft.receiver.unit),
    ];
    both.into_iter().chain(witness).collect()
}

/// Finds out for which party each key signs: the first, who signs the commit as well, and the others.
fn seats(
    args: &TogetherArgs,
    session: &mut Session,
    opened: &Opened,
    mut missing: Vec<(Party, RecordId)>,
) -> Result<(Seat, Vec<Seat>), Failure> {
    let handover = short(&opened.id.to_string());
    if missing.is_empty() {
        return Err(Failure::new("errors.all_have_signed", &[("handover", &handover)]));
    }
    let author = seat(session, &args.act.sign, &opened.effect_kinds(), &mut missing)?;
    let mut others = Vec::new();
    for file in &args.also_key {
        let sign = SignArgs {
            key: Some(file.clone()),
            acting_as: None,
            consent: args.act.sign.consent,
        };
        others.push(seat(session, &sign, &[], &mut missing)?);
    }
    if let Some((party, unit)) = missing.first() {
        let party = text(session.lang, &format!("records.field.{}", party.as_str()), &[]);
        let unit = session.units()?.name(unit);
        return Err(Failure::new(
            "errors.party_not_here",
            &[("party", &party), ("unit", &unit)],
        ));
    }
    let here = |party: Party| author.party == party || others.iter().any(|seat| seat.party == party);
    if !args.refuse.is_empty() && !here(Party::Receiver) {
        return Err(fields::bad_value(
            session.lang,
            "handover sign",
            "--refuse",
            &args.refuse[0].reason,
        ));
    }
    Ok((author, others))
}

/// The party that a key can sign for, which is then no longer missing.
fn seat(
    session: &mut Session,
    args: &SignArgs,
    further: &[&str],
    missing: &mut Vec<(Party, RecordId)>,
) -> Result<Seat, Failure> {
    let signer = Signer::new(session, args)?;
    let units = session.units()?;
    for (at, (party, unit)) in missing.iter().enumerate() {
        let own = match party {
            Party::Giver => "handover.offer",
            Party::Receiver => "handover.accept",
            Party::Witness => "handover.witness",
        };
        let kinds = further.iter().chain([&own]).filter_map(|kind| kind.parse().ok());
        let kinds: Vec<OpKind> = kinds.collect();
        let permits = |permissions: &Permissions| kinds.iter().all(|kind| permissions.permits(kind));
        match signer.acting(&units, permits, |acting| acting.unit() == Some(*unit)) {
            Ok(acting) if acting.unit() == Some(*unit) => {
                let (party, _) = missing.remove(at);
                return Ok(Seat {
                    party,
                    signer,
                    acting,
                });
            }
            _ => {}
        }
    }
    let file = args.key.as_ref().map(|file| file.display().to_string());
    let file = file.unwrap_or_default();
    Err(Failure::new("errors.key_signs_for_nobody", &[("file", &file)]))
}
