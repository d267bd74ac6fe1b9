//! What is there: `soxa inventory count`, `found` and `strike`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;
use soxa_ledger::{OpId, OpRef};
use soxa_records::Quantity;
use soxa_records::asset::state::AssetState;
use soxa_records::compose::Composer;
use soxa_records::inventory::{
    CountedLine, FoundAt, FoundThing, InventoryFound, InventoryOperation, InventoryStrike,
};

use super::opened::{Opened, open};
use crate::cli::files::NewFile;
use crate::cli::sign::{ActArgs, Prepared, carry_out};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// `soxa inventory count`.
#[derive(Debug, Args)]
pub struct CountArgs {
    #[arg(value_name = "INVENTORY")]
    pub inventory: String,
    /// What was found of a line.
    #[arg(long, num_args = 1.., value_name = "LINE=QUANTITY[:CONDITION[:STATE]]", value_parser = counted,
          required_unless_present = "as_written")]
    pub line: Vec<Counted>,
    /// All lines that nobody has counted as the books say.
    #[arg(long)]
    pub as_written: bool,
    /// A remark on a line.
    #[arg(long, num_args = 1.., value_name = "LINE=TEXT", value_parser = fields::assignment)]
    pub remark: Vec<(String, String)>,
    /// A photo of a line.
    #[arg(long, num_args = 1.., value_name = "LINE=FILE", value_parser = fields::assignment)]
    pub photo: Vec<(String, String)>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa inventory found`.
#[derive(Debug, Args)]
pub struct FoundArgs {
    #[arg(value_name = "INVENTORY")]
    pub inventory: String,
    #[arg(long, value_name = "TEXT")]
    pub name: String,
    #[arg(long, default_value = "", value_name = "CODE")]
    pub code: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub category: String,
    #[arg(long, default_value = "1", value_name = "AMOUNT")]
    pub quantity: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub measure: String,
    /// What it would cost.
    #[arg(long, default_value = "0", value_name = "ĐỒNG", value_parser = fields::sum)]
    pub cost: i64,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub condition: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub site: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub remark: String,
    #[arg(long, value_name = "FILE")]
    pub photo: Option<PathBuf>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa inventory strike`.
#[derive(Debug, Args)]
pub struct StrikeArgs {
    #[arg(value_name = "INVENTORY")]
    pub inventory: String,
    /// The thing, as `inventory show` names it.
    #[arg(value_name = "THING", value_parser = thing)]
    pub thing: (String, u32),
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub act: ActArgs,
}

/// A counted line as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    line: String,
    quantity: Quantity,
    condition: String,
    state: Option<AssetState>,
}

/// Reads `LINE=QUANTITY[:CONDITION[:STATE]]`.
fn counted(text: &str) -> Result<Counted, String> {
    let refused = || text.to_owned();
    let (line, rest) = fields::assignment(text)?;
    let mut parts = rest.splitn(3, ':');
    let quantity = parts.next().and_then(fields::quantity).ok_or_else(refused)?;
    let condition = parts.next().unwrap_or_default().trim().to_owned();
    let state = parts.next().map(|word| word.trim().parse::<AssetState>());
    let state = state.transpose().map_err(|_| refused())?;
    if state.is_some_and(|state| !state.is_seen()) {
        return Err(refused());
    }
    Ok(Counted {
        line: line.trim().to_owned(),
        quantity,
        condition,
        state,
    })
}

/// Reads `OPERATION:NUMBER`.
fn thing(text: &str) -> Result<(String, u32), String> {
    let (op, number) = text.split_once(':').ok_or_else(|| text.to_owned())?;
    match number.parse() {
        Ok(number) if !op.is_empty() => Ok((op.to_lowercase(), number)),
        _ => Err(text.to_owned()),
    }
}

/// `soxa inventory count`.
pub fn count(args: &CountArgs, session: &mut Session) -> Result<Exit, Failure> {
    let mut opened = open(session, &args.inventory)?;
    let mut rows: BTreeMap<u32, CountedLine> = BTreeMap::new();
    if args.as_written {
        let uncounted = opened.view.lines.iter().filter(|line| line.counts.is_empty());
        rows.extend(uncounted.map(|line| (line.line, row(line.line, line.book.quantity))));
    }
    let mut named = BTreeSet::new();
    for counted in &args.line {
        let number = opened.line(&counted.line)?.line;
        let row = CountedLine {
            condition: counted.condition.clone(),
            state: counted.state,
            ..row(number, counted.quantity)
        };
        if !named.insert(number) {
            let line = &counted.line;
            return Err(fields::line_twice(
                session.lang,
                "inventory count",
                "--line",
                line,
            ));
        }
        rows.insert(number, row);
    }
    let mut files = Vec::new();
    for (line, remark) in &args.remark {
        remark.clone_into(&mut of_line(&opened, &mut rows, line)?.remark);
    }
    for (line, photo) in &args.photo {
        let file = NewFile::read_plain(Some(&PathBuf::from(photo)))?;
        of_line(&opened, &mut rows, line)?.photo = file.as_ref().map(|file| file.hash());
        files.push(file);
    }
    if rows.is_empty() {
        return Err(Failure::new("errors.nothing_to_do", &[]));
    }
    let rows: Vec<CountedLine> = rows.into_values().collect();
    let mut composer = Composer::new();
    composer.count_inventory(&mut opened.at, &rows);
    let prepared = Prepared::of(composer);
    act(&opened, session, &args.act, "inventory.count", prepared, files)
}

