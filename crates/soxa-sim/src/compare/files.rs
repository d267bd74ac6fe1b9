//! Files that records name: in the end every node that is to keep one has it, and nobody whom no act that names it was for.

use soxa_engine::EngineError;
use soxa_ledger::{FileHash, Scope};

use super::{honest, may_read};
use crate::check::check_file;
use crate::node::{Running, SimNode};
use crate::report::Defect;
use crate::run::Simulation;

/// Where files lie on a disk.
const FOLDER: &str = "attachments/";

/// A file that some node still lacks: as the province's node, which reads all, says who is to keep which.
pub(crate) fn missing(sim: &Simulation<'_>) -> Option<Defect> {
    let (province, running) = honest(&sim.nodes).next()?;
    let named = match named(running) {
        Ok(named) => named,
        Err(error) => return Some(Defect::local(&province.name, error)),
    };
    for (file, readers) in named.iter().filter(|(file, _)| sim.watch.is_kept(file)) {
        let keeps = |node: &SimNode| match readers.is_all_nodes() {
            true => node.unit == province.unit,
            false => may_read(readers, &node.unit),
        };
        for (node, _) in honest(&sim.nodes).filter(|(node, _)| keeps(node)) {
            if let Err(lost) = check_file(file, node) {
                return Some(lost);
            }
        }
    }
    None
}

/// All files that acts with effect name, and who reads their records.
fn named(running: &Running) -> Result<Vec<(FileHash, Scope)>, EngineError> {
    let engine = &running.engine;
    let mut named = Vec::new();
    for file in engine.files_after(None, usize::MAX)? {
        let namings = engine.namings(&file)?.into_iter();
        named.extend(namings.map(|naming| (file, naming.readers)));
    }
    Ok(named)
}

/// Nobody has a file that nothing signed for its unit names.
pub(super) fn check(sim: &Simulation<'_>) -> Result<(), Defect> {
    for (node, _) in honest(&sim.nodes) {
        for name in node.disk.names() {
            let file = name
                .strip_prefix(FOLDER)
                .and_then(|name| name.split(['/', '.']).nth(1));
            let Some(file) = file.and_then(|digits| digits.parse::<FileHash>().ok()) else {
                continue;
            };
            if !sim.watch.may_have(&file, &node.unit) {
                return Err(Defect::Leaked {
                    node: node.name.clone(),
                    what: format!("file {}", file.short()),
                });
            }
        }
    }
    Ok(())
}
