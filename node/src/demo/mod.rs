//! `soxa demo`: a province on one machine, small or whole. Everything in it is the real thing: one daemon process for each node,
//! libp2p over loopback, stores on disk, encrypted key files, signatures, verdicts. Every act is a child command.
//!
//! The play is the list of steps in [`perform`]; each act and trial has its own file. Figures are counted in the nodes'
//! records and stores at the end ([`tally`], [`report`]); nothing that is printed is known beforehand.

pub mod background;
pub mod error;
pub mod interrupt;

mod people;
mod scenario;
mod scenario_files;

pub mod node;
pub mod process;
pub mod proxy;
mod stage;
mod voice;

mod cast;
mod story;
mod tables;

mod bounds;
mod correction;
mod founding;
mod handing;
mod inventory;
mod separation;
mod staff;
mod transfers;

mod hostile;
mod intrusion;
mod power_cut;
mod theft;

mod ending;
mod footprint;
mod proofs;
mod report;
mod tally;

use soxa_lang::Lang;

use self::background::Background;
use self::cast::Cast;
use self::error::DemoError;
use self::interrupt::Interrupt;
use self::inventory::Inventory;
use self::process::Program;
use self::report::Report;
use self::scenario::Scenario;
use self::stage::Stage;
use self::story::Story;
use self::tally::Tally;
use self::voice::Voice;
use crate::cli::DemoArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::print;

/// Plays the demonstration, tells it, and says how it came out.
///
/// # Errors
/// When the result cannot be printed. What goes wrong in the play is told and ends with [`Exit::Failed`].
pub fn run(args: &DemoArgs, lang: Lang) -> Result<Exit, Failure> {
    let voice = Voice::new(lang, args.json);
    voice.heading("demo.title", &[]);
    let (report, scenario) = match perform(args, lang, &voice) {
        Ok(performed) => performed,
        Err(error) => {
            voice.heading("demo.failed", &[("reason", &error)]);
            if let Some(dir) = &args.keep {
                voice.heading("demo.kept", &[("dir", &dir.display())]);
            }
            return Ok(Exit::Failed);
        }
    };
    let deviations = report.deviations(&scenario);
    for deviation in &deviations {
        let (found, expected) = (&deviation.found, &deviation.expected);
        voice.heading(
            "demo.deviation",
            &[
                ("figure", &deviation.figure),
                ("found", found),
                ("expected", expected),
            ],
        );
    }
    if deviations.is_empty() {
        tell(&report, &voice);
    }
    if let Some(dir) = &args.keep {
        voice.heading("demo.kept", &[("dir", &dir.display())]);
    }
    if args.json {
        let json = serde_json::to_string(&report).map_err(|e| Failure::internal("demo", e))?;
        print(format!("{json}\n").as_bytes())?;
    }
    Ok(if deviations.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The play.
fn perform(args: &DemoArgs, lang: Lang, voice: &Voice) -> Result<(Report, Scenario), DemoError> {
    // A script that built the program and became it has its compiler's time on the same account.
    let cpu_before = footprint::cpu_seconds().unwrap_or(0);
    let background = Background::start()?;
    let interrupt = Interrupt::listen(background.handle())?;
    let scenario = Scenario::load(args.communes.into())?;
    let stage = set(args, lang, interrupt, &scenario)?;
    let mut report = Report {
        schema: report::SCHEMA,
        ..Report::default()
    };

    let cast = Cast::gather(&stage, &scenario)?;
    voice.tell(
        "demo.keys",
        &[("keys", &cast.everybody().len()), ("dir", &stage.dir().display())],
    );
    let places = story::places(&stage, &scenario, &cast)?;
    let nothing_yet = Inventory::default();
    let story = Story {
        stage: &stage,
        scenario: &scenario,
        cast: &cast,
        places: &places,
        inventory: &nothing_yet,
        voice,
    };
    founding::play(&story)?;
    let inventory = inventory::play(&story)?;
    report.assets.cost_before = Tally::of(&stage.nodes[0])?.cost_in_old_units();
    let story = Story {
        inventory: &inventory,
        ..story
    };

    separation::play(&story)?;
    report.warned = staff::play(&story)?;
    transfers::play(&story)?;
    report.killed_and_recovered = power_cut::play(&story)?;
    let hostile = intrusion::play(&story, background.handle())?;
    theft::play(&story)?;

    ending::close_old_units(&story)?;
    ending::count_and_stop(&stage, &hostile, &mut report, voice)?;
    report.seconds = voice.seconds();
    report.cpu_seconds = footprint::cpu_seconds().unwrap_or(0).saturating_sub(cpu_before);
    Ok((report, scenario))
}

fn set(args: &DemoArgs, lang: Lang, interrupt: Interrupt, scenario: &Scenario) -> Result<Stage, DemoError> {
    let province = (scenario.province.code.clone(), scenario.province.name.clone());
    let communes = scenario
        .communes
        .iter()
        .map(|commune| (commune.code.clone(), commune.name.clone()));
    let units = std::iter::once(province).chain(communes);
    Stage::prepare(Program::own(lang)?, interrupt, args.keep.as_deref(), units)
}

/// The result in a few lines.
fn tell(report: &Report, voice: &Voice) {
    voice.heading(
        "demo.result.reform",
        &[
            ("centres", &report.centres_open),
            ("people", &report.staff.total),
            ("culture", &report.staff.culture),
            ("agriculture", &report.staff.agriculture),
            ("assets", &report.assets.total),
            ("cost", &voice.money(report.assets.cost_after)),
        ],
    );
    voice.heading(
        "demo.result.ledger",
        &[
            ("nodes", &report.nodes),
            ("operations", &voice.number(report.operations)),
            ("stores", &report.stores_verified),
            ("seconds", &report.seconds),
            ("cpu", &report.cpu_seconds),
            ("memory", &voice.number(report.memory_mib)),
        ],
    );
}
