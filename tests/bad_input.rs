//! Bad input, and what it gets: a clear message in both languages, the documented exit code, and nothing lost or stored.

mod support;

#[path = "bad_input/acts.rs"]
mod acts;
#[path = "bad_input/disk.rs"]
mod disk;
#[path = "bad_input/garbage.rs"]
mod garbage;
#[path = "bad_input/keys.rs"]
mod keys;
#[path = "bad_input/starting.rs"]
mod starting;
#[path = "bad_input/store.rs"]
mod store;
