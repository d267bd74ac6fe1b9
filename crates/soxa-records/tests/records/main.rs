//! The rules of the records, through the public interface only.

mod province;

mod asset_cards;
mod asset_wear;
mod assets;
mod bodies;
mod conflicts;
mod contests;
mod corrections;
mod custody;
mod cuts;
mod documents;
mod dossier_offices;
mod dossier_samples;
mod dossiers;
mod golden_vectors;
mod handover_endings;
mod handovers;
mod inventories;
mod inventory_samples;
mod inventory_settling;
mod judging;
mod minutes;
mod oracle;
mod orders;
mod persons;
mod references;
mod rosters;
mod rulings;
mod staff_samples;
mod staffing;
mod strangers;
mod units;
