//! Replication without a socket: real feeds and signatures, a replica in memory, and a queue for a network.

mod cards;
mod chance;
mod checkpoints;
mod codec;
mod convergence;
mod files;
mod forks;
mod joining;
mod liars;
mod relay;
mod replays;
mod replica;
mod scope;
mod silent;
mod single;
mod standing;
mod world;
