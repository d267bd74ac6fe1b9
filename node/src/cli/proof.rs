//! `soxa handover proof`: writes files that show handovers in effect to people who have no node.

pub mod cosigned;
pub mod words;

use std::path::{Path, PathBuf};

use clap::Args;
use data_encoding::BASE64;
use soxa_lang::text;
use soxa_ledger::NetworkId;
use soxa_ledger::proof::{Proof, Proven};
use soxa_records::handover::proof::{HandoverProof, Outcome, read_handover_proof};
use soxa_records::handover::view::HandoverView;
use soxa_records::handover::{HandoverKind, HandoverStage};

use super::{ReadArgs, Session, fields};
use crate::control::protocol::{Objection, Reply, Request};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::home::write_file;
use crate::output::{Cell, Listing, say, short};

/// `soxa handover proof`.
#[derive(Debug, Args)]
pub struct ProofArgs {
    #[arg(num_args = 1.., value_name = "HANDOVER", required_unless_present = "all")]
    handovers: Vec<String>,
    /// All handovers in effect.
    #[arg(long, conflicts_with = "handovers")]
    all: bool,
    #[arg(long, requires = "all", value_parser = fields::words(HandoverKind::ALL, HandoverKind::as_str),
          value_name = "assets|staff")]
    kind: Option<HandoverKind>,
    /// The file; a folder for several.
    #[arg(short, long, value_name = "FILE|DIR")]
    out: PathBuf,
    #[command(flatten)]
    read: ReadArgs,
}

/// A proof as it goes into its file.
struct Made {
    bytes: Vec<u8>,
    proven: Proven,
    says: HandoverProof,
}

/// Writes the proofs. With several handovers one that cannot be proven is a finding, and the others are written.
pub fn run(args: &ProofArgs, session: &mut Session) -> Result<Exit, Failure> {
    let network = session.network()?;
    let lang = session.lang;
    let wanted = if args.all {
        in_effect(session, args.kind)?
    } else {
        args.handovers.clone()
    };
    let one_file = !args.all && wanted.len() == 1 && !args.out.is_dir();
    if !one_file {
        std::fs::create_dir_all(&args.out).map_err(|e| Failure::io(&args.out, &e))?;
    }
    let mut listing = Listing::new(
        "proofs",
        &[
            ("handover", "cli.label.handover"),
            ("outcome", "proof.label.outcome"),
            ("file", "cli.label.file"),
            ("bytes", "proof.label.size"),
            ("cosigned_by", "cli.status.cosigned_by"),
            ("reason", "cli.label.reason"),
        ],
    );
    let (mut written, mut not_cosigned) = (0_usize, 0_usize);
    for handover in &wanted {
        match make(session, network, handover)? {
            Ok(made) => {
                let id = made.says.handover.id.to_string();
                let file = if one_file {
                    args.out.clone()
                } else {
                    args.out.join(format!("{id}.json"))
                };
                write_file(&file, &made.bytes, 0o644)?;
                written += 1;
                not_cosigned += usize::from(made.proven.cosigned.is_none());
                listing.push(row(session, &id, &file, &made));
            }
            Err(reasons) if wanted.len() == 1 => {
                return Err(Failure::new("errors.not_provable", &[("handover", handover)])
                    .with_details(reasons.iter().map(Sentence::from)));
            }
            Err(reasons) => {
                let reasons: Vec<String> = reasons.iter().map(|r| Sentence::from(r).say(lang)).collect();
                listing.push(vec![
                    Cell::id(handover),
                    fields::translated(lang, "proof.outcome", "failed"),
                    Cell::none(),
                    Cell::none(),
                    Cell::none(),
                    Cell::text(reasons.join("; ")),
                ]);
            }
        }
    }
    args.read.print_listing(lang, &listing)?;
    let place = args.out.display();
    say(&text(
        lang,
        "proof.answer.made",
        &[("count", &written), ("place", &place)],
    ));
    if not_cosigned > 0 {
        say(&text(
            lang,
            "proof.answer.not_cosigned",
            &[("count", &not_cosigned)],
        ));
    }
    Ok(if written == wanted.len() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn in_effect(session: &mut Session, kind: Option<HandoverKind>) -> Result<Vec<String>, Failure> {
    let effective = |view: &HandoverView| {
        view.stage == HandoverStage::Effective && kind.is_none_or(|kind| view.kind == kind)
    };
    let all = session.records("handover")?;
    Ok(all
        .iter()
        .filter(|read| HandoverView::of(&read.state).as_ref().is_some_and(effective))
        .map(|read| read.id.to_string())
        .collect())
}

/// Asks the daemon for a proof and checks it as a stranger would, before anybody relies on it.
fn make(
    session: &mut Session,
    network: NetworkId,
    handover: &str,
) -> Result<Result<Made, Vec<Objection>>, Failure> {
    let client = session.client()?;
    let request = Request::Proof {
        id: handover.to_owned(),
    };
    let file = match client.call(request)? {
        Reply::Proof { file } => file,
        Reply::NotProvable(reasons) => return Ok(Err(reasons)),
        other => return Err(client.other_reply(&other)),
    };
    let wrong = |reason: &dyn std::fmt::Display| Failure::internal("proof", reason);
    let bytes = BASE64.decode(file.as_bytes()).map_err(|e| wrong(&e))?;
    let proven = Proof::decode(&bytes)
        .and_then(|proof| proof.verify(&[network.0]))
        .map_err(|e| wrong(&e))?;
    let says = read_handover_proof(&proven).map_err(|e| wrong(&e))?;
    Ok(Ok(Made { bytes, proven, says }))
}

fn row(session: &Session, id: &str, file: &Path, made: &Made) -> Vec<Cell> {
    let lang = session.lang;
    if made.says.outcome() == Outcome::Contested {
        let handover = short(id);
        say(&text(lang, "proof.answer.contested", &[("handover", &handover)]));
    }
    vec![
        Cell::id(id),
        fields::translated(lang, "proof.outcome", words::outcome(&made.says)),
        Cell::text(file.display().to_string()),
        Cell::count(lang, made.bytes.len() as u64),
        Cell::option(cosigned::cosigners(lang, &made.proven)),
        Cell::none(),
    ]
}
