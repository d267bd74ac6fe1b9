//! The `soxa` program: the command line, the node's daemon, the simulator, the demonstration and the measurements.
//!
//! Read `cli` first: every command leads from there into one room. What signs lives on this side of the local socket
//! (`key_store`, `cli::sign`), what stores on the other (`daemon`).

mod cli;

mod client;
mod control;

mod bench;
mod daemon;
mod demo;
mod sim;

mod config;
mod fingerprint;
mod home;
mod key_store;
mod passphrase;

mod exit;
mod failure;
mod output;
mod preview;
mod progress;

mod clock;
mod resolve;
mod search;

fn main() -> std::process::ExitCode {
    cli::main().into()
}
