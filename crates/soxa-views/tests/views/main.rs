//! Reports from rows made by hand, with the figures that the seeds print.

mod assets;
mod dossiers;
mod handovers;
mod inventories;
mod make;
mod officials;
mod orders;
mod quality;
mod staffing;
mod structure;
mod sync;
