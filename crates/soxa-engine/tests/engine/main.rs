//! The engine with real signatures, on stores in memory and once on a real folder.

#![allow(clippy::unwrap_used)]

mod province;

mod branches;
mod covering;
mod erasing;
mod exchanging;
mod forking;
mod independent;
mod judging;
mod lives;
mod log_records;
mod proving;
mod recovering;
mod refusing;
mod ruled;
mod storing;
mod submitting;
mod tampering;
mod verifying;
mod widening;
