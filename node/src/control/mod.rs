//! The local socket between the command line and the daemon.

pub mod protocol;
pub mod reports;
pub mod server;
