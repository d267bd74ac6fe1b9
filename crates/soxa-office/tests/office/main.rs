//! Files as offices have them, and files as nobody should have them.

mod assets;
mod dossiers;
mod every_kind;
mod files;
mod hostile;
mod inventories;
mod make;
mod mutated;
mod reading;
mod references;
mod staff;
mod tables;
mod written;
