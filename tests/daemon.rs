//! The daemon and its surroundings: an orderly end, reading commands, what travels over the socket, and its peers.

mod support;

#[path = "daemon/checkpoints.rs"]
mod checkpoints;
#[path = "daemon/clocks.rs"]
mod clocks;
#[path = "daemon/hostile.rs"]
mod hostile;
#[path = "daemon/lives.rs"]
mod lives;
#[path = "daemon/peers.rs"]
mod peers;
#[path = "daemon/reading.rs"]
mod reading;
#[path = "daemon/secrecy.rs"]
mod secrecy;
#[path = "daemon/split_view.rs"]
mod split_view;
#[path = "daemon/stopping.rs"]
mod stopping;
