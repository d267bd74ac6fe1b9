//! Signing, approving and giving up: `soxa inventory sign`, `approve` and `cancel`.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::{Lang, money, number, text};
use soxa_records::handover::LineTotals;
use soxa_records::inventory::view::{InventoryView, Member};
use soxa_records::inventory::{
    InventoryApprove, InventoryCancel, InventoryOperation, InventorySign, InventoryStage,
};

use super::opened::{Opened, open};
use super::{ApproveArgs, CancelArgs};
use crate::cli::acting::{SignArgs, Signer};
use crate::cli::files::NewFile;
use crate::cli::sign::{ActArgs, Done, carry_out, carry_through};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::{Failure, listed};
use crate::output::say;

/// `soxa inventory sign`.
#[derive(Debug, Args)]
pub struct SignedArgs {
    #[arg(value_name = "INVENTORY")]
    inventory: String,
    /// The key files of other members who sign at this machine.
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with = "member")]
    also_key: Vec<PathBuf>,
    /// The member who has signed on paper.
    #[arg(long, value_name = "NUMBER", requires = "scan")]
    member: Option<u32>,
    /// The signed paper.
    #[arg(long, value_name = "FILE", requires = "member")]
    scan: Option<PathBuf>,
    /// What the member remarks.
    #[arg(long, default_value = "", value_name = "TEXT")]
    remark: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa inventory sign`: each member under an own signature; what was stored before one declines stays.
pub fn sign(args: &SignedArgs, session: &mut Session) -> Result<Exit, Failure> {
    let opened = open(session, &args.inventory)?;
    figures(session.lang, &opened.view);
    if let Some(member) = args.member {
        return on_paper(args, session, opened, member);
    }
    let mut done = Done::default();
    let carried = members(args, session, opened, &mut done);
    let exit = done.report(session.lang, &args.act.read)?;
    carried.map(|()| exit)
}

fn members(
    args: &SignedArgs,
    session: &mut Session,
    mut opened: Opened,
    done: &mut Done,
) -> Result<(), Failure> {
    let own = args.act.sign.key.clone();
    let others = args.also_key.iter().cloned().map(Some);
    // All passphrases come from one place.
    let mut passphrases = None;
    for (at, key) in [own].into_iter().chain(others).enumerate() {
        if at > 0 {
            opened = open(session, &args.inventory)?;
        }
        let act = ActArgs {
            sign: SignArgs {
                key,
                ..args.act.sign.clone()
            },
            ..args.act.clone()
        };
        let (mut signer, acting) = opened.official(session, &act, &["inventory.sign"])?;
        signer.passphrases = passphrases.take().unwrap_or(signer.passphrases);
        let sign = InventorySign {
            member: member_of(&signer, &act, &opened)?,
            remark: if at == 0 {
                args.remark.clone()
            } else {
                String::new()
            },
            scan: None,
        };
        let prepared = opened.prepared(InventoryOperation::Sign(sign));
        carry_through(session, &act, &mut signer, &acting, &[prepared], done)?;
        passphrases = Some(signer.passphrases);
    }
    Ok(())
}

/// The member whose key it is.
fn member_of(signer: &Signer, act: &ActArgs, opened: &Opened) -> Result<u32, Failure> {
    let own = |member: &&Member| member.content.key == Some(signer.public);
    let member = opened.view.council.iter().find(own).map(|member| member.member);
    member.ok_or_else(|| {
        let file = act.sign.key.as_ref().map(|file| file.display().to_string());
        Failure::new(
            "errors.key_of_no_member",
            &[
                ("file", &file.unwrap_or_default()),
                ("inventory", &opened.short()),
            ],
        )
    })
}

fn on_paper(
    args: &SignedArgs,
    session: &mut Session,
    mut opened: Opened,
    member: u32,
) -> Result<Exit, Failure> {
    let scan = NewFile::read_plain(args.scan.as_deref())?;
    let sign = InventorySign {
        member,
        remark: args.remark.clone(),
        scan: scan.as_ref().map(|file| file.hash()),
    };
    let (signer, acting) = opened.official(session, &args.act, &["inventory.sign"])?;
    let prepared = opened.prepared(InventoryOperation::Sign(sign)).with_file(scan);
    carry_out(session, &args.act, signer, &acting, &[prepared])
}

/// `soxa inventory approve`.
pub fn approve(args: &ApproveArgs, session: &mut Session) -> Result<Exit, Failure> {
    let mut opened = open(session, &args.inventory)?;
    figures(session.lang, &opened.view);
    let approve = InventoryApprove {
        date: args.date.map_or_else(fields::today, Ok)?,
        conclusion: args.conclusion.clone(),
    };
    let (signer, acting) = opened.official(session, &args.act, &["inventory.approve"])?;
    if opened.view.stage == InventoryStage::Counted {
        return Err(unsigned(&opened));
    }
    let prepared = opened.prepared(InventoryOperation::Approve(approve));
    carry_out(session, &args.act, signer, &acting, &[prepared])
}

/// Who of the council has not signed all that was counted.
fn unsigned(opened: &Opened) -> Failure {
    let council = opened.view.council.iter();
    let missing = council.filter(|member| !member.has_signed());
    let names: Vec<String> = missing
        .map(|member| format!("{} ({})", member.content.name, member.member))
        .collect();
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("inventory", &opened.short()), ("members", &listed(&names))];
    Failure::new("errors.inventory_unsigned", &values)
}

/// `soxa inventory cancel`.
pub fn cancel(args: &CancelArgs, session: &mut Session) -> Result<Exit, Failure> {
    let mut opened = open(session, &args.inventory)?;
    let reason = args.reason.clone();
    let (signer, acting) = opened.official(session, &args.act, &["inventory.cancel"])?;
    let prepared = opened.prepared(InventoryOperation::Cancel(InventoryCancel { reason }));
    carry_out(session, &args.act, signer, &acting, &[prepared])
}

/// Says what the inventory comes to, before it is signed or approved.
fn figures(lang: Lang, view: &InventoryView) {
    let totals = view.totals();
    let all = [
        ("book", totals.book),
        ("counted", totals.counted),
        ("short", totals.short),
        ("over", totals.over),
        ("found", totals.found),
    ];
    let told = |of: &str, totals: LineTotals| {
        let of = text(lang, &format!("cli.inventory.totals.{of}"), &[]);
        let values: [(&str, &dyn std::fmt::Display); 4] = [
            ("of", &of),
            (
                "lines",
                &number(lang, i64::try_from(totals.lines).unwrap_or(i64::MAX)),
            ),
            ("quantity", &soxa_lang::amount(lang, totals.quantity.thousandths)),
            ("cost", &money(lang, totals.cost)),
        ];
        say(&text(lang, "cli.inventory.comes_to", &values));
    };
    for (of, totals) in all {
        if of == "book" || totals.lines > 0 {
            told(of, totals);
        }
    }
    if view.stage == InventoryStage::Open {
        let values: [(&str, &dyn std::fmt::Display); 1] = [("lines", &totals.open.lines)];
        say(&text(lang, "cli.inventory.not_counted", &values));
    }
}
