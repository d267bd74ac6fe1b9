//! The command line: what may be typed, and which room each command leads into.
//!
//! Sentences of help are not here: [`help`] hangs them onto the tree from the catalogue. Doc comments in the
//! argument types are for readers of the code.

mod acting;
mod asking;
mod asset;
mod bench;
mod conflicts;
mod dossier;
mod examples;
mod fields;
mod files;
mod foreseen;
mod handover;
mod help;
mod history;
mod init;
mod inventory;
mod invite;
mod join;
mod kept;
mod key;
mod network;
mod nodes;
mod office;
mod person;
mod play;
mod proof;
mod read;
mod reference;
mod report;
mod roster;
mod ruling;
mod search;
mod session;
mod sign;
mod statements;
mod status;
mod store;
mod unit;
mod usage;
mod verify;
mod void;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use soxa_lang::Lang;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{self, Home};

pub use bench::{BootstrapArgs, ImportBenchArgs, IngestArgs, LatencyArgs, RejudgeArgs, ResyncArgs};
pub use play::{DemoArgs, SimArgs};
pub use read::ReadArgs;
pub use session::Session;

/// The environment's name for the language.
const LANG_ENVIRONMENT: &str = "SOXA_LANG";

/// What may be typed.
#[derive(Debug, Parser)]
#[command(name = "soxa", version, disable_help_flag = true, disable_version_flag = true)]
#[command(
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    /// The node's home folder.
    #[arg(long, global = true, env = home::ENVIRONMENT, value_name = "DIR")]
    home: Option<PathBuf>,
    /// The language.
    #[arg(long, global = true, env = LANG_ENVIRONMENT, value_name = "vi|en", value_parser = help::language)]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Command,
}

/// The commands of the first level.
#[derive(Debug, Subcommand)]
enum Command {
    /// Start a network, or a node of an existing one.
    #[command(subcommand)]
    Init(init::InitCommand),
    /// Invite a node.
    #[command(after_help = "soxa invite 03847 --address /ip4/203.0.113.5/tcp/7470 --key operator.pem")]
    Invite(invite::InviteArgs),
    /// Join a network with an invite.
    #[command(after_help = "soxa join soxa1QW7PX2 --listen /ip4/0.0.0.0/tcp/7470")]
    Join(join::JoinArgs),
    /// Run the node.
    #[command(after_help = "
        soxa run
        soxa --home /var/lib/soxa run")]
    Run,
    /// How the node is.
    #[command(after_help = "
        soxa status
        soxa status --format json")]
    Status(ReadArgs),
    /// Stop the running node.
    #[command(after_help = "soxa stop")]
    Stop,
    /// Which ledger this is.
    #[command(after_help = "soxa network")]
    Network(ReadArgs),
    /// Keys and authority.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Nodes.
    #[command(subcommand)]
    Node(nodes::NodeCommand),
    /// Units.
    #[command(subcommand)]
    Unit(unit::UnitCommand),
    /// Rosters.
    #[command(subcommand)]
    Roster(roster::RosterCommand),
    /// Persons.
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Assets.
    #[command(subcommand)]
    Asset(asset::AssetCommand),
    /// Handovers.
    #[command(subcommand)]
    Handover(handover::HandoverCommand),
    /// Inventories, counted against the books.
    #[command(subcommand)]
    Inventory(Box<inventory::InventoryCommand>),
    /// Dossiers.
    #[command(subcommand)]
    Dossier(Box<dossier::DossierCommand>),
    /// What the province publishes for all.
    #[command(subcommand)]
    Reference(reference::ReferenceCommand),
    /// Files of Excel into the ledger.
    #[command(subcommand)]
    Import(office::ImportCommand),
    /// Lists as files.
    #[command(subcommand)]
    Export(office::ExportCommand),
    /// What the province sees.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Records by what people remember of them.
    #[command(after_help = "
        soxa search muong bu
        soxa search lo van an --kind person")]
    Search(search::SearchArgs),
    /// A record's history.
    #[command(after_help = "
        soxa log 114a473a
        soxa log 114a473a --at 2025-11-15")]
    Log(history::LogArgs),
    /// What was done differently by two.
    #[command(after_help = "
        soxa conflicts
        soxa conflicts --proofs proofs")]
    Conflicts(conflicts::ConflictsArgs),
    /// Rulings on disputed custody.
    #[command(subcommand)]
    Ruling(ruling::RulingCommand),
    /// What has no effect.
    #[command(subcommand)]
    Void(void::VoidCommand),
    /// Check the whole stopped store, or files of proof.
    #[command(after_help = "
        soxa verify
        soxa verify minutes.json --root network.jws")]
    Verify(verify::VerifyArgs),
    /// Rebuild the index of the stopped store.
    #[command(after_help = "soxa rebuild")]
    Rebuild,
    /// Simulate a province.
    #[command(after_help = "soxa sim --nodes 5 --steps 100 --seeds 1..6")]
    Sim(play::SimArgs),
    /// Play a province of 5 to 75 communes.
    #[command(after_help = "
        soxa demo
        soxa demo --communes 75 --json --keep sonla")]
    Demo(play::DemoArgs),
    /// Measure this program.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

/// Reads the command line and does what it says. Everything that failed has been said when this returns.
pub fn main() -> Exit {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let lang = help::language_of(&arguments);
    let (home, command) = match usage::parse(lang, arguments) {
        Ok(cli) => (Home::locate(cli.home.as_deref()), cli.command),
        Err(exit) => return exit,
    };
    match dispatch(command, &mut Session::new(lang, home)) {
        Ok(exit) => exit,
        Err(failure) => {
            crate::output::say(&failure.say(lang));
            failure.exit()
        }
    }
}

fn dispatch(command: Command, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        Command::Init(command) => init::run(command, session),
        Command::Invite(args) => invite::run(&args, session),
        Command::Join(args) => join::run(&args, session),
        Command::Run => store::run(session),
        Command::Status(args) => status::status(&args, session),
        Command::Stop => store::stop(session),
        Command::Network(args) => network::run(&args, session),
        Command::Key(command) => key::run(command, session),
        Command::Node(command) => nodes::run(command, session),
        Command::Unit(command) => unit::run(command, session),
        Command::Roster(command) => roster::run(command, session),
        Command::Person(command) => person::run(command, session),
        Command::Asset(command) => asset::run(command, session),
        Command::Handover(command) => handover::run(command, session),
        Command::Inventory(command) => inventory::run(*command, session),
        Command::Dossier(command) => dossier::run(*command, session),
        Command::Reference(command) => reference::run(command, session),
        Command::Import(command) => office::import(&command, session),
        Command::Export(command) => office::export(&command, session),
        Command::Report(command) => report::run(command, session),
        Command::Search(args) => search::run(&args, session),
        Command::Log(args) => history::log(&args, session),
        Command::Conflicts(args) => conflicts::conflicts(&args, session),
        Command::Ruling(command) => ruling::run(command, session),
        Command::Void(command) => void::run(command, session),
        Command::Verify(args) => verify::run(&args, session),
        Command::Rebuild => store::rebuild(session),
        Command::Sim(args) => crate::sim::run(&args, session.lang),
        Command::Demo(args) => crate::demo::run(&args, session.lang),
        Command::Bench(command) => bench::run(command, session),
    }
}