fn row(line: u32, quantity: Quantity) -> CountedLine {
    CountedLine {
        line,
        quantity,
        condition: String::new(),
        state: None,
        remark: String::new(),
        photo: None,
    }
}

/// The count of a line that something is said of beside.
fn of_line<'r>(
    opened: &Opened,
    rows: &'r mut BTreeMap<u32, CountedLine>,
    line: &str,
) -> Result<&'r mut CountedLine, Failure> {
    let number = opened.line(line)?.line;
    rows.get_mut(&number).ok_or_else(|| {
        Failure::new(
            "errors.no_inventory_line",
            &[("line", &line), ("inventory", &opened.short())],
        )
    })
}

/// `soxa inventory found`.
pub fn found(args: &FoundArgs, session: &mut Session) -> Result<Exit, Failure> {
    let mut opened = open(session, &args.inventory)?;
    let quantity = fields::quantity(&args.quantity).filter(|quantity| *quantity > Quantity::default());
    let quantity = quantity
        .ok_or_else(|| fields::bad_value(session.lang, "inventory found", "--quantity", &args.quantity))?;
    let photo = NewFile::read_plain(args.photo.as_deref())?;
    let thing = FoundThing {
        code: args.code.clone(),
        name: args.name.clone(),
        category: args.category.clone(),
        quantity,
        measure: args.measure.clone(),
        cost: args.cost,
        condition: args.condition.clone(),
        site: args.site.clone(),
        remark: args.remark.clone(),
        photo: photo.as_ref().map(|file| file.hash()),
    };
    let things = vec![thing];
    let prepared = opened.prepared(InventoryOperation::Found(InventoryFound { things }));
    act(
        &opened,
        session,
        &args.act,
        "inventory.found",
        prepared,
        vec![photo],
    )
}

/// `soxa inventory strike`.
pub fn strike(args: &StrikeArgs, session: &mut Session) -> Result<Exit, Failure> {
    let mut opened = open(session, &args.inventory)?;
    let (digits, number) = &args.thing;
    let named = |op: &OpId| op.to_string().starts_with(digits);
    let mut fitting = opened
        .view
        .found
        .iter()
        .filter(|found| found.number == *number && named(&found.op));
    let found = match (fitting.next(), fitting.next()) {
        (Some(found), None) => found.op,
        _ => {
            let thing = format!("{digits}:{number}");
            return Err(fields::bad_value(
                session.lang,
                "inventory strike",
                "THING",
                &thing,
            ));
        }
    };
    let strike = InventoryStrike {
        thing: FoundAt {
            found: OpRef::Id(found),
            number: *number,
        },
        reason: args.reason.clone(),
    };
    let prepared = opened.prepared(InventoryOperation::Strike(strike));
    act(
        &opened,
        session,
        &args.act,
        "inventory.strike",
        prepared,
        Vec::new(),
    )
}

/// Signs an act of counting with the files that it names.
fn act(
    opened: &Opened,
    session: &mut Session,
    act: &ActArgs,
    kind: &str,
    prepared: Prepared,
    files: Vec<Option<Rc<NewFile>>>,
) -> Result<Exit, Failure> {
    let (signer, acting) = opened.official(session, act, &[kind])?;
    let prepared = files
        .into_iter()
        .fold(prepared, |prepared, file| prepared.with_file(file));
    carry_out(session, act, signer, &acting, &[prepared])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_lines_are_read() {
        let read = counted("MT-01=1,5:xước: idle").unwrap();
        assert_eq!((read.line.as_str(), read.quantity.thousandths), ("MT-01", 1_500));
        assert_eq!(
            (read.condition.as_str(), read.state),
            ("xước", Some(AssetState::Idle))
        );
        let bare = counted("3=0").unwrap();
        assert_eq!((bare.condition.as_str(), bare.state), ("", None));
        for wrong in ["", "3", "=1", "3=x", "3=1:a:new", "3=1:a:lost"] {
            assert!(counted(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn things_are_named_by_operation_and_number() {
        assert_eq!(thing("9B1C22D0:2"), Ok(("9b1c22d0".to_owned(), 2)));
        for wrong in ["", "2", ":2", "9b:", "9b:x"] {
            assert!(thing(wrong).is_err(), "{wrong}");
        }
    }
}
