//! The headless node: opens the ledger, joins the network, answers the command line.
//!
//! One thread, the core, owns the ledger and the replication state; the network and the local socket are tasks that
//! hand it inputs over one bounded queue.

pub mod answers;
mod asset_advice;

pub mod core;

pub mod life;
pub mod live;

pub mod offline;
pub mod opening;

mod appending;
mod codes;
mod conflicts;
mod cosigning;
mod dossier_advice;
mod files;
mod forks;
mod found_twice;
mod greetings;
mod inventory_advice;
pub mod joining;
mod node_answers;
pub mod objections;

mod advice;
mod official_answers;
mod peers;
mod record_answers;
mod references;
mod spanning;
mod staffing_advice;
mod submission;
mod void_answers;
mod waiting;

use soxa_engine::Engine;
use soxa_lang::{Lang, text};
use soxa_ledger::NodeKey;
use soxa_net::{Net, NetConfig, NetError};
use soxa_store::Attachments;
use soxa_sync::{Parameters, Puller};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

pub use offline::{found, rebuild, verify};

use self::core::{Beside, Core, Ended, Input};
use self::cosigning::Cosigning;
use self::files::Files;
use self::greetings::Greetings;
use self::life::Life;
use self::live::Live;
use crate::config::Config;
use crate::control::server::{self, Answering};
use crate::failure::Failure;
use crate::home::Home;

/// Inputs that may wait for the core. Beyond it the network and the socket wait too.
const INPUTS_MAX: usize = 1_024;

/// Runs the node until it is told to stop, by SIGTERM, SIGINT or over the local socket.
///
/// # Errors
/// When the store cannot be opened, an address is in use, or a local fault ends the node.
pub fn run(home: &Home, config: Config, lang: Lang) -> Result<(), Failure> {
    start_log(&config)?;
    let (engine, life, opened) = opening::open(home, &mut |_| {})?;
    tracing::info!(replayed = opened.replayed, index = ?opened.store.index, "the store is open");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io(home.dir(), &error))?;
    runtime.block_on(serve(home, &config, lang, engine, life))
}

async fn serve(home: &Home, config: &Config, lang: Lang, engine: Engine, life: Life) -> Result<(), Failure> {
    let key = home.node_key()?;
    let node = engine.node();
    let mut net_config = NetConfig::new(key.clone(), engine.authority().network());
    net_config.listen.clone_from(&config.listen);
    net_config.dial.clone_from(&config.peers);
    net_config.admitted = engine
        .authority()
        .admitted_nodes()
        .into_iter()
        .map(|(node, _)| node)
        .collect();
    let (net, events) = Net::start(net_config)
        .await
        .map_err(|error| net_failed(home, error))?;
    let socket = home.socket();
    let listener = server::bind(&socket).map_err(|error| Failure::io(&socket, &error))?;

    let (inputs, queue) = mpsc::channel(INPUTS_MAX);
    let (asked, requests) = mpsc::channel(INPUTS_MAX);
    let answering = Answering::new();
    tokio::spawn(server::serve(listener, asked, answering.hold()));
    forward(requests, inputs.clone(), Input::Asked);
    forward(events, inputs.clone(), Input::Net);
    stop_on_signals(inputs)?;

    let puller = Puller::new(parameters(config), node, life.incarnation(), seed(node));
    let live = Live {
        store: home.store_dir(),
        announced: config.announce.clone(),
        known_nodes: config.known_nodes.clone(),
        ..Live::default()
    };
    let mut session = [0; 16];
    crate::key_store::fill_random(&mut session)?;
    let greetings = Greetings::new(
        key.clone(),
        engine.authority().network(),
        home.addresses_file(),
        session,
        &config.announce,
        config.sync_interval_s.saturating_mul(1_000),
    );
    let cosigning = Cosigning::new(
        key,
        engine.authority().network(),
        home.checkpoints_file(),
        config.sync_interval_s.saturating_mul(1_000),
    );
    let beside = Beside {
        greetings,
        cosigning,
        files: Files::new(Attachments::of_store(&home.store_dir())),
    };
    let core = Core::new(engine, life, puller, net, live, beside);
    eprintln!(
        "{}",
        text(lang, "cli.answer.running", &[("socket", &socket.display())])
    );
    // The core's work blocks: it has a thread of its own, the network keeps this one.
    let core = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        Ok::<_, std::io::Error>(runtime.block_on(core.run(queue)))
    });
    let ended = core.await.map_err(|error| Failure::internal("core", error))?;
    answering.end().await;
    // Somebody else's socket may be there by now only if this daemon held no lock, which it does.
    let _ = std::fs::remove_file(&socket);
    match ended.map_err(|error| Failure::io(home.dir(), &error))? {
        Ended::Stopped => Ok(()),
        Ended::Fault(fault) => Err(opening::failed(home, &fault)),
    }
}

/// Hands on what comes in on one channel as inputs of the core, in order.
fn forward<T: Send + 'static>(
    mut from: mpsc::Receiver<T>,
    inputs: mpsc::Sender<Input>,
    input: impl Fn(T) -> Input + Send + 'static,
) {
    tokio::spawn(async move {
        while let Some(next) = from.recv().await {
            if inputs.send(input(next)).await.is_err() {
                return;
            }
        }
    });
}

fn stop_on_signals(inputs: mpsc::Sender<Input>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::internal("signals", error);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("told to terminate"),
            _ = interrupt.recv() => tracing::info!("interrupted"),
        }
        // When the core is gone already there is nothing left to stop.
        let _ = inputs.send(Input::Stop).await;
    });
    Ok(())
}

fn parameters(config: &Config) -> Parameters {
    Parameters {
        interval_ms: config.sync_interval_s.saturating_mul(1_000),
        ..Parameters::default()
    }
}

/// The seed of this node's jitter: different for each node, so that a province does not ask in step.
fn seed(node: NodeKey) -> u64 {
    node.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn start_log(config: &Config) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)
        .map_err(|error| Failure::internal("log", error))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second subscriber in one process is no reason to stop.
    let _ = log.try_init();
    Ok(())
}

fn net_failed(home: &Home, error: NetError) -> Failure {
    match error {
        NetError::Listen { address, source } => Failure::new(
            "errors.port_in_use",
            &[("address", &address), ("reason", &source)],
        ),
        NetError::Address { address, why } => Failure::new(
            "errors.config_unreadable",
            &[
                ("file", &home.config_file().display()),
                ("line", &"listen, peers"),
                ("reason", &format!("{address}: {why}")),
            ],
        ),
        other => Failure::internal("network", other),
    }
}
