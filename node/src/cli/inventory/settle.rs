//! `soxa inventory settle`: the acts on assets that make the books say what was counted, with the act that lists them, under one
//! signature. They are the custodian's own: what was changed or handed over since is left alone, and told.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::text;
use soxa_ledger::OpRef;
use soxa_records::TypedOperation;
use soxa_records::asset::state::AssetState;
use soxa_records::asset::{AssetOperation, AssetView};
use soxa_records::compose::Composer;
use soxa_records::inventory::settlement::{Grounds, Settlement, registered};
use soxa_records::inventory::view::{Difference, Found};
use soxa_records::inventory::{FoundAt, InventoryStage, SettledOf};
use soxa_records::limits::INVENTORY_SETTLED_MAX;

use super::opened::{Opened, open};
use crate::cli::files::NewFile;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;

/// Acts that follow on one line: quantity, condition, state.
const OF_A_LINE_MAX: usize = 3;

/// `soxa inventory settle`.
#[derive(Debug, Args)]
pub struct SettleArgs {
    #[arg(value_name = "INVENTORY")]
    inventory: String,
    /// The signed minutes: what is lost or damaged has them.
    #[arg(long, value_name = "FILE")]
    minutes: Option<PathBuf>,
    /// Lines to leave alone.
    #[arg(long, num_args = 1.., value_name = "LINE")]
    except: Vec<String>,
    #[command(flatten)]
    act: ActArgs,
}

/// The acts of one commit.
#[derive(Default)]
struct Acts {
    composer: Composer,
    settled: Vec<(SettledOf, OpRef)>,
    kinds: Vec<&'static str>,
}

impl Acts {
    fn note(&mut self, settled: SettledOf, kind: &'static str, act: OpRef) {
        self.settled.push((settled, act));
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Whether one commit might not list what follows on one more line.
    fn is_full(&self) -> bool {
        self.settled.len() + OF_A_LINE_MAX > INVENTORY_SETTLED_MAX
    }
}

/// Does what the command says.
///
/// # Errors
/// When the inventory is not approved, minutes are missing, there is nothing to do, or the act fails.
pub fn settle(args: &SettleArgs, session: &mut Session) -> Result<Exit, Failure> {
    let opened = open(session, &args.inventory)?;
    let approval = opened.view.approvals.first();
    let Some(approval) = approval.filter(|_| opened.view.stage == InventoryStage::Approved) else {
        return Err(Failure::new(
            "errors.inventory_not_approved",
            &[("inventory", &opened.short())],
        ));
    };
    let minutes = NewFile::read_plain(args.minutes.as_deref())?;
    let values: [(&str, &dyn std::fmt::Display); 3] = [
        ("date", &fields::day(opened.view.as_of)),
        ("basis", &opened.view.basis),
        ("inventory", &opened.short()),
    ];
    let grounds = Grounds {
        date: approval.date,
        reason: text(session.lang, "cli.inventory.grounds", &values),
        minutes: minutes.as_ref().map(|file| file.hash()),
    };
    let acts = acts(args, session, &opened, &grounds)?;
    if acts.is_full() {
        say(&text(session.lang, "cli.inventory.settle_again", &[]));
    }
    if acts.settled.is_empty() {
        return Err(Failure::new("errors.nothing_to_do", &[]));
    }
    let Acts {
        mut composer,
        settled,
        mut kinds,
    } = acts;
    kinds.push("inventory.settle");
    let mut at = opened.at.clone();
    composer.settle_inventory(&mut at, settled);
    let unit = Some(opened.view.unit);
    let (signer, acting) = official(session, &args.act, &kinds, |acting| acting.unit() == unit)?;
    let prepared = Prepared::of(composer).with_file(minutes);
    carry_out(session, &args.act, signer, &acting, &[prepared])
}

fn acts(
    args: &SettleArgs,
    session: &mut Session,
    opened: &Opened,
    grounds: &Grounds,
) -> Result<Acts, Failure> {
    let mut left_alone = Vec::with_capacity(args.except.len());
    for line in &args.except {
        left_alone.push(opened.line(line)?.line);
    }
    let mut acts = Acts::default();
    let mut without_minutes = 0_usize;
    let lines = opened.view.lines.iter();
    for line in lines.filter(|line| !left_alone.contains(&line.line)) {
        if line.difference() == Difference::Same || acts.is_full() {
            continue;
        }
        let asset = session.record(line.book.asset)?;
        let view = AssetView::of(&asset.state).ok_or_else(|| fields::not_that_kind(&asset))?;
        let found = match Settlement::of(line, &view, grounds) {
            Settlement::Nothing => continue,
            Settlement::Acts(found) => found,
            other => {
                let key = match other {
                    Settlement::MovedOn => "cli.inventory.moved_on",
                    _ => "cli.inventory.changed_since",
                };
                say(&text(
                    session.lang,
                    key,
                    &[("line", &line.line), ("name", &line.book.name)],
                ));
                continue;
            }
        };
        let mut at = asset.at()?;
        for operation in found {
            without_minutes += usize::from(lacks_minutes(&operation));
            let kind = operation.act();
            let act = acts
                .composer
                .act(&mut at, &TypedOperation::Asset(operation), Vec::new());
            acts.note(SettledOf::Line(line.line), kind, act);
        }
    }
    if without_minutes > 0 {
        return Err(Failure::new(
            "errors.settle_needs_minutes",
            &[("count", &without_minutes), ("inventory", &opened.short())],
        ));
    }
    let unsettled = |found: &&Found| found.counts() && found.settled.is_empty();
    for found in opened.view.found.iter().filter(unsettled) {
        if acts.is_full() {
            break;
        }
        let register = registered(&found.thing, opened.view.unit);
        let at = acts.composer.register_asset(register);
        let thing = FoundAt {
            found: OpRef::Id(found.op),
            number: found.number,
        };
        for act in at.heads {
            acts.note(SettledOf::Found(thing.clone()), "asset.register", act);
        }
    }
    Ok(acts)
}

fn lacks_minutes(operation: &AssetOperation) -> bool {
    match operation {
        AssetOperation::State(change) => {
            matches!(change.state, AssetState::Lost | AssetState::Damaged) && change.document.is_none()
        }
        _ => false,
    }
}
