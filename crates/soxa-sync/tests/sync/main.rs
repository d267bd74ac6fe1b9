//! Replication without a socket: real feeds and signatures, a replica in memory, and a queue for a network.

mod cards;
mod chance;
mod codec;
mod convergence;
mod joining;
mod liars;
mod relay;
mod replica;
mod scope;
mod single;
mod standing;
mod world;
